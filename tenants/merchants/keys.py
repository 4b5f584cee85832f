"""The merchant's key: the middle of the envelope, between the root key and the customers' keys."""

from kyc_platform.crypto.root import root_key
from kyc_platform.crypto.sealing import new_key
from kyc_platform.errors import NotFound
from kyc_platform.schema import inside_schema
from kyc_platform.short_cache import ShortCache
from tenants.merchants.models import Merchant

KEPT_SECONDS = 300
KEPT_KEYS = 4096
_unwrapped: ShortCache[tuple[str, bytes], bytes] = ShortCache(size=KEPT_KEYS)


def new_wrapped_key(public_id: str) -> bytes:
    """Return a new merchant key, wrapped by the root key for this merchant alone. May use the network, so never in a transaction."""
    return root_key().wrap(new_key(), context=context_of_key(public_id))


def unwrapped_key(public_id: str, wrapped: bytes) -> bytes:
    """Return the merchant's key (32 bytes), from this process's memory for up to five minutes.

    Raises CannotOpen when it was wrapped for another merchant, and RootKeyUnavailable when the key service is away.
    """
    key = _unwrapped.get((public_id, wrapped))
    if key is None:
        key = root_key().unwrap(wrapped, context=context_of_key(public_id))
        _unwrapped.put((public_id, wrapped), key, seconds=KEPT_SECONDS)
    return key


def merchant_key(schema: str) -> bytes:
    """Return the key of the merchant with this schema. Reads `public`, so never in a transaction. Raises NotFound.

    Code that runs for the current merchant asks `tenants.routing.context.current_merchant_key()`, which reads nothing.
    """
    with inside_schema("public"):
        row = Merchant.objects.filter(schema_name=schema).values_list("public_id", "wrapped_key").first()
    if row is None:
        raise NotFound
    return unwrapped_key(row[0], bytes(row[1]))


def context_of_key(public_id: str) -> str:
    """Return what a merchant's key is wrapped for: with another context it does not unwrap."""
    return f"merchant:{public_id}"
