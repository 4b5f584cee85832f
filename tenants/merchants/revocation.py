"""How news of a merchant reaches what processes remember of it: a version that changes when a key or the merchant itself is stopped.

In the process that stops something, memory ends at once. In others it ends when they next see the version that Redis has, as the
status read does on every request, and after `settings.API_KEY_CACHE_SECONDS` even without Redis.
"""

import logging
import secrets

import redis
from django.conf import settings

from kyc_platform.redis_client import redis_client

logger = logging.getLogger(__name__)

VERSION_BYTES = 8


class _Epoch:
    """A number that only grows."""

    number = 0


_epoch = _Epoch()


def revocation_key(schema: str) -> str:
    """Return the name of the Redis key that holds the version. No key there is a version too: b""."""
    return f"revocation:{schema}"


def revocation_version(schema: str) -> bytes:
    """Return the present version; b"" when nothing was stopped lately, and when Redis does not answer."""
    try:
        version = redis_client().get(revocation_key(schema))
    except redis.RedisError:
        return b""
    return version if isinstance(version, bytes) else b""


def local_epoch() -> int:
    """Return how often this process itself has stopped something. What was remembered in an earlier epoch is read again."""
    return _epoch.number


def announce_revocation(schema: str) -> None:
    """Make every process look again. Called after the commit of what was stopped.

    The version is random and needs to outlive memories only, so that a Redis that lost everything cannot give an old one again.
    """
    _epoch.number += 1
    try:
        redis_client().set(revocation_key(schema), secrets.token_hex(VERSION_BYTES), ex=settings.API_KEY_CACHE_SECONDS * 20)
    except redis.RedisError:
        logger.warning("revocation not announced, memories end by themselves", extra={"merchant_schema": schema})
