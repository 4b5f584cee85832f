"""How a merchant tries an endpoint, and gets what it has missed."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from kyc_platform.actor import Actor
from kyc_platform.errors import Conflict
from verification.events.models import Event
from verification.events.positions import find_event
from verification.events.types import AuditType, EventType
from verification.webhooks.endpoints import lock_endpoint, lock_endpoints
from verification.webhooks.models import EndpointState, WebhookEndpoint
from verification.webhooks.owing import endpoints_that_want, owe_again, owe_once_more
from verification.workflow.announcing import announce_to, have_sent, record

RECOVERED_MAX = 5000  # in one call, which is one transaction


class EndpointDisabled(Conflict):
    """Nothing is posted to a disabled endpoint, whatever is asked for."""

    code = "webhook_endpoint_disabled"
    title = "The webhook endpoint is disabled"
    remedy = 'Enable it with `PUT /webhook-endpoints/{id}` and `{"state": "enabled"}`.'


@dataclass(frozen=True)
class Recovery:
    """How many events are owed again, and whether there are more to ask for with the same moment."""

    count: int
    has_more: bool


def send_test_event(uid: str, *, actor: Actor, at: datetime) -> Event:
    """Owe a `test.ping` to this endpoint alone, whatever types it asked for. Raises EndpointNotFound or EndpointDisabled."""
    with transaction.atomic():
        endpoint = _lock_enabled(uid)
        return announce_to(endpoint, EventType.TEST_PING, actor=actor, at=at, data={"webhook_endpoint_id": uid})


def recover_events(uid: str, *, since: datetime, actor: Actor, at: datetime) -> Recovery:
    """Owe an endpoint what it wants of the events since a moment and has not been given; the oldest RECOVERED_MAX of them.

    Each under its own id, so that a receiver that had it all the same knows it. May be repeated: what is owed now is not owed twice.
    Raises EndpointNotFound or EndpointDisabled.
    """
    with transaction.atomic():
        endpoint = _lock_enabled(uid)
        count, has_more = owe_again(endpoint, since=since, limit=RECOVERED_MAX, at=at)
        if count:
            have_sent(at=at)
        data = {"webhook_endpoint_id": uid, "since": since.isoformat(), "recovered": count, "has_more": has_more}
        record(AuditType.WEBHOOK_EVENTS_RECOVERED, actor=actor, at=at, data=data)
    return Recovery(count, has_more)


def resend_event(uid: str, *, endpoint_uid: str | None, actor: Actor, at: datetime) -> Event:
    """Owe an event once more, to one endpoint whatever its types, or to all that want it, also to those that have had it.

    Under its own id. Returns the audit event, whose data name the endpoints. May be repeated: each repetition is posted again.
    Raises EventNotFound, EndpointNotFound or EndpointDisabled.
    """
    with transaction.atomic():
        event = find_event(uid)
        if endpoint_uid is not None:
            endpoints = [_lock_enabled(endpoint_uid)]
        else:
            locked = lock_endpoints(endpoint.pk for endpoint in endpoints_that_want(event))
            endpoints = [endpoint for endpoint in locked.values() if endpoint.state == EndpointState.ENABLED]
        owe_once_more(endpoints, event, at=at)
        if endpoints:
            have_sent(at=at)
        data = {"event_id": uid, "webhook_endpoint_ids": [endpoint.uid for endpoint in endpoints]}
        return record(AuditType.EVENT_RESENT, actor=actor, at=at, data=data)


def _lock_enabled(uid: str) -> WebhookEndpoint:
    endpoint = lock_endpoint(uid)
    if endpoint.state != EndpointState.ENABLED:
        raise EndpointDisabled("Enable it first with PUT /webhook-endpoints/{id}.")
    return endpoint
