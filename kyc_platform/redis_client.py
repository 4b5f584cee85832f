"""The one connection pool to Redis of a process.

What Redis holds may vanish at any moment: caches, hints and quotas live there, truth never does.
"""

from functools import cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from kyc_platform.redis_breaker import BreakingPool

SOCKET_TIMEOUT_SECONDS = 0.5


@cache
def redis_client() -> redis.Redis:
    """Return the process's client. Answers are bytes. Every call may raise redis.RedisError; the caller decides what that means."""
    pool = BreakingPool.from_url(
        settings.REDIS_URL,
        socket_timeout=SOCKET_TIMEOUT_SECONDS,
        socket_connect_timeout=SOCKET_TIMEOUT_SECONDS,
        health_check_interval=30,
        retry=Retry(NoBackoff(), 1),  # the library's own policy would sleep for seconds in every request while Redis is away
    )
    return redis.Redis.from_pool(pool)
