"""Finding, locking and storing customers. No transaction is opened here: the workflow holds it."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from kyc_platform.crypto.sealing import Keyring
from kyc_platform.errors import Conflict, NotFound
from kyc_platform.ids import new_id
from verification.customers.keys import add_key_row, make_customer_key
from verification.customers.models import Customer
from verification.customers.sealed import index_of, seal_into
from verification.customers.validation.types import CustomerData
from verification.levels.models import Level


class CustomerNotFound(NotFound):
    """No customer of this merchant, in this mode, has the id."""

    code = "customer_not_found"
    title = "There is no such customer"
    remedy = "Check the `customer_id` and whether the key is of the right mode, or register the customer with `POST /customers`."


class CustomerIdTaken(Conflict):
    """The merchant has registered this `customer_id` already."""

    code = "customer_id_taken"
    title = "A customer with this customer_id exists already"
    remedy = "Read the customer with `GET /customers/{customer_id}`, or replace its data with `PUT`."


@dataclass(frozen=True)
class CustomerFilter:
    """What a list of customers is narrowed to; what is None does not narrow. Moments are inclusive below and exclusive above."""

    status: str | None = None
    stage: str | None = None
    level: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    customer_id: str | None = None
    email: str | None = None
    phone_number: str | None = None
    document_number: str | None = None


def find_customer(customer_id: str) -> Customer:
    """Return the customer by the merchant's id, unlocked. Raises CustomerNotFound."""
    try:
        return Customer.objects.select_related("level").get(customer_id=customer_id)
    except Customer.DoesNotExist:
        raise CustomerNotFound("No customer has this customer_id here. Register it with POST /customers.") from None


def find_customer_by_pk(pk: int) -> Customer:
    """Return the customer by our long id, unlocked. Raises CustomerNotFound."""
    try:
        return Customer.objects.select_related("level").get(pk=pk)
    except Customer.DoesNotExist:
        raise CustomerNotFound from None


def lock_customer(pk: int) -> Customer:
    """Return the customer with its row locked until the transaction ends. Everything about a customer is changed under this lock.

    Raises CustomerNotFound.
    """
    try:
        customer = Customer.objects.select_for_update(of=("self",)).select_related("level").get(pk=pk)
    except Customer.DoesNotExist:
        raise CustomerNotFound from None
    customer.status_before = customer.status
    return customer


def store_customer(data: CustomerData, level: Level, *, at: datetime) -> Customer:
    """Insert a customer with its own data key. Raises CustomerIdTaken, and then nothing is stored."""
    customer = Customer(uid=new_id("cus"), customer_id=data.customer_id, level=level, created_at=at, updated_at=at, tokens_valid_from=at)
    key, wrapped = make_customer_key(customer.uid)
    seal_into(customer, data, Keyring({1: key}, primary=1))
    try:
        with transaction.atomic():  # a savepoint: the unique constraint decides, and the caller's transaction survives it
            customer.save(force_insert=True)
    except IntegrityError:
        raise CustomerIdTaken("Read it with GET /customers/{customer_id}, or replace its data with PUT.") from None
    add_key_row(customer, wrapped, at=at)
    return customer


def next_sequence(customer: Customer) -> int:
    """Return the next number of the customer's changes. The caller holds the row's lock."""
    customer.sequence += 1
    customer.save(update_fields=["sequence"])
    return customer.sequence


def revoke_tokens(customer: Customer, *, at: datetime) -> None:
    """Make every end-user token that was issued before `at` invalid."""
    customer.tokens_valid_from = at
    customer.save(update_fields=["tokens_valid_from"])


def matching(wanted: CustomerFilter) -> QuerySet[Customer]:
    """Return the customers that match, unordered. Personal values are found through their blind indexes, exactly or not at all."""
    rows = Customer.objects.select_related("level")
    for field in ("status", "stage", "customer_id"):
        if (value := getattr(wanted, field)) is not None:
            rows = rows.filter(**{field: value})
    if wanted.level is not None:
        rows = rows.filter(level__name=wanted.level)
    if wanted.created_from is not None:
        rows = rows.filter(created_at__gte=wanted.created_from)
    if wanted.created_to is not None:
        rows = rows.filter(created_at__lt=wanted.created_to)
    for member in ("email", "phone_number", "document_number"):
        if (value := getattr(wanted, member)) is not None:
            rows = rows.filter(**{f"{member}_index": index_of(member, value)})
    return rows
