"""Counting a request once, wherever that is first possible, and what its answer says of the quota.

The verdict travels in the WSGI environment: the fast path before Django counts what it then hands on, and the view does not count again.
While Redis is away requests are served uncounted, and `kyc_requests_uncounted_total` says so.
"""

import logging
from collections.abc import MutableMapping, Sequence
from typing import Any

import redis
from prometheus_client import Counter

from tenants.limits.errors import RateLimited
from tenants.limits.quotas import Bucket, Verdict, take

logger = logging.getLogger(__name__)

COUNTED = "kyc.quota"
FAILED_PROOF = "kyc.quota.failed_proof"

UNCOUNTED = Counter("kyc_requests_uncounted_total", "Requests that were served without a quota, because Redis did not answer")
REFUSED = Counter("kyc_requests_refused_total", "Requests refused because a quota was used up", ["quota"])

Environ = MutableMapping[str, Any]


def count(environ: Environ, buckets: Sequence[Bucket], *, read: Sequence[str] = ()) -> list[bytes | None] | None:
    """Take a request from its buckets, keep the verdict in the environment, and return what was read; None while Redis is away."""
    try:
        environ[COUNTED], found = take(buckets, read=read)
    except redis.RedisError:
        logger.warning("quotas unreachable, the request is not counted")
        UNCOUNTED.inc()
        environ[COUNTED] = None
        return None
    return found


def admit(environ: Environ, buckets: Sequence[Bucket]) -> None:
    """Count a request, unless that was done before. Raises RateLimited (429)."""
    if COUNTED not in environ:
        count(environ, buckets)
    verdict: Verdict | None = environ[COUNTED]
    if verdict is not None:
        require_admitted(verdict)


def require_admitted(verdict: Verdict) -> None:
    """Raise RateLimited (429) when a bucket refused."""
    if verdict.refused is not None:
        REFUSED.labels(verdict.refused.of).inc()
        raise RateLimited(verdict.refused.of, verdict.refused.limit, verdict.retry_after_seconds)


def quota_headers(environ: Environ) -> list[tuple[str, str]]:
    """Return the headers that tell of the quota; none for a request that was not counted."""
    verdict: Verdict | None = environ.get(FAILED_PROOF) or environ.get(COUNTED)
    return verdict.headers() if verdict is not None else []
