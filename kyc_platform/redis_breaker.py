"""A breaker between this process and a Redis that does not answer: after one timeout nobody here waits for it again until it answers.

A Redis that hangs costs each of its callers a whole timeout, and one request calls it a dozen times. So the first timeout, or the first
connection that cannot be made, takes the server as away: calls are refused at once, as `RedisAway`, which is the `redis.ConnectionError`
that callers know already. Meanwhile a thread, which nobody waits for, asks the server until it answers. Made here because the libraries
for it hold a lock during each call (pybreaker), which would line up the sender's threads, or let every caller try at once (circuitbreaker).
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar, Self

import redis
from redis.backoff import NoBackoff
from redis.connection import AbstractConnection, parse_url
from redis.retry import Retry

logger = logging.getLogger(__name__)

ANSWER_SECONDS = 0.5  # what a Redis that works needs is a thousandth of it
ASK_AGAIN_SECONDS = 0.25


class RedisAway(redis.ConnectionError):
    """The server did not answer a moment ago, so it was not asked."""


class Breaker:
    """Whether one server is taken as away by this process. Two threads that find out at once may both have it watched: harmless."""

    def __init__(self, answers: Callable[[], bool]) -> None:
        self._answers = answers
        self._when_back: set[Callable[[], None]] = set()
        self.is_away = False
        os.register_at_fork(after_in_child=self._begin)  # the thread that watches stays with the parent

    def _begin(self) -> None:
        self._when_back.clear()
        self.is_away = False

    def require_there(self) -> None:
        """Raise RedisAway while the server is taken as away."""
        if self.is_away:
            raise RedisAway("Redis did not answer a moment ago")

    def note_away(self) -> None:
        """Take the server as away until it answers. May be repeated."""
        if self.is_away:
            return
        self.is_away = True
        logger.warning("redis does not answer, it is taken as away")
        threading.Thread(target=self._watch, name="redis-breaker", daemon=True).start()

    def when_back(self, do: Callable[[], None]) -> None:
        """Have something done once, by another thread, when the server answers again; for whoever has just failed to reach it."""
        self._when_back.add(do)
        self.note_away()  # after the line above, so that whichever thread comes to know that it answers finds what to do

    def _watch(self) -> None:
        began = time.monotonic()
        try:
            while not self._answers():
                time.sleep(ASK_AGAIN_SECONDS)
        finally:
            self.is_away = False
        logger.warning("redis answers again", extra={"away_seconds": round(time.monotonic() - began, 1)})
        for do in list(self._when_back):
            self._when_back.discard(
                do
            )  # before it is done: what finds the server away again is asked for anew, and waits for the next time
            do()


@cache
def breaker_of(url: str) -> Breaker:
    """Return this process's breaker of the server that a URL names."""
    return Breaker(lambda: _answers(url))


def _answers(url: str) -> bool:
    seconds = {"socket_timeout": ANSWER_SECONDS, "socket_connect_timeout": ANSWER_SECONDS}
    try:
        with redis.Redis.from_url(url, retry=Retry(NoBackoff(), 0), **seconds) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


class BreakingPool(redis.ConnectionPool):
    """A connection pool whose connections heed the breaker of their server, for our own client and Django's cache alike."""

    @classmethod
    def from_url(cls, url: str, **kwargs: Any) -> Self:
        """Return a pool for the server of this URL, with or without TLS."""
        kind: type[AbstractConnection] = parse_url(url).get("connection_class", redis.Connection)  # type: ignore[no-untyped-call]
        return super().from_url(url, connection_class=_breaking(kind, breaker_of(url)), **kwargs)


class _Breaking(AbstractConnection):
    """What every kind of connection is given: it asks the breaker before each command, and tells it of each timeout."""

    breaker: ClassVar[Breaker]

    def connect_check_health(self, *args: Any, **kwargs: Any) -> None:
        self.breaker.require_there()
        try:
            super().connect_check_health(*args, **kwargs)
        except (redis.ConnectionError, redis.TimeoutError):  # refused, unreachable, or still reading its files
            self.breaker.note_away()
            raise

    def send_packed_command(self, *args: Any, **kwargs: Any) -> None:
        self.breaker.require_there()
        try:
            super().send_packed_command(*args, **kwargs)  # type: ignore[no-untyped-call]
        except redis.TimeoutError:
            self.breaker.note_away()
            raise

    def read_response(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().read_response(*args, **kwargs)
        except redis.TimeoutError:
            self.breaker.note_away()
            raise


def _breaking(kind: type[AbstractConnection], breaker: Breaker) -> type[AbstractConnection]:
    return type(f"Breaking{kind.__name__}", (_Breaking, kind), {"breaker": breaker})
