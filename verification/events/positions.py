"""Giving events their positions, and reading events in that order.

Positions are given after the commit, so that unrelated customers never wait for each other, by whoever holds the lock of the chain's
head, so that there is one who gives them. Only events that are committed get one, always the next; so whatever was shown once is never
followed by something before it.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet

from kyc_platform.errors import NotFound
from verification.events.chain import lost_events, next_hash
from verification.events.models import ChainHead, Event, EventPosition, UnplacedEvent
from verification.events.types import AUDIT_PREFIX

BATCH = 1000
OVERTAKEN = f"""
SELECT event.* FROM unnest(%(customer_pk)s::bigint[], %(sequence)s::bigint[]) AS last (customer_pk, sequence)
JOIN {Event._meta.db_table} AS event ON event.customer_pk = last.customer_pk AND event.sequence < last.sequence
JOIN {UnplacedEvent._meta.db_table} AS unplaced ON unplaced.event_id = event.id
WHERE event.id <> ALL(%(taken)s::bigint[])
"""  # noqa: S608  # names of our own tables


class EventNotFound(NotFound):
    """No event of this merchant, in this mode, has the id."""

    code = "event_not_found"
    title = "There is no such event"
    remedy = "List the events with `GET /events`."


def is_anything_unplaced(*, due_by: datetime | None = None) -> bool:
    """Tell whether an event waits for its position; with `due_by`, whether one has waited for so long that its job must have been lost."""
    rows = UnplacedEvent.objects.all() if due_by is None else UnplacedEvent.objects.filter(due_at__lte=due_by)
    return rows.exists()


def place_batch() -> int:
    """Give the next positions to the events that have waited longest, about BATCH of them; return how many got one.

    Part of a transaction that does nothing else. A second sequencer waits for the first one's commit, and goes on after it.
    """
    head = ChainHead.objects.select_for_update().get()
    events = in_order(_longest_waiting())
    places = []
    for event in events:
        head.position, head.hash = head.position + 1, next_hash(bytes(head.hash), event)
        places.append(EventPosition(position=head.position, event=event, type=event.type, hash=head.hash))
    EventPosition.objects.bulk_create(places)
    UnplacedEvent.objects.filter(pk__in=[event.pk for event in events]).delete()
    head.save()
    return len(places)


def in_order(events: Sequence[Event]) -> list[Event]:
    """Return events by their moment, but those of one customer always by its sequence.

    A moment is read before the customer's lock is waited for: of two changes at once the second may have the earlier one. It then counts
    as having happened with the first.
    """
    latest: dict[int, datetime] = {}
    keys = {}
    for event in sorted(events, key=lambda event: event.sequence or 0):
        at = event.at
        if event.customer_pk is not None and event.sequence is not None:
            at = latest[event.customer_pk] = max(at, latest.get(event.customer_pk, at))
        keys[event.pk] = (at, event.customer_pk or 0, event.sequence or 0, event.pk)
    return sorted(events, key=lambda event: keys[event.pk])


def wait_for_lost_events(*, since: datetime) -> int:
    """Have events that were written since then around `append_event` wait for a position; return how many. Part of a transaction.

    While a new version is brought in, processes of the one before still write events that they do not know to wait.
    """
    ChainHead.objects.select_for_update().get()  # so that nobody gives them a position meanwhile
    lost = [UnplacedEvent(event=event, due_at=event.at) for event in lost_events().filter(at__gte=since)]
    UnplacedEvent.objects.bulk_create(lost)
    return len(lost)


def last_position() -> int:
    """Return the last position that was given; 0 before the first."""
    return ChainHead.objects.values_list("position", flat=True).get()


def places_after(after: int, *, up_to: int, event_type: str | None) -> QuerySet[EventPosition]:
    """Return the positions after one, with their events, ascending; of one type if it is named."""
    rows = EventPosition.objects.filter(position__gt=after, position__lte=up_to).order_by("position").select_related("event")
    return rows if event_type is None else rows.filter(type=event_type)


def find_event(uid: str) -> Event:
    """Return an event that merchants may see, with its `place` if it has one. Raises EventNotFound."""
    event = Event.objects.exclude(type__startswith=AUDIT_PREFIX).select_related("place").filter(uid=uid).first()
    if event is None:
        raise EventNotFound("No event has this id here. List them with GET /events.")
    return event


def _longest_waiting() -> list[Event]:
    """Return the events of the oldest waiting rows, and those of the same customers that one of them has overtaken."""
    rows = UnplacedEvent.objects.select_related("event").order_by("due_at", "event_id")[:BATCH]
    events = [row.event for row in rows]
    last: dict[int, int] = {}
    for event in events:
        if event.customer_pk is not None and event.sequence is not None:
            last[event.customer_pk] = max(event.sequence, last.get(event.customer_pk, 0))
    wanted = {"customer_pk": list(last), "sequence": list(last.values()), "taken": [event.pk for event in events]}
    return events + list(Event.objects.raw(OVERTAKEN, wanted))
