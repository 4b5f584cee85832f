"""The table of what may follow what, held against the design's picture."""

import itertools

import pytest

from verification.customers.stages import Stage, Status, is_final, status_of
from verification.lifecycle.states import IllegalTransition, check_transition

ALLOWED = {
    ("collecting", "submitted"),
    ("collecting", "cancelled"),
    ("submitted", "checking"),
    ("submitted", "in_review"),  # the provider refused before the check began
    ("submitted", "cancelled"),
    ("checking", "approved"),
    ("checking", "declined"),
    ("checking", "resubmit"),
    ("checking", "in_review"),
    ("checking", "cancelled"),
    ("in_review", "approved"),
    ("in_review", "declined"),
    ("in_review", "resubmit"),
    ("in_review", "cancelled"),
    ("resubmit", "submitted"),
    ("resubmit", "cancelled"),
    ("approved", "expired"),
    ("approved", "checking"),
    ("declined", "checking"),
}


@pytest.mark.parametrize(("present", "new"), list(itertools.product(Stage, Stage)))
def test_a_stage_follows_another_exactly_where_the_design_says(present: Stage, new: Stage) -> None:
    if (present.value, new.value) in ALLOWED:
        check_transition(present, new)
    else:
        with pytest.raises(IllegalTransition):
            check_transition(present, new)


def test_merchants_see_verified_for_approved_alone() -> None:
    assert [stage for stage in Stage if status_of(stage) is Status.VERIFIED] == [Stage.APPROVED]
    assert {stage for stage in Stage if status_of(stage) is Status.REJECTED} == {Stage.RESUBMIT, Stage.DECLINED}
    assert {stage for stage in Stage if is_final(stage)} == {Stage.APPROVED, Stage.DECLINED}
