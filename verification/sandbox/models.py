"""The sandbox's tables. In a live schema they stay empty, and nobody reads them."""

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
