"""Where a customer stands: the merchant's three statuses, and the stage that says it exactly (`docs/ARCHITECTURE.md`, States)."""

from django.db.models import TextChoices


class Status(TextChoices):
    """The second seed's three values."""

    PENDING = "pending"
    VERIFIED = "verified"
    REJECTED = "rejected"


class Stage(TextChoices):
    """Where a verification is in its life (`docs/ARCHITECTURE.md`, States)."""

    COLLECTING = "collecting"
    SUBMITTED = "submitted"
    CHECKING = "checking"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    DECLINED = "declined"
    RESUBMIT = "resubmit"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


STATUS_OF_STAGE = {
    Stage.COLLECTING: Status.PENDING,
    Stage.SUBMITTED: Status.PENDING,
    Stage.CHECKING: Status.PENDING,
    Stage.IN_REVIEW: Status.PENDING,
    Stage.APPROVED: Status.VERIFIED,
    Stage.DECLINED: Status.REJECTED,
    Stage.RESUBMIT: Status.REJECTED,
    Stage.EXPIRED: Status.PENDING,
    Stage.CANCELLED: Status.PENDING,
}

FINAL = frozenset({Stage.APPROVED, Stage.DECLINED})


def status_of(stage: Stage) -> Status:
    """Return the status that merchants see at a stage."""
    return STATUS_OF_STAGE[stage]


def is_final(stage: Stage) -> bool:
    """Tell whether nothing more is expected to happen by itself: approved or declined."""
    return stage in FINAL
