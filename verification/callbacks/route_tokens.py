"""The token in a callback's URL: it says whose callback it is, and only we can make one. No table, no expiry, no name in it.

A schema's name is random and tells nothing of the merchant. The token routes and is no proof of who calls: the provider's
signature over the body is.
"""

from typing import Final

from django.core.signing import BadSignature, Signer

from kyc_platform.errors import NotFound

SALT: Final = "verification.callbacks.route"
TOKEN_CHARACTERS_MAX: Final = 400


def route_token(schema: str, provider: str) -> str:
    """Return the token that leads callbacks of this provider to this schema. The same for the same two."""
    return Signer(salt=SALT).sign_object([schema, provider])


def read_route_token(token: str) -> tuple[str, str]:
    """Return (schema, provider). Raises NotFound when we did not make the token."""
    if len(token) > TOKEN_CHARACTERS_MAX:
        raise NotFound
    try:
        schema, provider = Signer(salt=SALT).unsign_object(token)
    except (BadSignature, ValueError, TypeError):
        raise NotFound from None
    return str(schema), str(provider)
