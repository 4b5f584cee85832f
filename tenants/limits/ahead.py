"""Requests that a busy thread takes from the quotas ahead of their coming, so that Redis is not asked for each of them.

They are taken only while plenty is left, and given back with the next question when they did not come: so no quota lets more through
than fit, and a caller who asks now and then is counted one by one.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from kyc_platform.short_cache import ShortCache
from tenants.limits.quotas import NOTHING, Bucket, GivenBack, Verdict

AHEAD_MAX = 64
AHEAD_SECONDS = 0.01  # for so long they may be let through; what is kept longer has come back by itself, and would be let through twice
KEPT_CALLERS = 4096
REFILL_SECONDS = 60.0  # after which a bucket is full again, whatever was taken from it

Caller = tuple[Bucket, ...]


@dataclass(slots=True)
class _Ahead:
    """What Redis said last of a caller's quotas, when, and how many of the requests taken ahead have come since."""

    verdict: Verdict
    taken_at: float
    served: int = 0


class _OfThread(threading.local):
    def __init__(self) -> None:
        self.ahead: ShortCache[Caller, _Ahead] = ShortCache(size=KEPT_CALLERS)


_of_thread = _OfThread()


def serve_ahead(buckets: Sequence[Bucket]) -> Verdict | None:
    """Let a request through that was taken ahead, and return what is left after it; None when there is none, or no more."""
    ahead = _of_thread.ahead.get(tuple(buckets))
    if ahead is None or ahead.served >= ahead.verdict.ahead or time.monotonic() >= ahead.taken_at + AHEAD_SECONDS:
        return None
    ahead.served += 1
    return ahead.verdict._replace(remaining=ahead.verdict.remaining - ahead.served)


def not_served(buckets: Sequence[Bucket]) -> GivenBack:
    """Return what was taken ahead and did not come, to be given back."""
    ahead = _of_thread.ahead.get(tuple(buckets))
    if ahead is None or ahead.served >= ahead.verdict.ahead:
        return NOTHING
    return GivenBack(ahead.verdict.ahead - ahead.served, time.monotonic() - ahead.taken_at)


def note_ahead(buckets: Sequence[Bucket], verdict: Verdict) -> None:
    """Note what Redis said, and what it gave ahead, in place of what was noted before."""
    _of_thread.ahead.put(tuple(buckets), _Ahead(verdict, time.monotonic()), seconds=REFILL_SECONDS)
