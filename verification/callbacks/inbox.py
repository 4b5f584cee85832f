"""Storing what a provider says, once, and noting when it has been handled."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from verification.callbacks.models import ProviderCallback

FIRST_LOOK_SECONDS = 10  # the job on commit handles it at once; this is for when that job was lost


def store_event(provider: str, *, event_id: str, kind: str, check_reference: str, at: datetime) -> ProviderCallback | None:
    """Store an event that is new and return it; None when the provider repeats itself, and the first copy is or was handled."""
    due_at = at + timedelta(seconds=FIRST_LOOK_SECONDS)
    told = {"kind": kind, "check_reference": check_reference, "received_at": at, "due_at": due_at}
    try:
        with transaction.atomic():  # a savepoint: the unique constraint decides
            return ProviderCallback.objects.create(provider=provider, event_id=event_id, **told)
    except IntegrityError:
        return None


def note_handled(callback_pk: int, *, at: datetime) -> None:
    """Note that nothing is left to do for an event."""
    ProviderCallback.objects.filter(pk=callback_pk, handled_at=None).update(handled_at=at, due_at=None)


def look_again(callback_pk: int, *, due_at: datetime) -> None:
    """Have the sweep bring the event again."""
    callback = ProviderCallback.objects.get(pk=callback_pk)
    callback.attempts, callback.due_at = callback.attempts + 1, due_at
    callback.save(update_fields=["attempts", "due_at"])
