"""Writing down how attempts ended, and what follows for the delivery and for its endpoint."""

import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import F

from verification.webhooks.models import DeliveryState, EndpointState, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from verification.webhooks.schedule import next_attempt_at
from verification.webhooks.sender import Posted

GONE_STATUS = 410
GONE, FAILING = "gone", "failing"
FAILING_MAX = timedelta(days=5)


def record_attempts(posted: Sequence[Posted], *, at: datetime) -> None:
    """Write a row for each attempt, and each delivery's next state. Part of a transaction that holds the lock of their endpoints.

    A delivery that is no longer owed keeps its state: another sender delivered it after this one's lease, or it was cancelled.
    """
    WebhookAttempt.objects.bulk_create(
        WebhookAttempt(
            delivery_id=one.parcel.delivery_pk,
            number=one.parcel.attempt_number,
            at=one.at,
            status_code=one.status_code,
            failure=one.failure,
            duration_ms=one.duration_ms,
            answer_start=one.answer_start,
        )
        for one in posted
    )
    delivered = [one.parcel.delivery_pk for one in posted if not one.failure]
    WebhookDelivery.objects.filter(pk__in=delivered, state=DeliveryState.OWED).update(
        state=DeliveryState.DELIVERED, delivered_at=at, due_at=None, attempt_count=F("attempt_count") + 1
    )
    _put_off([one for one in posted if one.failure])


def note_health(endpoint: WebhookEndpoint, posted: Iterable[Posted]) -> None:
    """Note since when an endpoint has only failed. The caller holds its lock."""
    failures = [one.at for one in posted if one.failure]
    is_failing = all(one.failure for one in posted)
    since = (endpoint.failing_since or min(failures)) if is_failing and failures else None
    if since != endpoint.failing_since:
        endpoint.failing_since = since
        endpoint.save(update_fields=["failing_since"])


def reason_to_disable(endpoint: WebhookEndpoint, posted: Iterable[Posted], *, at: datetime) -> str | None:
    """Return why an endpoint is to be disabled now: it said that it is gone, or it has only failed for five days. None when it is not."""
    if endpoint.state != EndpointState.ENABLED:
        return None
    if any(one.status_code == GONE_STATUS for one in posted):
        return GONE
    if endpoint.failing_since is not None and at - endpoint.failing_since >= FAILING_MAX:
        return FAILING
    return None


def _put_off(failed: Sequence[Posted]) -> None:
    if not failed:
        return
    rows = WebhookDelivery.objects.select_for_update().filter(state=DeliveryState.OWED).in_bulk([one.parcel.delivery_pk for one in failed])
    for one in failed:
        delivery = rows.get(one.parcel.delivery_pk)
        if delivery is None:
            continue  # it is not owed any more
        delivery.attempt_count += 1
        delivery.due_at = next_attempt_at(delivery.attempt_count, at=one.at, retry_after=one.retry_after, jitter=random.random())  # noqa: S311
        if delivery.due_at is None:
            delivery.state = DeliveryState.EXHAUSTED
    WebhookDelivery.objects.bulk_update(rows.values(), ["state", "attempt_count", "due_at"])
