"""Owing an event to every endpoint that asked for its type, in the event's own transaction; to one alone; and once more."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from verification.events.models import Event
from verification.events.types import EventType
from verification.webhooks.endpoints import EVENT_TYPES
from verification.webhooks.models import DeliveryState, EndpointState, WebhookDelivery, WebhookEndpoint

INSERTED_AT_ONCE = 1000


def owe_deliveries(event: Event, *, at: datetime) -> int:
    """Write a delivery for each enabled endpoint that wants the event; return how many. They are due at once."""
    owed = [WebhookDelivery(endpoint=endpoint, event=event, created_at=at, due_at=at) for endpoint in endpoints_that_want(event)]
    WebhookDelivery.objects.bulk_create(owed)
    return len(owed)


def endpoints_that_want(event: Event) -> list[WebhookEndpoint]:
    """Return the enabled endpoints that asked for the event's type."""
    enabled = WebhookEndpoint.objects.filter(state=EndpointState.ENABLED)
    return [endpoint for endpoint in enabled if not endpoint.event_types or event.type in endpoint.event_types]


def owe_to(endpoint: WebhookEndpoint, event: Event, *, at: datetime) -> None:
    """Write a delivery of the event to this endpoint alone, whatever types it asked for. It is due at once."""
    WebhookDelivery.objects.create(endpoint=endpoint, event=event, created_at=at, due_at=at)


def owe_once_more(endpoints: Sequence[WebhookEndpoint], event: Event, *, at: datetime) -> None:
    """Owe the event to these endpoints at once, whatever became of it before; tried as often as if for the first time.

    The caller holds the endpoints' locks.
    """
    owed = [WebhookDelivery(endpoint=endpoint, event=event, created_at=at, due_at=at) for endpoint in endpoints]
    WebhookDelivery.objects.bulk_create(
        owed,
        update_conflicts=True,
        unique_fields=["endpoint", "event"],
        update_fields=["state", "due_at", "attempt_count", "delivered_at"],
    )


def owe_again(endpoint: WebhookEndpoint, *, since: datetime, limit: int, at: datetime) -> tuple[int, bool]:
    """Owe the events since a moment that the endpoint wants and has not been given, the oldest first, at most `limit` of them.

    That is what was given up or cancelled, tried as often again as if for the first time, and what was never owed to it. Return how many,
    and whether there are more. The caller holds the endpoint's lock.
    """
    wanted = endpoint.event_types or EVENT_TYPES
    given_up = WebhookDelivery.objects.filter(
        endpoint=endpoint,
        state__in=(DeliveryState.EXHAUSTED, DeliveryState.CANCELLED),
        event__at__gte=since,
        event__type__in=wanted,
    )
    again = given_up.filter(pk__in=given_up.order_by("event__at", "pk").values("pk")[:limit])
    count = again.update(state=DeliveryState.OWED, due_at=at, attempt_count=0)
    never_owed = _never_owed(endpoint, wanted, since=since)
    new = [
        WebhookDelivery(endpoint=endpoint, event_id=pk, created_at=at, due_at=at)
        for pk in never_owed.order_by("at", "pk").values_list("pk", flat=True)[: limit - count]
    ]
    WebhookDelivery.objects.bulk_create(new, batch_size=INSERTED_AT_ONCE, ignore_conflicts=True)  # one that was owed this moment is owed
    return count + len(new), given_up.exists() or never_owed.exists()


def _never_owed(endpoint: WebhookEndpoint, wanted: Sequence[str], *, since: datetime) -> QuerySet[Event]:
    owed = WebhookDelivery.objects.filter(endpoint=endpoint, event=OuterRef("pk"))
    types = [event_type for event_type in wanted if event_type != EventType.TEST_PING]  # those were for one endpoint each
    return Event.objects.filter(~Exists(owed), at__gte=since, type__in=types)
