"""Writing events as the workflow does, and looking at their positions."""

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from kyc_platform.actor import SYSTEM
from verification.events.log import append_event
from verification.events.models import Event, EventPosition
from verification.events.types import AuditType, EventType

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def a_change(customer_pk: int, sequence: int, *, seconds: float = 0.0, event_type: EventType = EventType.CUSTOMER_UPDATED) -> Event:
    """Write a change of a customer that happened so many seconds after noon."""
    at = NOON + timedelta(seconds=seconds)
    data = {"customer_id": f"cus-{customer_pk}", "sequence": sequence}
    with transaction.atomic():
        return append_event(event_type, actor=SYSTEM, at=at, data=data, customer_pk=customer_pk, sequence=sequence)


def a_ping(number: int = 0) -> Event:
    """Write an event of no customer, now."""
    with transaction.atomic():
        return append_event(EventType.TEST_PING, actor=SYSTEM, at=timezone.now(), data={"number": number})


def a_look() -> Event:
    """Write an event for the auditor only."""
    with transaction.atomic():
        return append_event(AuditType.DOCUMENT_VIEWED, actor=SYSTEM, at=timezone.now(), data={}, customer_pk=1)


def placed() -> list[Event]:
    """Return the events in the order of their positions, which are held to be 1, 2, 3, …"""
    rows = list(EventPosition.objects.order_by("position").select_related("event"))
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    return [row.event for row in rows]
