"""When events get their positions: right after their commit by a job, and before anybody reads."""

from datetime import datetime, timedelta

from django.db import transaction

from verification import jobs
from verification.events.positions import is_anything_unplaced, place_batch, wait_for_lost_events

BATCHES_MAX = 10  # of a thousand: then other work comes first
LOST_WITHIN = timedelta(days=3)  # a new version is brought in within that time, and looked after nightly


def sequence_events() -> bool:
    """Give positions to the current merchant's events that have none, and tell whether some are left.

    Each batch is a transaction of its own: a process that is killed in one leaves everything as it was before that batch.
    """
    for _ in range(BATCHES_MAX):
        if not is_anything_unplaced():
            return False
        with transaction.atomic():
            place_batch()
    return is_anything_unplaced()


def sequence_all_events() -> None:
    """Do the same for a job: what is left is asked for again."""
    if sequence_events():
        jobs.sequence_events()


def ask_for_sequencing(*, at: datetime) -> None:
    """Ask for the job when an event has waited too long: for a sweep, because the event's own job was lost."""
    if is_anything_unplaced(due_by=at):
        jobs.sequence_events()


def find_lost_events(*, at: datetime) -> None:
    """Have what an older version wrote in the last days without waiting get its position. For the night; safe to run twice."""
    with transaction.atomic():
        if wait_for_lost_events(since=at - LOST_WITHIN):
            jobs.sequence_events()
