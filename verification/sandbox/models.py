"""The sandbox's tables. In a live schema they stay empty, whatever a live key asks for."""

from django.db import models
from django.db.models import Q


class SandboxClock(models.Model):
    """How far the sandbox's time is ahead of the world's. One row, written by the first advance; it never goes back."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    advanced_seconds = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(name="sandbox_clock_is_one_row", condition=Q(id=1)),
            models.CheckConstraint(name="sandbox_clock_ahead", condition=Q(advanced_seconds__gte=0)),
        ]

    def __str__(self) -> str:
        """Return how far it is ahead."""
        return f"{self.advanced_seconds} s ahead"


class WebhookChaos(models.Model):
    """What goes wrong with the next deliveries. One row, written by the first request for chaos; each delivery uses one up."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    faults = models.JSONField(default=list, help_text="in the order in which deliveries meet them, again and again")
    turn = models.PositiveIntegerField(default=0, help_text="how many deliveries have met one since they were asked for")
    deliveries_left = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(name="webhook_chaos_is_one_row", condition=Q(id=1))]

    def __str__(self) -> str:
        """Return what is left."""
        return f"{self.deliveries_left} deliveries left"


class IntegrationCheck(models.Model):
    """The last grading of a merchant's own endpoint, case by case. One row. The endpoint is kept by value."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    uid = models.CharField(max_length=40, unique=True)
    endpoint_uid = models.CharField(max_length=40, blank=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, db_index=True, help_text="when it is begun again, in case its job was lost")
    results = models.JSONField(default=list, help_text="of each case: its name, whether it passed, and what was seen")

    class Meta:
        constraints = [
            models.CheckConstraint(name="integration_check_is_one_row", condition=Q(id=1)),
            models.CheckConstraint(
                name="integration_check_due_until_finished",
                condition=Q(due_at__isnull=False, finished_at__isnull=True) | Q(due_at__isnull=True, finished_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        """Return the public id."""
        return self.uid
