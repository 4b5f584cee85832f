"""What is done at night for each merchant: removing what nothing refers to any more."""

from datetime import datetime

from verification.idempotency.records import forget_expired
from verification.workflow.collecting import sweep_orphans


def tidy(*, at: datetime) -> None:
    """Remove objects without a row and requests whose keys have expired. Safe to run twice, and at any time."""
    sweep_orphans(at=at)
    forget_expired(at=at)
