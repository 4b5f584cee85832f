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
