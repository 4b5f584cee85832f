"""The pure table of what may follow what (`docs/ARCHITECTURE.md`, States)."""

from kyc_platform.errors import Conflict
from verification.customers.stages import Stage

OPEN = frozenset({Stage.COLLECTING, Stage.SUBMITTED, Stage.CHECKING, Stage.IN_REVIEW, Stage.RESUBMIT})
DECIDED = frozenset({Stage.APPROVED, Stage.DECLINED})
COMPLETE = frozenset({Stage.SUBMITTED, Stage.CHECKING, Stage.IN_REVIEW})
COLLECTS = frozenset({Stage.COLLECTING, Stage.RESUBMIT})
TAKES_DOCUMENTS = COLLECTS | {Stage.EXPIRED}  # after which an upload begins a new run

MAY_FOLLOW: dict[Stage, frozenset[Stage]] = {
    Stage.COLLECTING: frozenset({Stage.SUBMITTED, Stage.CANCELLED}),
    Stage.SUBMITTED: frozenset({Stage.CHECKING, Stage.IN_REVIEW, Stage.CANCELLED}),
    Stage.CHECKING: frozenset({Stage.APPROVED, Stage.DECLINED, Stage.RESUBMIT, Stage.IN_REVIEW, Stage.CANCELLED}),
    Stage.IN_REVIEW: frozenset({Stage.APPROVED, Stage.DECLINED, Stage.RESUBMIT, Stage.CANCELLED}),
    Stage.RESUBMIT: frozenset({Stage.SUBMITTED, Stage.CANCELLED}),
    Stage.APPROVED: frozenset({Stage.EXPIRED, Stage.CHECKING}),
    Stage.DECLINED: frozenset({Stage.CHECKING}),
    Stage.EXPIRED: frozenset(),
    Stage.CANCELLED: frozenset(),
}


class IllegalTransition(Conflict):
    """The verification has moved on, and what was asked for cannot follow where it stands."""

    code = "illegal_transition"
    title = "The verification is not in a stage for this"
    remedy = "Read where the verification stands, and decide anew."


def check_transition(present: Stage, new: Stage) -> None:
    """Raise IllegalTransition unless `new` may follow `present`."""
    if new not in MAY_FOLLOW[present]:
        raise IllegalTransition(f"A verification that is {present.value} cannot become {new.value}.")
