"""Short-lived tokens for the end user's app, bound to one customer of one merchant.

JWT (RFC 7519) with HMAC-SHA256 under a key derived for this purpose alone. A token is believed only inside the merchant that it
names, for a customer that exists there, and not when it was issued before the customer's `tokens_valid_from`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt
from django.conf import settings

from kyc_platform.crypto.derive import derive_key
from kyc_platform.errors import DomainError

ALGORITHM = "HS256"
PURPOSE = "end-user access tokens"
SECONDS_MIN = 60
CHALLENGE = {"WWW-Authenticate": "JWT"}  # RFC 9110, 11.6.1: a 401 names the scheme


class TokenInvalid(DomainError):
    """The end user's token is missing, expired, revoked or not ours. It never says which."""

    code = "token_invalid"
    title = "The token is missing, expired or not valid"
    http_status = 401
    remedy = "Have your server issue a new token with `POST /customers/{customer_id}/access-tokens`."

    def __init__(self) -> None:
        super().__init__(headers=CHALLENGE)


@dataclass(frozen=True)
class TokenClaims:
    """What a token proves: a customer's long id within a merchant's schema, and when it was issued."""

    schema: str
    customer_pk: int
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class IssuedToken:
    """A token and when it ends."""

    token: str
    expires_at: datetime


def issue_token(*, schema: str, customer_pk: int, at: datetime, seconds: int) -> IssuedToken:
    """Return a new token. Nothing is stored. `iat` keeps microseconds, so that revoking and issuing in one second are told apart."""
    expires_at = at + timedelta(seconds=seconds)
    claims = {"sub": str(customer_pk), "mer": schema, "iat": at.timestamp(), "exp": expires_at.timestamp()}
    return IssuedToken(jwt.encode(claims, _key(), algorithm=ALGORITHM), expires_at)


def read_token(token: str) -> TokenClaims:
    """Return what a token proves, after its signature was found good. Raises TokenInvalid.

    Whether it has expired is asked inside the merchant that it names (`require_unexpired`), whose clock may be ahead of the world's.
    """
    try:
        claims = jwt.decode(
            token,
            _key(),
            algorithms=[ALGORITHM],
            options={"require": ["sub", "mer", "iat", "exp"], "verify_exp": False, "verify_iat": False},
        )
        issued_at = datetime.fromtimestamp(float(claims["iat"]), tz=UTC)
        expires_at = datetime.fromtimestamp(float(claims["exp"]), tz=UTC)
        return TokenClaims(str(claims["mer"]), int(claims["sub"]), issued_at, expires_at)
    except (jwt.InvalidTokenError, ValueError, OverflowError, OSError):
        raise TokenInvalid from None


def require_unexpired(claims: TokenClaims, *, at: datetime) -> None:
    """Raise TokenInvalid when the token has ended. `at` is the merchant's time, as the token's own times are."""
    if claims.expires_at <= at:
        raise TokenInvalid


def _key() -> bytes:
    return derive_key(settings.SECRET_KEY.encode(), PURPOSE)
