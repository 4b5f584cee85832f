"""The life of a merchant, and what is refused in which part of it. Pure: no table, no clock."""

from enum import StrEnum

from kyc_platform.errors import Conflict, DomainError


class Mode(StrEnum):
    """Which of a merchant's two worlds: real customers, or trying things out."""

    LIVE = "live"
    SANDBOX = "sandbox"


class MerchantState(StrEnum):
    """Where a merchant is in its life."""

    OPENING = "opening"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSING = "closing"
    CLOSED = "closed"


TRANSITIONS: dict[MerchantState, frozenset[MerchantState]] = {
    MerchantState.OPENING: frozenset({MerchantState.ACTIVE}),
    MerchantState.ACTIVE: frozenset({MerchantState.SUSPENDED, MerchantState.CLOSING}),
    MerchantState.SUSPENDED: frozenset({MerchantState.ACTIVE, MerchantState.CLOSING}),
    MerchantState.CLOSING: frozenset({MerchantState.CLOSED}),
    MerchantState.CLOSED: frozenset(),
}
WORKING = frozenset({MerchantState.ACTIVE, MerchantState.SUSPENDED})


class IllegalMerchantTransition(Conflict):
    """A merchant cannot go from the state it is in to the state that was asked for."""

    code = "illegal_merchant_transition"
    title = "The merchant is not in a state that allows this"


class MerchantNotOpen(DomainError):
    """The merchant is still being opened."""

    code = "merchant_not_open"
    title = "This merchant is still being opened; try again in a moment"
    http_status = 403
    remedy = "Try again in a moment."


class MerchantSuspended(DomainError):
    """The merchant is suspended: nobody is served in its name, its data and running work stay."""

    code = "merchant_suspended"
    title = "This merchant is suspended; its owner can learn why from the platform's operator"
    http_status = 403
    remedy = "The merchant's owner can learn why from the platform's operator."


class MerchantClosed(DomainError):
    """The merchant is closed or closing: nothing is served or worked on in its name any more."""

    code = "merchant_closed"
    title = "This merchant is closed"
    http_status = 403
    remedy = "Nothing can be done with this key any more."


def check_transition(old: MerchantState, new: MerchantState) -> None:
    """Raise IllegalMerchantTransition unless a merchant may go from `old` to `new`."""
    if new not in TRANSITIONS[old]:
        raise IllegalMerchantTransition(f"a merchant that is {old} cannot become {new}")


def require_serving(state: MerchantState) -> None:
    """Raise unless requests may be served: MerchantNotOpen, MerchantSuspended or MerchantClosed (403)."""
    if state == MerchantState.SUSPENDED:
        raise MerchantSuspended
    require_working(state)


def require_working(state: MerchantState) -> None:
    """Raise unless background work and callbacks may go on: MerchantNotOpen or MerchantClosed. A suspended merchant's work goes on."""
    if state == MerchantState.OPENING:
        raise MerchantNotOpen
    if state not in WORKING:
        raise MerchantClosed
