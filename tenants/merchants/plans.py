"""The plans that a merchant can be on, by name. What each allows is data of `tenants.limits.plans`."""

from enum import StrEnum

from kyc_platform.errors import InvalidMember, InvalidRequest


class PlanName(StrEnum):
    """One plan. Frozen names: they stand in merchants' rows."""

    STANDARD = "standard"
    LARGE = "large"
    UNLIMITED = "unlimited"


PLAN_NAMES = frozenset(PlanName)


def require_plan(name: str) -> None:
    """Raise InvalidRequest (422) naming the plans unless `name` is one."""
    if name not in PLAN_NAMES:
        raise InvalidRequest(errors=[InvalidMember("/plan", "unknown_plan", f"The plans are {', '.join(PlanName)}.")])
