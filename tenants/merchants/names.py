"""The names a merchant is given: random, so that none can be guessed, chosen or used to say something in SQL."""

import base64
import secrets
import string

SCHEMA_NAME_PATTERN = r"^m_[a-z2-7]{16}$"
PUBLIC_ID_PATTERN = r"^mer_[a-z2-7]{16}$"
SLUG_PATTERN = r"^[a-z0-9](-?[a-z0-9])*$"
RANDOM_BYTES = 10  # 80 bits, 16 characters of base32
ALPHANUMERIC = string.ascii_letters + string.digits


def random_base32() -> str:
    """Return 16 random lower-case base32 characters (RFC 4648 §6, 80 bits)."""
    return base64.b32encode(secrets.token_bytes(RANDOM_BYTES)).decode().lower()


def new_public_id() -> str:
    """Return a new `mer_…`: the id by which interfaces, logs and ciphertexts name a merchant."""
    return f"mer_{random_base32()}"


def new_schema_name() -> str:
    """Return a new `m_…`: the name of a PostgreSQL schema, safe to quote and equal in every case folding."""
    return f"m_{random_base32()}"


def random_alphanumeric(length: int) -> str:
    """Return `length` random characters of 62: 5.95 bits each."""
    return "".join(secrets.choice(ALPHANUMERIC) for _ in range(length))
