"""The rows of reviews. The caller holds the customer's lock."""

from collections.abc import Sequence
from datetime import datetime

from kyc_platform.actor import Actor
from kyc_platform.ids import new_id
from verification.lifecycle.models import Verification
from verification.reviews.models import Review, ReviewDecision


def open_review(verification: Verification, *, because: Sequence[str], at: datetime) -> Review:
    """Ask a person. The database refuses a second open review of a verification."""
    return Review.objects.create(uid=new_id("rev"), verification=verification, opened_at=at, because=list(because))


def open_review_of(verification: Verification) -> Review | None:
    """Return the review that waits for a person, if one does."""
    return Review.objects.filter(verification=verification, decided_at=None, closed_at=None).first()


def note_decision(review: Review, decision: ReviewDecision, *, reasons: Sequence[str], actor: Actor, at: datetime) -> None:
    """Keep what was decided, by whom, and why."""
    review.decision, review.reasons, review.decided_at = decision.value, list(reasons), at
    review.decided_by_kind, review.decided_by_id = actor.kind.value, actor.id
    review.save(update_fields=["decision", "reasons", "decided_at", "decided_by_kind", "decided_by_id"])


def close_review(verification: Verification, *, at: datetime) -> None:
    """End an open review without a decision: its run was cancelled."""
    Review.objects.filter(verification=verification, decided_at=None, closed_at=None).update(closed_at=at)
