"""The one connection pool to Redis of a process.

What Redis holds may vanish at any moment: caches, hints and quotas live there, truth never does.
"""

import threading
from functools import cache
from typing import Any, cast

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

SOCKET_TIMEOUT_SECONDS = 0.5


@cache
def redis_client() -> redis.Redis:
    """Return the process's client. Answers are bytes. Every call may raise redis.RedisError; the caller decides what that means."""
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=SOCKET_TIMEOUT_SECONDS,
        socket_connect_timeout=SOCKET_TIMEOUT_SECONDS,
        health_check_interval=30,
        retry=Retry(NoBackoff(), 1),  # the library's own policy would sleep for seconds in every request while Redis is away
    )


class _HeldConnection(threading.local):
    connection: redis.Connection | None = None


_held = _HeldConnection()


def execute(*command: str | bytes | int) -> Any:
    """Send one command on a connection that this thread keeps, and return its answer: half of what the client's pool costs.

    For what every request asks. Raises redis.RedisError as the client does. A connection that was found dead is made anew once.
    """
    connection = _held.connection
    if connection is None:
        pool = redis_client().connection_pool  # made like the pool's own, but not counted there: it ends with its thread
        connection = _held.connection = cast(redis.Connection, pool.connection_class(**pool.connection_kwargs))
    try:
        connection.send_command(*command)  # type: ignore[no-untyped-call]
        return connection.read_response()
    except redis.ConnectionError:  # the server closed it, or was restarted: it is closed on this side now, and the next command opens it
        connection.send_command(*command)  # type: ignore[no-untyped-call]
        return connection.read_response()
