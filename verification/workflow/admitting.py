"""How an end user's app is let in, and put out again."""

from datetime import datetime

from django.db import transaction

from kyc_platform.actor import Actor
from kyc_platform.schema import current_schema
from verification.customers.access_tokens import IssuedToken, issue_token
from verification.customers.models import Customer
from verification.customers.records import find_customer, lock_customer, revoke_tokens
from verification.events.models import Event
from verification.events.types import AuditType
from verification.workflow.announcing import record


def issue_access_token(customer_id: str, *, seconds: int, actor: Actor, at: datetime) -> tuple[Customer, IssuedToken]:
    """Return a token for one customer, and keep on record that it was issued. Raises CustomerNotFound."""
    customer = find_customer(customer_id)
    with transaction.atomic():
        record(AuditType.ACCESS_TOKEN_ISSUED, customer=customer, actor=actor, at=at, data={"seconds": seconds})
    return customer, issue_token(schema=current_schema(), customer_pk=customer.pk, at=at, seconds=seconds)


def token_issued(event: Event) -> IssuedToken:
    """Return the token that an event records the issue of. It is stored nowhere, and made again from what the event tells."""
    return issue_token(schema=current_schema(), customer_pk=event.customer_pk or 0, at=event.at, seconds=int(event.data["seconds"]))


def revoke_access_tokens(customer_id: str, *, actor: Actor, at: datetime) -> None:
    """End every token of one customer that was issued until now: a phone was lost, an account was taken over. Raises CustomerNotFound."""
    customer = find_customer(customer_id)
    with transaction.atomic():
        customer = lock_customer(customer.pk)
        revoke_tokens(customer, at=at)
        record(AuditType.ACCESS_TOKENS_REVOKED, customer=customer, actor=actor, at=at)
