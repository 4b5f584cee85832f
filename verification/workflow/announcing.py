"""Saying what has changed: the event, and the deliveries that it owes, in the transaction of the change."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from kyc_platform.actor import Actor
from tenants.routing.context import current_merchant
from verification import jobs
from verification.customers.models import Customer
from verification.customers.records import next_sequence
from verification.customers.stages import Stage, is_final
from verification.events.log import append_event
from verification.events.models import Event
from verification.events.types import AuditType, EventType
from verification.lifecycle.models import Verification
from verification.webhooks.owing import owe_deliveries

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
    """Write an event of a customer with its next sequence, owe it to the endpoints that asked, and have it sent on commit.

    The caller holds the customer's lock and has made the change already: the event tells the status after it.
    """
    event = _append(event_type, customer, actor=actor, at=at, verification=verification, data=data)
    if owe_deliveries(event, at=at):
        jobs.deliver_webhooks()
        jobs.look_again(at + timedelta(seconds=DELIVER_AGAIN_SECONDS))
    return event


def record(
    audit_type: AuditType,
    customer: Customer,
    *,
    actor: Actor,
    at: datetime,
    verification: Verification | None = None,
    data: Mapping[str, object] | None = None,
) -> Event:
    """Write an event of a customer that is for the auditor only. The caller holds the customer's lock."""
    return _append(audit_type, customer, actor=actor, at=at, verification=verification, data=data)


def record_of_merchant(audit_type: AuditType, *, actor: Actor, at: datetime, data: Mapping[str, object]) -> Event:
    """Write an event of no customer that is for the auditor only."""
    return append_event(audit_type, actor=actor, at=at, data={**data, "livemode": current_merchant().livemode})


def _append(
    event_type: EventType | AuditType,
    customer: Customer,
    *,
    actor: Actor,
    at: datetime,
    verification: Verification | None,
    data: Mapping[str, object] | None,
) -> Event:
    sequence = next_sequence(customer)
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
    return append_event(
        event_type,
        actor=actor,
        at=at,
        data=told,
        customer_pk=customer.pk,
        sequence=sequence,
        status=customer.status,
        previous_status=previous,
    )
