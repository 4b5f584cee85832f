"""What the guides say in tables and sentences is so. Their blocks are run in `tests/system/test_guides.py`."""

import re

import pytest

from kyc_platform.embedded.places import ROOT
from tenants.api_keys.scopes import ALL_SCOPES
from tenants.limits.plans import Plan, plan_of
from tenants.merchants.plans import PlanName
from tenants.merchants.states import MerchantState
from tenants.routing.context import MerchantContext
from tests.docs.pages import GUIDES, blocks, prose
from verification.documents.inspection.errors import UploadRefused
from verification.sandbox.chaos import Fault
from verification.webhooks.cases import CASES
from verification.webhooks.schedule import WAITS
from verification.workflow.simulating import Action

FOLLOWED = {"getting-started", "webhooks", "going-live", "errors", "sandbox"}
KINDS = {"sh", "json", "text", "python", "js"}


def guide(name: str) -> str:
    return (GUIDES / f"{name}.md").read_text()


@pytest.mark.parametrize("name", sorted(FOLLOWED))
def test_a_guide_has_no_block_that_is_not_run_or_compared(name):
    page = GUIDES / f"{name}.md"
    found = blocks(page)

    assert {block.kind for block in found} <= KINDS
    assert [block for block in found if block.kind in ("python", "js") and block.file is None] == []
    assert re.findall(r"\n\n    \S.*", prose(page)) == [], "an indented block is run by nobody"


def test_every_guide_is_followed_by_a_test():
    followers = [(ROOT / "tests" / "system" / name).read_text() for name in ("test_guides.py", "test_python_client.py")]

    assert {page.stem for page in GUIDES.glob("*.md")} >= FOLLOWED
    assert [page.stem for page in GUIDES.glob("*.md") if not any(page.stem in follower for follower in followers)] == []


def quotas(plan: str, *, livemode: bool) -> Plan:
    some_merchant = MerchantContext(1, 1, "mer_1", "m_1", livemode, MerchantState.ACTIVE, "acme", "Acme", "UTC", plan, b"")
    return plan_of(some_merchant)


def test_the_quotas_are_those_of_the_plans():
    rows = re.findall(r"^\| `(\w+)` \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$", guide("going-live"), re.MULTILINE)
    live, sandbox = ({name.value: quotas(name, livemode=livemode) for name in PlanName} for livemode in (True, False))

    assert [(name, *(int(number.replace(",", "")) for number in numbers)) for name, *numbers in rows] == [
        (name, plan.per_key, plan.per_merchant, plan.per_end_user, sandbox[name].per_end_user) for name, plan in live.items()
    ]
    assert all((sandbox[name].per_key, sandbox[name].per_merchant) == (plan.per_key, plan.per_merchant) for name, plan in live.items())


def test_the_scopes_are_those_of_the_catalogue():
    assert re.findall(r"^\| `(\w+:\w+)` \|", guide("going-live"), re.MULTILINE) == list(ALL_SCOPES)


def test_what_the_sandbox_can_do_is_told_whole():
    page = guide("sandbox")
    actions = page.partition("| action |")[2].partition("\n\n")[0]

    assert [action for action in Action if f"`{action}`" not in actions] == []
    assert [fault for fault in Fault if f"`{fault}`" not in page] == []


def test_the_receivers_guide_counts_cases_and_retries_rightly():
    page = guide("webhooks")

    assert len(CASES) == 13 and "thirteen cases" in page
    assert [f"{wait.total_seconds():.0f}" for wait in WAITS] == ["5", "300", "1800", "7200", "18000", "36000", "50400", "72000", "86400"]
    assert "after 5 seconds, 5 and 30 minutes, 2, 5, 10, 14, 20 and 24 hours" in page


def test_every_code_of_the_end_users_envelope_is_explained():
    named = set(re.findall(r"Err\d{4}", (ROOT / "verification" / "api" / "end_user.py").read_text()))
    refusals = {refusal.end_user_code for refusal in UploadRefused.__subclasses__()} | {UploadRefused.end_user_code}

    assert [code for code in sorted(named | refusals) if f"`{code}`" not in guide("errors")] == []
