"""What is done at night for each merchant: removing what nothing refers to any more, and finding what was overlooked."""

from datetime import datetime

from verification.idempotency.records import forget_expired
from verification.workflow.collecting import sweep_orphans
from verification.workflow.sequencing import find_lost_events


def tidy(*, at: datetime) -> None:
    """Remove objects without a row and requests whose keys have expired; find events without a position. Safe to run twice, at any time."""
    sweep_orphans(at=at)
    forget_expired(at=at)
    find_lost_events(at=at)
