"""Storing what a provider says, once, and noting when it has been handled."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from verification.callbacks.models import ProviderCallback
from verification.providers.interface import CallbackEvent

FIRST_LOOK_SECONDS = 20  # the job on commit handles it at once; this is for when that job was lost


def store_events(provider: str, events: Iterable[CallbackEvent], *, at: datetime) -> list[ProviderCallback]:
    """Store the events that are new and return them. An event that the provider repeats is stored already."""
    stored = []
    for event in events:
        try:
            with transaction.atomic():
                stored.append(
                    ProviderCallback.objects.create(
                        provider=provider,
                        event_id=event.event_id,
                        kind=event.kind,
                        check_reference=event.check_reference,
                        received_at=at,
                        due_at=at + timedelta(seconds=FIRST_LOOK_SECONDS),
                    )
                )
        except IntegrityError:
            continue  # the first copy is being handled, or has been
    return stored


def note_handled(callback_pk: int, *, at: datetime) -> None:
    """Note that nothing is left to do for an event."""
    ProviderCallback.objects.filter(pk=callback_pk, handled_at=None).update(handled_at=at, due_at=None)


def look_again(callback_pk: int, *, due_at: datetime) -> None:
    """Have the sweep bring the event again."""
    callback = ProviderCallback.objects.get(pk=callback_pk)
    callback.attempts, callback.due_at = callback.attempts + 1, due_at
    callback.save(update_fields=["attempts", "due_at"])
