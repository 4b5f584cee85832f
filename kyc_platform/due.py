"""Hints of which merchants have due work, so that nobody asks them all.

Truth is `due_at` in each merchant's schema. The hint is a Redis sorted set of schemas by their earliest due moment; it may be lost or
wrong at any time, and `rebuild` makes it again from the truth.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import redis
from django.conf import settings
from django.db import transaction

from kyc_platform.redis_breaker import breaker_of
from kyc_platform.redis_client import redis_client
from kyc_platform.schema import current_schema

logger = logging.getLogger(__name__)

HINTS = "due:schemas"
LEASE_SECONDS = 20  # a schema that was rung for and not swept by then is rung for again

_missed: dict[str, datetime] = {}  # what Redis was not there to take: one moment a merchant


def hint_on_commit(due_at: datetime) -> None:
    """Note, once the present transaction has committed, that the current merchant has work due at that moment."""
    schema = current_schema()
    transaction.on_commit(lambda: hint({schema: due_at}), robust=True)


def hint(due_at_of: Mapping[str, datetime]) -> None:
    """Note for each schema that work is due at a moment; an earlier hint stays."""
    if not due_at_of:
        return
    try:
        redis_client().zadd(HINTS, {schema: due_at.timestamp() for schema, due_at in due_at_of.items()}, lt=True)
    except redis.RedisError:
        logger.warning("due hints unreachable, they are given when Redis is back")
        for schema, due_at in due_at_of.items():
            _missed[schema] = min(due_at, _missed.get(schema, due_at))
        breaker_of(settings.REDIS_URL).when_back(_hint_missed)


def _hint_missed() -> None:
    missed: dict[str, datetime] = {}
    while _missed:
        missed.update([_missed.popitem()])
    hint(missed)


def take_due_schemas(now: datetime, *, limit: int = 1000) -> list[str]:
    """Return the schemas with work due by now, and put each off by a lease, within which it should be swept."""
    client = redis_client()
    names = cast("list[bytes]", client.zrangebyscore(HINTS, "-inf", now.timestamp(), start=0, num=limit))
    schemas = [name.decode() for name in names]
    if schemas:
        until = (now + timedelta(seconds=LEASE_SECONDS)).timestamp()
        client.zadd(HINTS, dict.fromkeys(schemas, until), gt=True, xx=True)
    return schemas


@dataclass(frozen=True)
class Overdue:
    """What should have been begun by now: since when the oldest of it, and how many merchants have such work."""

    seconds: float
    merchants: int


def overdue(now: datetime) -> Overdue:
    """Return what the hints say is overdue, at the cost of two steps in Redis however many merchants there are. Raises redis.RedisError.

    A merchant whose work was just rung for is put off by the lease, so a moment's figure may be too low, never for longer than that.
    """
    pipe = redis_client().pipeline(transaction=False)
    pipe.zrange(HINTS, 0, 0, withscores=True)
    pipe.zcount(HINTS, "-inf", now.timestamp())
    first, merchants = pipe.execute()
    return Overdue(seconds=max(0.0, round(now.timestamp() - first[0][1], 1)) if first else 0.0, merchants=merchants)


def forget_hint() -> None:
    """Drop the current merchant's hint: it is being swept now, and the sweep hints at what is due next."""
    try:
        redis_client().zrem(HINTS, current_schema())
    except redis.RedisError:
        logger.warning("due hints unreachable")
