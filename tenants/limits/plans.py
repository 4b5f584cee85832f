"""What each plan allows, in requests a minute. A sandbox has quotas of its own, beside those of the live data."""

from dataclasses import dataclass

from tenants.merchants.plans import PlanName
from tenants.routing.context import MerchantContext


@dataclass(frozen=True, slots=True)
class Plan:
    """Requests a minute for each key, for all keys and end users of one merchant together, and for each end user."""

    per_key: int
    per_merchant: int
    per_end_user: int


_LIVE: dict[str, Plan] = {
    PlanName.STANDARD: Plan(per_key=6_000, per_merchant=12_000, per_end_user=60),
    PlanName.LARGE: Plan(per_key=30_000, per_merchant=60_000, per_end_user=60),
    PlanName.UNLIMITED: Plan(per_key=6_000_000, per_merchant=6_000_000, per_end_user=6_000_000),  # more than a machine can answer
}
# In the sandbox one end user is an engineer's test in a loop, and not a person with a telephone.
_SANDBOX: dict[str, Plan] = {
    PlanName.STANDARD: Plan(per_key=6_000, per_merchant=12_000, per_end_user=1_200),
    PlanName.LARGE: Plan(per_key=30_000, per_merchant=60_000, per_end_user=1_200),
    PlanName.UNLIMITED: _LIVE[PlanName.UNLIMITED],
}


def plan_of(merchant: MerchantContext) -> Plan:
    """Return what a merchant may ask for in its mode. A name that is no plan, in a row older than the plans, is the standard one."""
    plans = _LIVE if merchant.livemode else _SANDBOX
    return plans.get(merchant.plan, plans[PlanName.STANDARD])
