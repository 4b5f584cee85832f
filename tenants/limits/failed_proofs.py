"""Proofs that failed, counted by the address they came from: who guesses keys or tokens is soon refused before anything is looked up.

An address is known here by a keyed digest only, an IPv6 address by that of its /64, which is what one subscriber has. While Redis is
away each process counts for itself: whoever guesses is refused all the same, after as many guesses for each process
(`docs/decisions/0020-quotas-and-the-request-log.md`).
"""

import hashlib
import ipaddress
import logging
from collections.abc import Mapping
from typing import Any

import redis
from django.conf import settings

from kyc_platform.requests.client_ip import client_ip_of
from kyc_platform.short_cache import ShortCache
from tenants.limits.counting import FAILED_PROOF, Environ, require_admitted
from tenants.limits.quotas import Bucket, Verdict, take

logger = logging.getLogger(__name__)

IPV6_SUBSCRIBER_BITS = 64
DIGEST_BYTES = 16
WINDOW_SECONDS = 60
KEPT_ADDRESSES = 10_000

_alone: ShortCache[str, int] = ShortCache(size=KEPT_ADDRESSES)


def require_guesses_left(environ: Environ) -> None:
    """Raise RateLimited (429) when too many proofs have failed from the caller's address. Takes nothing."""
    bucket = _bucket(environ)
    verdict = _counted(bucket, proofs=0)
    if verdict.remaining == 0:
        environ[FAILED_PROOF] = verdict
        require_admitted(Verdict(verdict.limit, 0, verdict.reset_seconds, bucket, max(1, WINDOW_SECONDS // bucket.limit)))


def note_failed_proof(environ: Environ) -> None:
    """Count a proof that failed. Raises RateLimited (429) when it is one too many; else the caller answers that it failed."""
    environ[FAILED_PROOF] = verdict = _counted(_bucket(environ), proofs=1)
    require_admitted(verdict)


def _bucket(environ: Mapping[str, Any]) -> Bucket:
    """Return the bucket of the caller's address; those whose address is not known share one."""
    address = client_ip_of(environ)
    if isinstance(address, ipaddress.IPv6Address):
        text = str(ipaddress.ip_network((address, IPV6_SUBSCRIBER_BITS), strict=False))
    else:
        text = str(address)
    digest = hashlib.blake2b(text.encode(), key=settings.SECRET_KEY.encode()[:64], digest_size=DIGEST_BYTES).hexdigest()
    return Bucket(f"quota:public:address:{digest}", "of failed proofs from this address", settings.FAILED_PROOFS_PER_MINUTE)


def _counted(bucket: Bucket, *, proofs: int) -> Verdict:
    try:
        return take([bucket], requests=proofs)[0]
    except redis.RedisError:
        logger.warning("quotas unreachable, failed proofs are counted by this process alone")
    failed = _alone.get(bucket.key) or 0
    if proofs and failed >= bucket.limit:
        return Verdict(bucket.limit, 0, WINDOW_SECONDS, bucket, WINDOW_SECONDS)
    if proofs:
        _alone.put(bucket.key, failed + proofs, seconds=WINDOW_SECONDS)
    return Verdict(bucket.limit, bucket.limit - failed - proofs, WINDOW_SECONDS)
