"""How a provider's callback comes in and wakes what it is about."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction

from verification import jobs
from verification.callbacks import inbox
from verification.callbacks.models import ProviderCallback
from verification.providers import checks
from verification.providers.interface import ProviderAdapter
from verification.providers.models import RUNNING, CheckState
from verification.workflow.checking import fetch_and_apply

UNKNOWN_AGAIN_SECONDS = 3
UNKNOWN_ATTEMPTS_MAX = 6
HANDLE_AGAIN_SECONDS = 30


def receive_callback(adapter: ProviderAdapter, body: bytes, headers: Mapping[str, str], *, at: datetime, world_at: datetime) -> int:
    """Store the events of a callback whose signature is good, have each handled on commit, and return how many were new.

    A provider signs by the world's time, whatever a sandbox's clock shows. Raises BadSignature or UnreadableCallback, and then nothing is
    stored. A repeated event is stored already and changes nothing.
    """
    events = adapter.receive(body, headers, now=world_at)
    with transaction.atomic():
        new = 0
        for event in events:
            callback = inbox.store_event(
                adapter.name, event_id=event.event_id, kind=event.kind, check_reference=event.check_reference, at=at
            )
            if callback is not None:
                new += 1
                jobs.handle_callback(callback.pk)
                jobs.look_again(callback.due_at or at)
    return new


def handle_callback(*, callback_pk: int, at: datetime) -> None:
    """Fetch and apply what a stored callback announces. Safe to run twice: the second run finds it handled, or the answer applied.

    A callback may overtake the note of its check's reference; it is looked at again a few times, and polling would find the rest.
    """
    callback = ProviderCallback.objects.get(pk=callback_pk)
    if callback.handled_at is not None:
        return  # another worker did
    check = checks.find_by_reference(callback.provider, callback.check_reference)
    if check is None:
        if callback.attempts < UNKNOWN_ATTEMPTS_MAX:
            _again(callback_pk, at + timedelta(seconds=UNKNOWN_AGAIN_SECONDS))
        else:
            inbox.note_handled(callback_pk, at=at)  # no check of this merchant: the provider speaks of something else
        return
    if check.state in (*RUNNING, CheckState.ANSWERED):
        _again(callback_pk, at + timedelta(seconds=HANDLE_AGAIN_SECONDS))  # if this worker dies now, the sweep comes back
        fetch_and_apply(check, at=at)
    inbox.note_handled(callback_pk, at=at)


def _again(callback_pk: int, due_at: datetime) -> None:
    with transaction.atomic():
        inbox.look_again(callback_pk, due_at=due_at)
        jobs.look_again(due_at)
