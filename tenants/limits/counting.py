"""Counting a request once, wherever that is first possible, and what its answer says of the quota.

The verdict travels in the WSGI environment: the fast path before Django counts what it then hands on, and the view does not count again.
While Redis is away requests are served uncounted, and `kyc_requests_uncounted_total` says so.
"""

import logging
from collections.abc import MutableMapping, Sequence
from typing import Any

import redis
from prometheus_client import Counter

from kyc_platform.near_redis import Values, remembered
from tenants.limits.ahead import AHEAD_MAX, not_served, note_ahead, serve_ahead
from tenants.limits.errors import RateLimited
from tenants.limits.quotas import Bucket, Verdict, take

logger = logging.getLogger(__name__)

COUNTED = "kyc.quota"
FAILED_PROOF = "kyc.quota.failed_proof"

UNCOUNTED = Counter("kyc_requests_uncounted_total", "Requests that were served without a quota, because Redis did not answer")
REFUSED = Counter("kyc_requests_refused_total", "Requests refused because a quota was used up", ["quota"])

Environ = MutableMapping[str, Any]


def count(environ: Environ, buckets: Sequence[Bucket], *, read: Sequence[str] = ()) -> Values | None:
    """Take a request from its buckets, keep the verdict in the environment, and return what was read; None while Redis is away.

    One round trip, or none while what the last one brought still holds.
    """
    known = remembered(*read)
    if known is not None and (verdict := serve_ahead(buckets)) is not None:
        environ[COUNTED] = verdict
        return known
    ahead = 0 if known is None else AHEAD_MAX  # this thread asked a moment ago: it is busy
    try:
        verdict, found = take(buckets, ahead=ahead, back=not_served(buckets), read=read)
    except redis.RedisError:
        logger.warning("quotas unreachable, the request is not counted")
        UNCOUNTED.inc()
        environ[COUNTED] = None
        return None
    note_ahead(buckets, verdict)
    environ[COUNTED] = verdict
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
