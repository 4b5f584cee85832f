"""Exact search over values that are never stored in clear."""

import hmac

from kyc_platform.crypto.framing import framed


def blind_index(key: bytes, *, field: str, value: str) -> bytes:
    """Return 32 bytes of HMAC-SHA256 that are equal for equal values of one field under one key, and tell nothing without the key.

    The caller normalises the value first (case, spaces, E.164, Unicode form): what differs in one character is not found.
    `key` is derived for this purpose alone (`derive_key`) and is the merchant's, so that merchants cannot be compared.
    """
    return hmac.digest(key, framed(field, value), "sha256")
