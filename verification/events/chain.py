"""The hash chain over the events that merchants see, in the order of their positions, and how it is held against the rows.

`hash` of a position is SHA-256 over the hash of the position before it (32 zero bytes before the first) and the canonical content of its
event: JSON with sorted keys, moments in UTC. So an event that is changed, removed, put in between or moved breaks the chain there. Who
may write to the database can make a whole chain anew: keep the last hash elsewhere, and compare. Events for the auditor only (`audit.*`)
are not in the chain: a merchant's positions would have gaps.
"""

import hashlib
from dataclasses import dataclass

import orjson
from django.db.models import QuerySet, Subquery

from verification.events.models import ChainHead, Event, EventPosition
from verification.events.types import AUDIT_PREFIX

BEFORE_THE_FIRST = bytes(32)
ROWS_AT_ONCE = 1000


@dataclass(frozen=True)
class ChainReport:
    """What was found: how many positions are in order, the hash of the last of them, and what is wrong; None when nothing is.

    `bad_position` is the first that is not in order; None too when the fault is an event that has no position.
    """

    length: int
    hash: bytes
    fault: str | None = None
    bad_position: int | None = None


def canonical(event: Event) -> bytes:
    """Return the content of an event as the chain reads it: everything but the row's own key. Always from a row that was loaded."""
    content = {
        "id": event.uid,
        "type": event.type,
        "at": event.at,
        "customer_pk": event.customer_pk,
        "sequence": event.sequence,
        "status": event.status,
        "previous_status": event.previous_status,
        "actor_kind": event.actor_kind,
        "actor_id": event.actor_id,
        "data": event.data,
    }
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)


def next_hash(previous: bytes, event: Event) -> bytes:
    """Return the hash of the position that follows the one with the hash `previous`."""
    return hashlib.sha256(previous + canonical(event)).digest()


def check_chain() -> ChainReport:
    """Compute the current merchant's chain again, some rows at a time, and say where it first differs from what is stored.

    What is given a position meanwhile is left for the next time.
    """
    head = ChainHead.objects.get()
    length, last = 0, BEFORE_THE_FIRST
    while length < head.position:
        rows = EventPosition.objects.filter(position__gt=length, position__lte=head.position).order_by("position")
        part = list(rows.select_related("event")[:ROWS_AT_ONCE])
        if not part:
            return ChainReport(length, last, f"the head stands at {head.position}, and there is no position {length + 1}", length + 1)
        for row in part:
            if row.position != length + 1:
                return ChainReport(length, last, f"there is no position {length + 1}", length + 1)
            expected = next_hash(last, row.event)
            if row.type != row.event.type or bytes(row.hash) != expected:
                return ChainReport(length, last, f"{row.event.uid} or its position was changed", row.position)
            length, last = row.position, expected
    if bytes(head.hash) != last:
        return ChainReport(length, last, "the head has another hash than the last position", length)
    if EventPosition.objects.filter(position__gt=Subquery(ChainHead.objects.values("position"))).exists():
        return ChainReport(length, last, "there are positions after the head", length + 1)
    if (lost := lost_events().first()) is not None:
        return ChainReport(length, last, f"{lost.uid} has no position and waits for none")
    return ChainReport(length, last)


def lost_events() -> QuerySet[Event]:
    """Return the events of merchants that have no position and wait for none, unordered. Empty unless somebody wrote around the log."""
    return Event.objects.exclude(type__startswith=AUDIT_PREFIX).filter(place__isnull=True, unplaced__isnull=True)
