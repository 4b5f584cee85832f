"""Taking deliveries that are due, so that one sender has each, until it has posted them or its lease is over."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q

from verification.events.models import Event
from verification.webhooks.endpoints import signing_key_of
from verification.webhooks.models import DeliveryState, EndpointState, WebhookDelivery, WebhookEndpoint
from verification.webhooks.payloads import payload

LEASE = timedelta(seconds=45)  # a parcel is begun within START_WITHIN or handed back, and a post takes 15 seconds at most
START_WITHIN = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery that this process has taken, with all that is needed to post it. `attempt_number` counts from 1."""

    delivery_pk: int
    attempt_number: int
    endpoint_pk: int
    url: str
    webhook_id: str
    body: bytes
    customer_id: str | None
    sequence: int | None
    claimed_at: datetime
    key: bytes = field(repr=False)


def enabled_endpoints() -> list[WebhookEndpoint]:
    """Return the endpoints that are served."""
    return list(WebhookEndpoint.objects.filter(state=EndpointState.ENABLED).order_by("pk"))


def is_anything_due(*, at: datetime) -> bool:
    """Tell whether an endpoint has a delivery that could be claimed, or one that is to be cancelled because the endpoint is gone."""
    return WebhookDelivery.objects.filter(due_at__lte=at).exists()


def claim(endpoint: WebhookEndpoint, *, limit: int, at: datetime) -> list[Parcel]:
    """Take up to `limit` due deliveries of an endpoint, the longest due first, and put them off by the lease. Part of a transaction."""
    due = WebhookDelivery.objects.select_for_update(skip_locked=True).filter(endpoint=endpoint, due_at__lte=at).order_by("due_at", "pk")
    taken = list(due.values_list("pk", "attempt_count", "event_id")[:limit])
    if not taken:
        return []
    WebhookDelivery.objects.filter(pk__in=[pk for pk, _, _ in taken]).update(due_at=at + LEASE)
    columns = ("pk", "uid", "type", "at", "sequence", "data")
    events = {row[0]: row[1:] for row in Event.objects.filter(pk__in={event_pk for _, _, event_pk in taken}).values_list(*columns)}
    key = signing_key_of(endpoint)
    parcels = []
    for pk, attempt_count, event_pk in taken:
        uid, event_type, event_at, sequence, data = events[event_pk]
        parcels.append(
            Parcel(
                delivery_pk=pk,
                attempt_number=attempt_count + 1,
                endpoint_pk=endpoint.pk,
                url=endpoint.url,
                webhook_id=uid,
                body=payload(event_type=event_type, at=event_at, data=data),
                customer_id=data.get("customer_id"),
                sequence=sequence,
                claimed_at=at,
                key=key,
            )
        )
    return parcels


def hand_back(parcels: Sequence[Parcel], *, at: datetime) -> None:
    """Let somebody else post these, at once. The caller holds the lock of their endpoints."""
    if parcels:
        mine = Q(pk__in=[parcel.delivery_pk for parcel in parcels], state=DeliveryState.OWED)
        WebhookDelivery.objects.filter(mine).update(due_at=at)


def due_endpoints_gone(*, at: datetime) -> set[int]:
    """Return the endpoints that are not served and have a delivery due: it was owed while they were being disabled or deleted."""
    gone = WebhookDelivery.objects.filter(due_at__lte=at).exclude(endpoint__state=EndpointState.ENABLED)
    return set(gone.values_list("endpoint_id", flat=True))
