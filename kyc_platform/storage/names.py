"""The keys of objects: `merchants/<schema>/…`, and nobody reaches for another merchant's."""

import re

from kyc_platform.schema import current_schema

# No empty part and none that begins with a dot: an S3 server on a file system must never be talked into "..".
PART = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
KEY_BYTES_MAX = 1024  # of S3


class UnsuitableObjectKey(ValueError):
    """A programming error: a part of an object's key holds something else than letters, digits, and `.`, `_`, `-` behind the first."""


class ObjectOfAnotherMerchant(RuntimeError):
    """A programming error: an object outside the current merchant's prefix was asked for."""


def own_prefix() -> str:
    """Return the prefix of the current merchant's keys, with its final slash. Raises NoSchema in `public`."""
    return f"merchants/{current_schema()}/"


def object_key(*parts: str) -> str:
    """Return the key of an object of the current merchant. Raises NoSchema and UnsuitableObjectKey."""
    key = own_prefix() + "/".join(parts)
    require_own(key)
    return key


def require_own(key: str) -> None:
    """Raise ObjectOfAnotherMerchant or UnsuitableObjectKey unless the key is a proper one of the current merchant."""
    if not key.startswith(own_prefix()):
        raise ObjectOfAnotherMerchant("the key does not belong to the merchant this thread acts for")
    if len(key) > KEY_BYTES_MAX or not all(PART.fullmatch(part) for part in key.split("/")):
        raise UnsuitableObjectKey("a part of a key is made of letters, digits, '.', '_' and '-', and does not begin with a dot")
