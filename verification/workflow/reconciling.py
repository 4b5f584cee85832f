"""How a merchant that has lost webhooks is right again after one call."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from verification.customers.models import Customer
from verification.events.models import Event
from verification.events.types import AUDIT_PREFIX


@dataclass(frozen=True, slots=True)
class Known:
    """What a merchant believes of one of its customers."""

    customer_id: str
    status: str
    sequence: int


@dataclass(frozen=True)
class Reconciled:
    """The customers of whom something else is true, and the ids that no customer has; both in the order in which they were named."""

    differing: list[Customer]
    unknown: list[str]


def reconcile(known: Sequence[Known]) -> Reconciled:
    """Hold what a merchant believes against what is so. Reads in one statement, so that no change is half seen; changes nothing.

    A customer differs when its status is another one, or when the merchant's sequence is not one that it can have learnt since the last
    change that was told. Later ones than that, up to the customer's present one, belong to changes that no webhook tells of.
    """
    last_told = Event.objects.filter(customer_pk=OuterRef("pk"), sequence__isnull=False).exclude(type__startswith=AUDIT_PREFIX)
    rows = Customer.objects.filter(customer_id__in=[one.customer_id for one in known]).annotate(
        told_sequence=Coalesce(Subquery(last_told.order_by("-sequence").values("sequence")[:1]), 0)
    )
    named = {customer.customer_id: customer for customer in rows.only("customer_id", "status", "stage", "sequence", "updated_at")}
    differing: list[Customer] = []
    for one in known:
        customer = named.get(one.customer_id)
        if customer is not None and (one.status != customer.status or not customer.told_sequence <= one.sequence <= customer.sequence):
            differing.append(customer)
    return Reconciled(differing, [one.customer_id for one in known if one.customer_id not in named])
