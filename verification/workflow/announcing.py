"""Saying what has changed: the event, and the deliveries that it owes, in the transaction of the change."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction

from kyc_platform.actor import Actor
from kyc_platform.schema import current_schema
from tenants.routing.context import current_merchant
from verification import jobs
from verification.customers.models import Customer
from verification.customers.records import next_sequence
from verification.customers.stages import Stage, is_final
from verification.customers.status_floor import raise_floors
from verification.events.log import append_event
from verification.events.models import Event
from verification.events.types import AuditType, EventType
from verification.idempotency.records import note_effect
from verification.lifecycle.models import Verification
from verification.webhooks.models import WebhookEndpoint
from verification.webhooks.owing import owe_deliveries, owe_to

DELIVER_AGAIN_SECONDS = 5  # the job on commit sends them at once; this is for when that job was lost


def announce(
    event_type: EventType,
    customer: Customer,
    *,
    actor: Actor,
    at: datetime,
    verification: Verification | None = None,
    data: Mapping[str, object] | None = None,
) -> Event:
    """Write a change of a customer with its next sequence, owe it to the endpoints that asked, and have it sent on commit.

    The caller holds the customer's lock and has made the change already: the event tells the status after it.
    """
    event = _append_change(event_type, customer, actor=actor, at=at, verification=verification, data=data)
    owe(event, at=at)
    return event


def announce_of_merchant(event_type: EventType, *, actor: Actor, at: datetime, data: Mapping[str, object]) -> Event:
    """Write an event of no customer and owe it to the endpoints that asked."""
    event = _append(event_type, actor=actor, at=at, data={**data, "livemode": current_merchant().livemode})
    owe(event, at=at)
    return event


def announce_to(endpoint: WebhookEndpoint, event_type: EventType, *, actor: Actor, at: datetime, data: Mapping[str, object]) -> Event:
    """Write an event of no customer and owe it to one endpoint alone, whatever types that asked for."""
    event = _append(event_type, actor=actor, at=at, data={**data, "livemode": current_merchant().livemode})
    owe_to(endpoint, event, at=at)
    have_sent(at=at)
    return event


def have_sent(*, at: datetime) -> None:
    """Have what the present transaction owes sent on commit."""
    jobs.deliver_webhooks()
    jobs.look_again(at + timedelta(seconds=DELIVER_AGAIN_SECONDS))


def owe(event: Event, *, at: datetime) -> None:
    """Owe an event to the endpoints that asked for its type, and have it sent on commit."""
    if owe_deliveries(event, at=at):
        have_sent(at=at)


def record_change(
    audit_type: AuditType,
    customer: Customer,
    *,
    actor: Actor,
    at: datetime,
    verification: Verification | None = None,
    data: Mapping[str, object] | None = None,
) -> Event:
    """Write a change of a customer that merchants can see when they ask, but are not told of. The caller holds the customer's lock."""
    return _append_change(audit_type, customer, actor=actor, at=at, verification=verification, data=data)


def record(
    audit_type: AuditType, *, actor: Actor, at: datetime, customer: Customer | None = None, data: Mapping[str, object] | None = None
) -> Event:
    """Write something for the auditor only that changes nothing for the merchant: a look, a token, the end of a question."""
    told: dict[str, object] = {"livemode": current_merchant().livemode, **(data or {})}
    if customer is not None:
        told["customer_id"] = customer.customer_id
    return _append(audit_type, actor=actor, at=at, data=told, customer_pk=customer.pk if customer else None)


def _append_change(
    event_type: EventType | AuditType,
    customer: Customer,
    *,
    actor: Actor,
    at: datetime,
    verification: Verification | None,
    data: Mapping[str, object] | None,
) -> Event:
    sequence = next_sequence(customer)
    transaction.on_commit(partial(raise_floors, current_schema(), {customer.customer_id: sequence}), robust=True)
    previous = customer.status_before or customer.status
    told = {
        "customer_id": customer.customer_id,
        "verification_id": verification.uid if verification else None,
        "status": customer.status,
        "stage": customer.stage,
        "previous_status": previous,
        "final": is_final(Stage(customer.stage)),
        "sequence": sequence,
        "livemode": current_merchant().livemode,
        **(data or {}),
    }
    return _append(
        event_type,
        actor=actor,
        at=at,
        data=told,
        customer_pk=customer.pk,
        sequence=sequence,
        status=customer.status,
        previous_status=previous,
    )


def _append(event_type: EventType | AuditType, **told: Any) -> Event:
    """Write the event, that the request which is being carried out has led to it, and have it given its position on commit."""
    event = append_event(event_type, **told)
    if isinstance(event_type, EventType):
        jobs.sequence_events()
    note_effect(event.uid)
    return event
