"""One sender a merchant at a time, so that its slow endpoints hold one thread at most, and few threads for those that fail or are slow.

Only a courtesy: the rows' own locks see to it that nothing is sent by two. So with Redis away everybody has a turn.
"""

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

import redis

from kyc_platform.redis_client import redis_client

logger = logging.getLogger(__name__)

TURN_SECONDS = 3  # how long the turn of a process that died lasts; one that lives extends it
EXTEND_AFTER_SECONDS = 1.0

SLOW_MAX = 4  # of the eight threads of a sending process (`kyc_platform/embedded/programs.py`)
_slow = threading.BoundedSemaphore(SLOW_MAX)

SLOW_SECONDS = 3.0  # who lets us wait this long for an answer, and be it a good one, …
SLOW_FOR_SECONDS = 600.0  # … is slow from then on, until it is quick
_slow_until: dict[tuple[str, int], float] = {}  # of this process: schema and endpoint. Another one finds out by itself


@contextmanager
def room_for(*, is_slow: bool) -> Iterator[bool]:
    """Tell whether this process has room for one more merchant, and keep it until the block ends. One that is not slow always has."""
    has_room = not is_slow or _slow.acquire(blocking=False)
    try:
        yield has_room
    finally:
        if is_slow and has_room:
            _slow.release()


def note_pace(schema: str, slowest_seconds: Mapping[int, float]) -> None:
    """Remember which endpoints of a merchant have just let us wait, by the longest that each has, and forget those that have not."""
    now = time.monotonic()
    for key in [key for key, until in list(_slow_until.items()) if until <= now]:
        _slow_until.pop(key, None)
    for endpoint_pk, seconds in slowest_seconds.items():
        if seconds >= SLOW_SECONDS:
            _slow_until[schema, endpoint_pk] = now + SLOW_FOR_SECONDS
        else:
            _slow_until.pop((schema, endpoint_pk), None)


def slow_endpoints(schema: str) -> list[int]:
    """Return the endpoints of a merchant that are remembered as slow."""
    now = time.monotonic()
    return [endpoint_pk for (of, endpoint_pk), until in list(_slow_until.items()) if of == schema and until > now]


class Turn:
    """The right to send for one merchant's schema."""

    def __init__(self, schema: str) -> None:
        self._extended_at = 0.0
        self._lock = redis_client().lock(f"webhooks:turn:{schema}", timeout=TURN_SECONDS, blocking=False, thread_local=False)

    def take(self) -> bool:
        """Tell whether it is ours now."""
        try:
            return bool(self._lock.acquire())
        except redis.RedisError:
            logger.warning("turns unreachable")
            return True

    def extend(self) -> None:
        """Keep it, however often this is called, as long as it is called every second."""
        if time.monotonic() < self._extended_at + EXTEND_AFTER_SECONDS:
            return
        self._extended_at = time.monotonic()
        with suppress(redis.RedisError):  # of which LockError is one: it was lost, and somebody else may send too
            self._lock.reacquire()

    def give_back(self) -> None:
        """Let the next one have it. May be repeated."""
        with suppress(redis.RedisError):
            self._lock.release()
