"""Taking deliveries that are due, so that one sender has each, until it has posted them or its lease is over."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import orjson
from django.db import connection
from django.db.models import Q

from verification.events.models import Event
from verification.sandbox.chaos import Fault
from verification.webhooks.endpoints import signing_keys_of
from verification.webhooks.models import DeliveryState, EndpointState, WebhookDelivery, WebhookEndpoint
from verification.webhooks.payloads import payload

LEASE = timedelta(seconds=45)  # a parcel is begun within START_WITHIN or handed back, and a post takes 15 seconds at most
START_WITHIN = timedelta(seconds=20)

DELIVERIES, EVENTS = WebhookDelivery._meta.db_table, Event._meta.db_table
CLAIM = f"""
SET LOCAL synchronous_commit TO OFF;
WITH due AS (
    SELECT id, due_at FROM {DELIVERIES} WHERE endpoint_id = %(endpoint)s AND due_at <= %(at)s
    ORDER BY due_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE {DELIVERIES} AS delivery SET due_at = %(until)s FROM due WHERE delivery.id = due.id
    RETURNING delivery.id, delivery.attempt_count, delivery.event_id, due.due_at = delivery.created_at AS is_new
)
SELECT taken.id, taken.attempt_count, taken.is_new, event.uid, event.type, event.at, event.sequence, event.data
FROM taken JOIN {EVENTS} AS event ON event.id = taken.event_id ORDER BY taken.id
"""  # noqa: S608  # names of our own tables


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
    is_new: bool  # nobody has taken it before
    keys: tuple[bytes, ...] = field(repr=False)
    fault: Fault | None = None  # what a sandbox was told to do wrong


def enabled_endpoints() -> list[WebhookEndpoint]:
    """Return the endpoints that are served."""
    return list(WebhookEndpoint.objects.filter(state=EndpointState.ENABLED).order_by("pk"))


def is_anything_due(*, at: datetime) -> bool:
    """Tell whether an endpoint has a delivery that could be claimed, or one that is to be cancelled because the endpoint is gone."""
    return WebhookDelivery.objects.filter(due_at__lte=at).exists()


def is_due_to_healthy(*, slow: Collection[int], at: datetime) -> bool:
    """Tell whether an endpoint that does not fail at present, and is none of the slow ones, has a delivery that could be claimed."""
    well = WebhookEndpoint.objects.filter(state=EndpointState.ENABLED, failing_since__isnull=True).exclude(pk__in=slow)
    return WebhookDelivery.objects.filter(endpoint__in=list(well.values_list("pk", flat=True)), due_at__lte=at).exists()


def claim(endpoint: WebhookEndpoint, *, limit: int, at: datetime) -> list[Parcel]:
    """Take up to `limit` due deliveries of an endpoint, the longest due first, and put them off by the lease.

    Part of a transaction that does nothing else but to meet chaos: it need not reach the disk before the posting begins. When the
    database crashes and forgets a lease, the delivery is due, and is posted again under its id. One statement, because reading,
    locking and writing through the ORM cost a third of the whole delivery.
    """
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"endpoint": endpoint.pk, "limit": limit, "at": at, "until": at + LEASE})
        rows = cursor.fetchall()
    if not rows:
        return []
    keys = signing_keys_of(endpoint, at=at)
    parcels = []
    for pk, attempt_count, is_new, uid, event_type, event_at, sequence, text in rows:
        data = orjson.loads(text)  # Django has the driver leave jsonb as text
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
                is_new=is_new,
                keys=keys,
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
