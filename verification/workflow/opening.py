"""How a customer comes in, and how a new run begins."""

from datetime import datetime

from django.db import transaction

from kyc_platform.actor import Actor
from kyc_platform.errors import Conflict
from verification.customers.models import Customer
from verification.customers.records import find_customer, lock_customer, store_customer
from verification.customers.stages import Stage
from verification.customers.validation.types import CustomerData
from verification.events.types import EventType
from verification.levels.lookup import DEFAULT_LEVEL, level_named
from verification.lifecycle.models import Verification
from verification.lifecycle.runs import newest_run, open_run
from verification.lifecycle.states import OPEN
from verification.workflow.announcing import announce


class VerificationInProgress(Conflict):
    """A customer has one verification at a time."""

    code = "verification_in_progress"
    title = "A verification of this customer is under way"
    remedy = "Wait for its decision, or read it with `GET /customers/{customer_id}/verifications`."


class CustomerDeclined(Conflict):
    """A decline is final; only a member can take it back, with a reason."""

    code = "customer_declined"
    title = "The customer was declined"
    remedy = "A decline is final for the API. A member can take it back, with a reason."


def register_customer(data: CustomerData, *, actor: Actor, at: datetime) -> Customer:
    """Store a customer, sealed under a key of its own, and open its first verification.

    Raises InvalidRequest (unknown level) or CustomerIdTaken; nothing is stored then.
    """
    level = level_named(data.level or DEFAULT_LEVEL)
    with transaction.atomic():
        customer = store_customer(data, level, at=at)
        verification = open_run(customer, at=at)
        announce(EventType.CUSTOMER_CREATED, customer, verification=verification, actor=actor, at=at)
    return customer


def start_verification(customer_id: str, *, level_name: str | None = None, actor: Actor, at: datetime) -> Verification:
    """Open a new run for a customer whose last one is over, at another level if one is named. Verified documents still count.

    Raises CustomerNotFound, InvalidRequest (unknown level), VerificationInProgress or CustomerDeclined.
    """
    level = level_named(level_name) if level_name else None
    customer = find_customer(customer_id)
    with transaction.atomic():
        customer = lock_customer(customer.pk)
        stage = Stage(newest_run(customer).stage)
        if stage in OPEN:
            raise VerificationInProgress("Wait for its decision, or read it with GET …/verifications.")
        if stage is Stage.DECLINED:
            raise CustomerDeclined("A decline is final for the API. A member can take it back in the portal, with a reason.")
        if level is not None:
            customer.level = level
            customer.save(update_fields=["level"])
        return begin_run(customer, actor=actor, at=at)


def begin_run(customer: Customer, *, actor: Actor, at: datetime) -> Verification:
    """Open a run for a locked customer and say so. Part of a transaction."""
    verification = open_run(customer, at=at)
    announce(EventType.VERIFICATION_REOPENED, customer, verification=verification, actor=actor, at=at)
    return verification
