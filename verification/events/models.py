"""The append-only log: one row for each change, written in the change's own transaction.

The audit trail, the webhooks, usage and the reports are its readers, so they cannot disagree.
"""

from django.db import models
from django.db.models import Q

from kyc_platform.actor import ActorKind


class Event(models.Model):
    """Something that happened. Never changed, never deleted; holds ids, states and reason codes, no personal data.

    The customer is kept by value, as everybody is who acts: an event outlives what it tells of.
    """

    uid = models.CharField(max_length=40, unique=True)
    type = models.CharField(max_length=64)
    at = models.DateTimeField()
    customer_pk = models.BigIntegerField(null=True)
    sequence = models.BigIntegerField(
        null=True, help_text="the customer's own count of changes, given under its row lock; null for a mere look"
    )
    status = models.CharField(max_length=16, blank=True, help_text="the customer's status after the change")
    previous_status = models.CharField(max_length=16, blank=True)
    actor_kind = models.CharField(max_length=16, choices=[(kind.value, kind.value) for kind in ActorKind])
    actor_id = models.CharField(max_length=64)
    data = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer_pk", "sequence"], name="event_sequence_once_per_customer"),
            models.CheckConstraint(
                name="event_sequence_only_of_customer", condition=Q(sequence__isnull=True) | Q(customer_pk__isnull=False)
            ),
        ]
        indexes = [models.Index(fields=["type", "at"], name="event_type_at"), models.Index(fields=["at"], name="event_at")]

    def __str__(self) -> str:
        """Return the type and the public id."""
        return f"{self.type} {self.uid}"


class UnplacedEvent(models.Model):
    """An event of an EventType that has no position yet: written with the event, removed in the transaction that gives the position.

    So the sequencer finds its work without looking at the log, and a row that a slow transaction commits late is found like any other.
    """

    event = models.OneToOneField(Event, on_delete=models.CASCADE, primary_key=True, related_name="unplaced")
    due_at = models.DateTimeField(db_index=True, help_text="when the sweep asks for it, in case the job on commit was lost")

    def __str__(self) -> str:
        """Return the event's key."""
        return f"event {self.event_id} waits for its position"


class EventPosition(models.Model):
    """The place of an event in its merchant's order: 1, 2, 3, … without a gap. Never changed, never deleted.

    A table of its own, so that the event's row is written once and never again.
    """

    position = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="place")
    type = models.CharField(max_length=64, help_text="the event's, so that a list of one type reads no others")
    hash = models.BinaryField(help_text="SHA-256 over the hash of the position before and the event's canonical content")

    class Meta:
        indexes = [models.Index(fields=["type", "position"], name="position_of_type")]

    def __str__(self) -> str:
        """Return the position."""
        return f"position {self.position}"


class ChainHead(models.Model):
    """The last position that was given and its hash. One row, made by the migration; whoever gives positions holds its lock."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    position = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        constraints = [models.CheckConstraint(name="chain_head_is_one_row", condition=Q(id=1))]

    def __str__(self) -> str:
        """Return the position."""
        return f"head at {self.position}"
