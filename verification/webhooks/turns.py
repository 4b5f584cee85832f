"""One sender a merchant at a time, so that its slow endpoints never hold more than one thread, and few threads for those that only fail.

Only a courtesy: the rows' own locks see to it that nothing is sent by two. So with Redis away everybody has a turn.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import redis

from kyc_platform.redis_client import redis_client

logger = logging.getLogger(__name__)

TURN_SECONDS = 3  # how long the turn of a process that died lasts; one that lives extends it
EXTEND_AFTER_SECONDS = 1.0

SLOW_MAX = 4  # of the eight threads of a sending process (`kyc_platform/embedded/programs.py`)
_slow = threading.BoundedSemaphore(SLOW_MAX)


@contextmanager
def room_for(*, is_slow: bool) -> Iterator[bool]:
    """Tell whether this process has room for one more merchant, and keep it until the block ends. One that is not slow always has."""
    has_room = not is_slow or _slow.acquire(blocking=False)
    try:
        yield has_room
    finally:
        if is_slow and has_room:
            _slow.release()


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
