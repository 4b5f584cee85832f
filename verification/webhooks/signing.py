"""Signatures of Standard Webhooks 1.0 (its specification, "Signature scheme" and "Webhook headers"). Pure but for the random secret.

Ours and not the `standardwebhooks` package, which the tests hold against it: its signer reads an aware time that is not UTC wrongly.
"""

import base64
import binascii
import hmac
import secrets
from collections.abc import Sequence

SECRET_PREFIX = "whsec_"  # noqa: S105  # what a secret begins with
SECRET_BYTES = 32
SECRET_BYTES_MIN, SECRET_BYTES_MAX = 24, 64
VERSION = "v1"


class NoSecret(ValueError):
    """The text is no webhook secret. It is not part of this error's text."""


def new_secret() -> str:
    """Return `whsec_` and the base64 of 32 random bytes."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signing_key(secret: str) -> bytes:
    """Return the bytes that a secret stands for. Raises NoSecret."""
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise NoSecret from None
    if not secret.startswith(SECRET_PREFIX) or not SECRET_BYTES_MIN <= len(key) <= SECRET_BYTES_MAX:
        raise NoSecret
    return key


def signature(keys: Sequence[bytes], *, webhook_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of `webhook-signature`: one signature a key, separated by spaces, so that a secret can be changed without a gap.

    `timestamp` is the attempt's, in whole seconds since 1970; the signed content is `{id}.{timestamp}.{body}`.
    """
    content = b"%s.%d.%s" % (webhook_id.encode(), timestamp, body)
    return " ".join(f"{VERSION},{base64.b64encode(hmac.digest(key, content, 'sha256')).decode()}" for key in keys)


def signed_headers(keys: Sequence[bytes], *, webhook_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return all headers of one attempt."""
    return {
        "Content-Type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(keys, webhook_id=webhook_id, timestamp=timestamp, body=body),
    }
