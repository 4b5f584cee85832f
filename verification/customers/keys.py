"""The middle of the key hierarchy: root → merchant → customer → field or object (`docs/SECURITY.md`, Keys)."""

from datetime import datetime

from kyc_platform.crypto.derive import derive_key
from kyc_platform.crypto.sealing import Binding, Keyring, new_key
from kyc_platform.errors import DomainError
from kyc_platform.schema import current_schema
from tenants.routing.context import current_merchant_key
from verification.customers.models import Customer, CustomerKey

KEY_TABLE = "customer_key"
SEARCH_PURPOSE = "blind index"


class CustomerErased(DomainError):
    """The customer's key was destroyed: what was sealed with it opens for nobody, in no backup."""

    code = "customer_erased"
    title = "The customer's data has been erased"
    http_status = 410
    remedy = "What was erased is gone. Register the person anew if you need to."


def merchant_keyring() -> Keyring:
    """Return the keyring of the current merchant, for what belongs to no customer (webhook secrets, customers' keys)."""
    return Keyring({1: current_merchant_key()}, primary=1)


def merchant_binding(table: str, column: str, row: str) -> Binding:
    """Return the place of a sealed value in the current merchant's schema."""
    return Binding(merchant=current_schema(), table=table, column=column, row=row)


def search_key() -> bytes:
    """Return the current merchant's key of blind indexes."""
    return derive_key(current_merchant_key(), SEARCH_PURPOSE)


def make_customer_key(uid: str) -> tuple[bytes, bytes]:
    """Return a new data key for the customer of this opaque id, and the same wrapped by the merchant's key."""
    key = new_key()
    return key, merchant_keyring().seal(key, _binding_of_key(uid, 1))


def add_key_row(customer: Customer, wrapped: bytes, *, at: datetime) -> CustomerKey:
    """Store the wrapped first key of a customer who has just been stored."""
    return CustomerKey.objects.create(customer=customer, key_number=1, wrapped=wrapped, created_at=at)


def customer_keyring(customer: Customer) -> Keyring:
    """Return the keys that this customer's data opens with; one query. Raises CustomerErased when there is none left."""
    rows = list(customer.keys.all())
    if not rows:
        raise CustomerErased
    merchant = merchant_keyring()
    keys = {row.key_number: merchant.open(bytes(row.wrapped), _binding_of_key(customer.uid, row.key_number)) for row in rows}
    return Keyring(keys, primary=max(keys))


def _binding_of_key(uid: str, number: int) -> Binding:
    return merchant_binding(KEY_TABLE, "wrapped", f"{uid}/{number}")
