"""How a merchant says where it wants to be told, and where no longer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from kyc_platform.actor import Actor
from kyc_platform.outbound.registration import check_url
from verification.events.types import AuditType
from verification.webhooks.endpoints import add_endpoint, cancel_deliveries, known_event_types, lock_endpoint
from verification.webhooks.models import WebhookEndpoint
from verification.webhooks.signing import new_secret
from verification.workflow.announcing import record


@dataclass(frozen=True)
class CreatedEndpoint:
    """A new endpoint, and its secret, which cannot be shown again."""

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


def delete_endpoint(uid: str, *, actor: Actor, at: datetime) -> None:
    """Stop telling an endpoint anything, and cancel what it is owed; its history stays. Raises EndpointNotFound."""
    with transaction.atomic():
        endpoint = lock_endpoint(uid)
        endpoint.delete_softly()
        cancelled = cancel_deliveries(endpoint)
        data = {"webhook_endpoint_id": endpoint.uid, "deliveries_cancelled": cancelled}
        record(AuditType.WEBHOOK_ENDPOINT_DELETED, actor=actor, at=at, data=data)
