"""The life of a merchant, without a database."""

import pytest

from tenants.merchants.states import (
    TRANSITIONS,
    IllegalMerchantTransition,
    MerchantClosed,
    MerchantNotOpen,
    MerchantState,
    MerchantSuspended,
    check_transition,
    require_serving,
    require_working,
)


@pytest.mark.parametrize("old", MerchantState)
@pytest.mark.parametrize("new", MerchantState)
def test_only_the_transitions_of_the_table_are_allowed(old, new):
    if new in TRANSITIONS[old]:
        check_transition(old, new)
    else:
        with pytest.raises(IllegalMerchantTransition):
            check_transition(old, new)


@pytest.mark.parametrize(
    ("state", "serving", "working"),
    [
        (MerchantState.OPENING, MerchantNotOpen, MerchantNotOpen),
        (MerchantState.ACTIVE, None, None),
        (MerchantState.SUSPENDED, MerchantSuspended, None),
        (MerchantState.CLOSING, MerchantClosed, MerchantClosed),
        (MerchantState.CLOSED, MerchantClosed, MerchantClosed),
    ],
)
def test_a_suspended_merchant_works_without_serving_and_a_closed_one_does_neither(state, serving, working):
    for require, refusal in ((require_serving, serving), (require_working, working)):
        if refusal is None:
            require(state)
        else:
            with pytest.raises(refusal):
                require(state)
