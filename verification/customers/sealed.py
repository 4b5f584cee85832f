"""A customer's personal data between the plain values of a request and the sealed columns of the row.

Opening is an explicit call, member by member: code that needs the name alone opens the name alone.
"""

from collections.abc import Iterable

import orjson

from kyc_platform.crypto.blind_index import blind_index
from kyc_platform.crypto.sealing import Binding, Keyring
from verification.customers.keys import merchant_binding, search_key
from verification.customers.models import Customer
from verification.customers.validation.canonical import document_number_for_search, email_for_search, phone_for_search
from verification.customers.validation.stored import from_stored, to_members
from verification.customers.validation.types import CustomerData

TABLE = "customer"
SEALED_MEMBERS = ("name", "email", "phone_number", "date_of_birth", "address", "identity_document", "metadata")


def seal_into(customer: Customer, data: CustomerData, keyring: Keyring) -> None:
    """Put the data into the row's sealed columns and blind indexes; the caller saves."""
    members = to_members(data)
    for member in SEALED_MEMBERS:
        setattr(customer, f"{member}_sealed", keyring.seal(orjson.dumps(members[member]), _binding(customer, member)))
    identity = data.identity_document
    customer.identity_document_type = identity.type.value
    customer.email_index = index_of("email", data.email)
    customer.phone_number_index = index_of("phone_number", data.phone_number)
    customer.document_number_index = index_of("document_number", identity.number)


def open_members(customer: Customer, keyring: Keyring, members: Iterable[str] = SEALED_MEMBERS) -> dict[str, object]:
    """Return the named members as plain JSON values. Raises CannotOpen when a value was moved or changed."""
    opened = {}
    for member in members:
        opened[member] = orjson.loads(keyring.open(bytes(getattr(customer, f"{member}_sealed")), _binding(customer, member)))
    return opened


def open_data(customer: Customer, keyring: Keyring) -> CustomerData:
    """Return everything that the merchant told of the customer."""
    stored = {"customer_id": customer.customer_id, "level": customer.level.name, **open_members(customer, keyring)}
    return from_stored(stored)


def index_of(member: str, value: str | None) -> bytes | None:
    """Return the blind index under which a value of `email`, `phone_number` or `document_number` is stored and found."""
    if not value:
        return None
    normal = {"email": email_for_search, "phone_number": phone_for_search, "document_number": document_number_for_search}[member](value)
    return blind_index(search_key(), field=member, value=normal)


def _binding(customer: Customer, member: str) -> Binding:
    return merchant_binding(TABLE, member, customer.uid)
