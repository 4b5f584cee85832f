"""When a failed delivery is tried again. Pure."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
ATTEMPTS_MAX = len(WAITS) + 1
JITTER_PART = 0.1  # a wait is up to a tenth longer, so that what failed together does not come back together
RETRY_AFTER_MAX = timedelta(hours=24)


def next_attempt_at(attempt_number: int, *, at: datetime, retry_after: timedelta | None, jitter: float) -> datetime | None:
    """Return when to try again after attempt `attempt_number` (from 1) failed at `at`, or None when that was the last.

    Never earlier than the receiver asked for with `retry_after`, of which at most a day is honoured. `jitter` is from 0 to 1.
    """
    if attempt_number >= ATTEMPTS_MAX:
        return None
    wait = WAITS[attempt_number - 1]
    if retry_after is not None:
        wait = max(wait, min(retry_after, RETRY_AFTER_MAX))
    return at + wait * (1 + JITTER_PART * jitter)


def read_retry_after(value: str | None, *, at: datetime) -> timedelta | None:
    """Return the wait that a `Retry-After` header asks for (RFC 9110, 10.2.3: seconds or a date), or None when there is none to be read."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:12]), int(RETRY_AFTER_MAX.total_seconds())))
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return max(until.replace(tzinfo=until.tzinfo or UTC) - at, timedelta(0))
