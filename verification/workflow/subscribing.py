"""How a merchant says where and what it wants to be told, and where no longer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from kyc_platform.actor import Actor
from kyc_platform.outbound.registration import check_url
from verification import jobs
from verification.events.types import AuditType, EventType
from verification.webhooks.endpoints import add_endpoint, cancel_deliveries, find_endpoint, known_event_types, lock_endpoint, replace_secret
from verification.webhooks.health import forget_warnings, warn_of_end
from verification.webhooks.models import EndpointState, WebhookEndpoint
from verification.webhooks.signing import new_secret
from verification.workflow.announcing import announce_of_merchant, record

REQUESTED = "requested"  # disabled by the merchant itself


@dataclass(frozen=True)
class CreatedEndpoint:
    """An endpoint with its new secret, which cannot be shown again."""

    endpoint: WebhookEndpoint
    secret: str = field(repr=False)


def create_endpoint(*, url: str, event_types: Sequence[object] | None, actor: Actor, at: datetime) -> CreatedEndpoint:
    """Add an endpoint that is told of these types from now on, or of all when None. The URL's host is resolved before, not connected to.

    Raises InvalidRequest (an unknown event type), OutboundRefused (the URL) or TooManyEndpoints; nothing is stored then.
    """
    wanted = known_event_types(event_types)
    checked = check_url(url)
    secret = new_secret()
    with transaction.atomic():
        endpoint = add_endpoint(checked, wanted, secret, at=at)
        data = {"webhook_endpoint_id": endpoint.uid, "event_types": wanted}
        record(AuditType.WEBHOOK_ENDPOINT_CREATED, actor=actor, at=at, data=data)
    return CreatedEndpoint(endpoint, secret)


def update_endpoint(
    uid: str, *, url: str | None, event_types: list[str] | None, state: EndpointState | None, actor: Actor, at: datetime
) -> WebhookEndpoint:
    """Change what is not None. What is owed already goes to the new URL; one that is enabled again begins as if it had never failed.

    `event_types` as `known_event_types` gives them. Disabling cancels what is owed and is announced to the other endpoints.
    Raises EndpointNotFound or OutboundRefused (the URL); nothing is changed then.
    """
    find_endpoint(uid)
    checked = None if url is None else check_url(url)
    with transaction.atomic():
        endpoint = lock_endpoint(uid)
        if checked not in (None, endpoint.url):
            forget_warnings(endpoint)  # those were about the other address
        endpoint.change(url=checked, event_types=event_types)
        if state not in (None, endpoint.state):
            if state == EndpointState.ENABLED:
                forget_warnings(endpoint)
                endpoint.enable()
            else:
                stop_telling(endpoint, REQUESTED, actor=actor, at=at)
        given = {"url": url, "event_types": event_types, "state": state}
        data = {"webhook_endpoint_id": uid, "given": [name for name, value in given.items() if value is not None], "state": endpoint.state}
        record(AuditType.WEBHOOK_ENDPOINT_UPDATED, actor=actor, at=at, data=data)
    return endpoint


def rotate_secret(uid: str, *, overlap: timedelta, actor: Actor, at: datetime) -> CreatedEndpoint:
    """Give an endpoint a new secret. For the time of `overlap` the one before signs too.

    There are never more than two: the one before that is forgotten at once. Raises EndpointNotFound.
    """
    secret = new_secret()
    with transaction.atomic():
        endpoint = lock_endpoint(uid)
        replace_secret(endpoint, secret, previous_until=at + overlap if overlap else None)
        data = {"webhook_endpoint_id": uid, "previous_secret_expires_at": (at + overlap).isoformat()}
        record(AuditType.WEBHOOK_SECRET_ROTATED, actor=actor, at=at, data=data)
    return CreatedEndpoint(endpoint, secret)


def stop_telling(endpoint: WebhookEndpoint, because: str, *, actor: Actor, at: datetime) -> None:
    """Disable an endpoint, cancel what it is owed, and tell the others. Part of a transaction that holds the endpoint's lock."""
    endpoint.disable(because, at=at)
    if because == REQUESTED:
        forget_warnings(endpoint)  # nobody needs to be told what he asked for
    else:
        warn_of_end(endpoint, at=at)
        jobs.warn_members()
    cancelled = cancel_deliveries(endpoint)
    data = {"webhook_endpoint_id": endpoint.uid, "because": because, "deliveries_cancelled": cancelled}
    announce_of_merchant(EventType.WEBHOOK_ENDPOINT_DISABLED, actor=actor, at=at, data=data)


def delete_endpoint(uid: str, *, actor: Actor, at: datetime) -> None:
    """Stop telling an endpoint anything, and cancel what it is owed; its history stays. Raises EndpointNotFound."""
    with transaction.atomic():
        endpoint = lock_endpoint(uid)
        forget_warnings(endpoint)
        endpoint.delete_softly()
        cancelled = cancel_deliveries(endpoint)
        data = {"webhook_endpoint_id": endpoint.uid, "deliveries_cancelled": cancelled}
        record(AuditType.WEBHOOK_ENDPOINT_DELETED, actor=actor, at=at, data=data)
