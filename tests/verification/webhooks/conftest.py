"""Endpoints and events of a fresh merchant."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from kyc_platform.actor import SYSTEM
from tenants.merchants.models import Merchant
from tests.fixtures.merchants import inside
from verification.events.log import append_event
from verification.events.models import Event
from verification.events.types import EventType
from verification.webhooks.models import WebhookDelivery
from verification.workflow.announcing import announce_of_merchant, owe
from verification.workflow.subscribing import CreatedEndpoint, create_endpoint


@pytest.fixture
def acme(merchant: Merchant) -> Iterator[Merchant]:
    """A merchant whose schema the test is in."""
    with inside(merchant):
        yield merchant


def an_endpoint(url: str, *event_types: str) -> CreatedEndpoint:
    """Add an endpoint for these types, or for all."""
    return create_endpoint(url=url, event_types=event_types or None, actor=SYSTEM, at=timezone.now())


def a_ping(number: int = 0, *, at: datetime | None = None) -> Event:
    """Announce an event of no customer."""
    with transaction.atomic():
        return announce_of_merchant(EventType.TEST_PING, actor=SYSTEM, at=at or timezone.now(), data={"number": number})


def a_change(customer_id: str, sequence: int) -> Event:
    """Announce a change of a customer."""
    at = timezone.now()
    with transaction.atomic():
        data = {"customer_id": customer_id, "sequence": sequence}
        event = append_event(EventType.CUSTOMER_UPDATED, actor=SYSTEM, at=at, data=data, customer_pk=1, sequence=sequence)
        owe(event, at=at)
    return event


def later(**wait: float) -> Callable[[], datetime]:
    """Return a clock that goes ahead of the world's."""
    return lambda: timezone.now() + timedelta(**wait)


def the_delivery(event: Event) -> WebhookDelivery:
    """Return the one delivery of an event."""
    return WebhookDelivery.objects.get(event=event)


def due_at(event: Event) -> datetime:
    """Return when the one delivery of an event is due."""
    moment = the_delivery(event).due_at
    assert moment is not None
    return moment
