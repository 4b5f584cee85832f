"""The inbox of what providers say: each event stored once, answered at once, handled afterwards."""

from django.db import models
from django.db.models import Q


class ProviderCallback(models.Model):
    """One event of a provider, whose signature was found good. It is only a reason to fetch; what it claims is not believed.

    `due_at` is null once it has been handled; until then the sweep finds it.
    """

    provider = models.CharField(max_length=40)
    event_id = models.CharField(max_length=200)
    kind = models.CharField(max_length=64)
    check_reference = models.CharField(max_length=200)
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="callback_once"),
            models.CheckConstraint(
                name="callback_due_until_handled",
                condition=Q(handled_at__isnull=True, due_at__isnull=False) | Q(handled_at__isnull=False, due_at__isnull=True),
            ),
        ]
        indexes = [models.Index(fields=["due_at"], name="callback_due", condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        """Return the provider and its id of the event."""
        return f"{self.provider} {self.event_id}"
