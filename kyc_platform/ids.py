"""Public ids: a prefix that says what it is, and 26 random characters. Database keys are not shown, but for the first seed's `user_id`."""

import base64
import uuid


def new_id(prefix: str) -> str:
    """Return `<prefix>_` and 128 random bits in lower-case base32."""
    return f"{prefix}_{base64.b32encode(uuid.uuid4().bytes).decode().rstrip('=').lower()}"
