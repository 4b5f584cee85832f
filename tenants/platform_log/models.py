"""Append-only: an entry is written in the transaction of what it tells, and never again."""

from datetime import datetime
from typing import Any, NoReturn

from django.db import models

from kyc_platform.actor import Actor, ActorKind


class PlatformLogIsAppendOnly(RuntimeError):
    """A programming error: something tried to change or delete an entry of the platform's log."""


class PlatformLogEntry(models.Model):
    """One thing done to one target. People and targets stand by value, so that an entry outlives both.

    `details` holds ids, names of settings and counts; no secret and nothing of a merchant's customers.
    """

    at = models.DateTimeField(db_index=True)
    actor_kind = models.CharField(max_length=16, choices=[(kind.value, kind.value) for kind in ActorKind])
    actor_id = models.CharField(max_length=64)
    action = models.CharField(max_length=48)
    merchant = models.CharField(max_length=20, blank=True, help_text="the public id of the merchant it concerns")
    target = models.CharField(max_length=64, help_text="the merchant's public id, the key's prefix, the user's id")
    details = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "platform log entries"
        indexes = [models.Index(fields=["merchant", "-id"], name="platform_log_of_a_merchant")]

    def __str__(self) -> str:
        return f"{self.action} {self.target}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert. Raises PlatformLogIsAppendOnly for an entry that is stored already."""
        if not self._state.adding:
            raise PlatformLogIsAppendOnly("an entry of the platform's log is never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise PlatformLogIsAppendOnly."""
        raise PlatformLogIsAppendOnly("an entry of the platform's log is never deleted")


Detail = str | int | bool | list[str] | None


def record(action: str, *, target: str, merchant: str = "", actor: Actor, at: datetime, **details: Detail) -> None:
    """Append one entry, in the caller's transaction in `public`."""
    PlatformLogEntry.objects.create(
        at=at, actor_kind=actor.kind, actor_id=actor.id, action=action, merchant=merchant, target=target, details=details
    )
