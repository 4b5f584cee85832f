"""What is done at night for each merchant: removing what nothing refers to any more, and finding what was overlooked."""

from datetime import datetime

from verification.idempotency.records import forget_expired
from verification.request_log.records import forget_old
from verification.workflow.collecting import sweep_orphans
from verification.workflow.sequencing import find_lost_events


def tidy(*, at: datetime, world_at: datetime) -> None:
    """Remove objects without a row, expired idempotency keys and old rows of the request log; find events without a position.

    Safe to run twice, at any time. The store dates its objects by the world's time, and so do callers count the life of their keys.
    """
    sweep_orphans(at=world_at)
    forget_expired(at=world_at)
    forget_old(at=world_at)
    find_lost_events(at=at)
