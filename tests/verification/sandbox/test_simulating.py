"""Making things happen to a customer of the sandbox."""

from typing import Any

import pytest

from tests.api.asking import ask
from tests.fixtures.merchants import a_key, inside
from tests.fixtures.sandbox_provider import free_port
from tests.fixtures.way import DOC_TYPES, Way
from verification.events.models import Event
from verification.lifecycle.models import Verification
from verification.providers import registry
from verification.workflow.simulating import STAGES, Action

ANSWERS = {"approve": {}, "decline": {}, "reject_document": {"doc_type": "SELFIE"}, "review": {}}
LEADS_TO = {"approve": "approved", "decline": "declined", "reject_document": "resubmit", "review": "in_review"}


def simulate(way: Way, customer_id: str, action: str, **more: Any) -> Any:
    return way.ask("POST", f"/api/v1/sandbox/customers/{customer_id}/simulate", {"action": action, **more})


def checking(way: Way, **changed: Any) -> str:
    """Return a customer whose check is under way and will not end by itself."""
    customer_id = way.register(metadata={"sandbox_scenario": "never_answers"}, **changed)
    way.submit_all(customer_id)
    way.run_jobs()
    assert way.status(customer_id)["stage"] == "checking"
    return customer_id


def in_review(way: Way) -> str:
    customer_id = checking(way)
    simulate(way, customer_id, "review", reason="aml_hit")
    way.until_answered()
    return customer_id


def stage(way: Way, customer_id: str) -> str:
    return str(way.status(customer_id)["stage"])


def types(way: Way) -> list[str]:
    with inside(way.merchant.sandbox):
        return list(Event.objects.order_by("pk").values_list("type", flat=True))


@pytest.mark.parametrize("action", list(ANSWERS))
def test_a_check_that_is_under_way_is_answered_now(way: Way, action: str):
    customer_id = checking(way)

    answer = simulate(way, customer_id, action, **ANSWERS[action])

    assert (answer.status_code, answer.json()["takes_effect"]) == (202, "soon")
    way.until_answered()
    assert stage(way, customer_id) == LEADS_TO[action]


@pytest.mark.parametrize("action", list(ANSWERS))
def test_what_is_asked_for_before_the_documents_are_there_is_kept_for_the_check(way: Way, action: str):
    customer_id = way.register(metadata={"sandbox_scenario": "suspected_fraud"})

    answer = simulate(way, customer_id, action, **ANSWERS[action])

    assert (answer.status_code, answer.json()["takes_effect"]) == (202, "next_check")
    assert stage(way, customer_id) == "collecting"
    way.submit_all(customer_id)
    way.until_answered()
    assert stage(way, customer_id) == LEADS_TO[action]


def test_a_check_that_the_provider_has_and_we_have_not_noted_yet_is_answered_too(way: Way):
    customer_id = checking(way)
    with inside(way.merchant.sandbox):  # as it is between the provider's answer to us and our note of it
        Verification.objects.update(stage="submitted")

    assert simulate(way, customer_id, "decline").json()["takes_effect"] == "soon"
    with inside(way.merchant.sandbox):
        Verification.objects.update(stage="checking")
    way.until_answered()

    assert stage(way, customer_id) == "declined"


def test_a_rejected_document_carries_its_reason_and_passes_the_next_time(way: Way):
    customer_id = checking(way)
    shown = simulate(way, customer_id, "reject_document", doc_type="ID_BACK", reason="image_glare").json()
    assert shown == {
        "customer_id": customer_id,
        "action": "reject_document",
        "doc_type": "ID_BACK",
        "reason": "image_glare",
        "takes_effect": "soon",
    }
    way.until_answered()
    status = way.status(customer_id)
    assert [(issue["doc_type"], issue["code"]) for issue in status["issues"]] == [("ID_BACK", "image_glare")]

    assert simulate(way, customer_id, "approve").json()["takes_effect"] == "next_check"
    way.submit(customer_id, "ID_BACK")
    way.until_answered()

    assert stage(way, customer_id) == "approved"


@pytest.mark.parametrize("action", ["approve", "decline", "reject_document"])
def test_a_review_is_decided_so(way: Way, action: str):
    customer_id = in_review(way)
    assert stage(way, customer_id) == "in_review"

    answer = simulate(way, customer_id, action, **ANSWERS[action])

    assert (answer.status_code, answer.json()["takes_effect"]) == (202, "now")
    assert stage(way, customer_id) == LEADS_TO[action]


def test_an_approval_is_taken_back_by_the_provider_and_given_again(way: Way):
    customer_id = way.verified()

    assert simulate(way, customer_id, "reopen").json()["takes_effect"] == "soon"
    way.until_answered()
    assert (stage(way, customer_id), "verification.reopened" in types(way)) == ("checking", True)
    assert {entry["status"] for entry in way.status(customer_id)["documents"]} == {"submitted"}

    simulate(way, customer_id, "approve")
    way.until_answered()
    assert stage(way, customer_id) == "approved"


@pytest.mark.parametrize(("more", "code"), [({}, "verification_expired"), ({"doc_type": "ID_FRONT"}, "document_expired")])
def test_an_approval_runs_out(way: Way, more: dict[str, str], code: str):
    customer_id = way.verified()

    assert simulate(way, customer_id, "expire", **more).json()["takes_effect"] == "now"

    status = way.status(customer_id)
    assert (status["status"], status["stage"], [issue["code"] for issue in status["issues"]]) == ("pending", "expired", [code])
    assert "verification.expired" in types(way)


def test_during_an_outage_a_check_meets_trouble_and_is_answered_after_it(way: Way):
    customer_id = way.register(metadata={"sandbox_scenario": "slow:1"})
    way.submit_all(customer_id)
    way.run_jobs()

    assert simulate(way, customer_id, "provider_outage").json()["takes_effect"] == "soon"
    assert "verification.poll_check" in way.run_jobs()

    path = f"/api/v1/customers/{customer_id}/verifications"
    (check,) = way.ask("GET", path).json()["data"][0]["checks"]
    assert (check["state"], check["error"]) == ("submitted", "retry")
    simulate(way, customer_id, "provider_outage")
    way.ask("POST", "/api/v1/sandbox/clock/advance", {"seconds": 25 * 3600})
    way.run_jobs()
    assert stage(way, customer_id) == "in_review"


@pytest.mark.parametrize("action", list(Action))
def test_what_makes_no_sense_now_is_refused_naming_the_stages_in_which_it_does(way: Way, action: Action):
    wrong = way.register() if action in (Action.REOPEN, Action.EXPIRE) else way.verified()
    before, events = way.status(wrong), types(way)

    answer = simulate(way, wrong, action, **ANSWERS.get(action, {}))

    assert (answer.status_code, answer.json()["code"]) == (409, "simulation_not_possible")
    assert answer.json()["detail"] == f"{action} is for a customer in {', '.join(STAGES[action])}; this one is in {before['stage']}."
    assert (way.status(wrong), types(way)) == (before, events)


def test_a_persons_approval_after_a_check_that_failed_cannot_be_reopened_by_the_provider(way: Way):
    customer_id = checking(way)
    way.ask("POST", "/api/v1/sandbox/clock/advance", {"seconds": 25 * 3600})
    way.run_jobs()
    simulate(way, customer_id, "approve")
    assert stage(way, customer_id) == "approved"

    answer = simulate(way, customer_id, "reopen")

    assert (answer.status_code, answer.json()["code"], stage(way, customer_id)) == (409, "simulation_not_possible", "approved")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/action"),
        ({"action": "bribe"}, "/action"),
        ({"action": "reject_document"}, "/doc_type"),
        ({"action": "reject_document", "doc_type": "PET"}, "/doc_type"),
        ({"action": "reject_document", "doc_type": "SELFIE", "reason": "under_age"}, "/reason"),
        ({"action": "decline", "reason": "image_blurred"}, "/reason"),
        ({"action": "decline", "doc_type": "SELFIE"}, "/doc_type"),
        ({"action": "approve", "reason": "other"}, "/reason"),
        ({"action": "approve", "force": True}, "/force"),
        ({"action": ["approve"]}, "/action"),
    ],
)
def test_an_order_that_cannot_be_read_is_refused_by_the_member_that_is_wrong(way: Way, body: dict[str, Any], pointer: str):
    customer_id = way.register()

    answer = way.ask("POST", f"/api/v1/sandbox/customers/{customer_id}/simulate", body)

    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [pointer])
    assert "audit.customer_simulated" not in types(way)


def test_a_document_that_the_level_does_not_ask_for_is_not_rejected(way: Way):
    answer = simulate(way, way.register(level="basic"), "reject_document", doc_type="PROOF_OF_ADDRESS")

    assert (answer.status_code, answer.json()["code"]) == (422, "document_not_required")


def test_a_live_key_and_another_merchants_key_reach_nobody(way: Way, live_key: str, other_merchant: Any):
    customer_id = checking(way)
    path, body = f"/api/v1/sandbox/customers/{customer_id}/simulate", {"action": "approve"}

    live = ask("POST", path, f"Api-Key {live_key}", json=body)
    other = ask("POST", path, f"Api-Key {a_key(other_merchant.sandbox)}", json=body)

    assert (live.status_code, live.get_json(force=True)["code"]) == (403, "sandbox_only")
    assert (other.status_code, other.get_json(force=True)["code"]) == (404, "customer_not_found")
    assert stage(way, customer_id) == "checking"


def test_when_the_provider_is_away_nothing_is_claimed(way: Way, settings: Any):
    customer_id = way.register()
    settings.SANDBOX_PROVIDER_URL = f"http://127.0.0.1:{free_port()}"
    assert registry.provider_for("sandbox", livemode=False) is not None

    answer = simulate(way, customer_id, "approve")

    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "sandbox_provider_unavailable", "5")
    assert "audit.customer_simulated" not in types(way)


def test_the_same_order_under_one_key_happens_once(way: Way):
    customer_id = way.verified()
    path, headers = f"/api/v1/sandbox/customers/{customer_id}/simulate", {"Idempotency-Key": "expire-once"}

    first = way.ask("POST", path, {"action": "expire"}, headers=headers)
    again = way.ask("POST", path, {"action": "expire"}, headers=headers)

    assert (first.status_code, again.status_code, again.json()) == (202, 202, first.json())
    assert types(way).count("verification.expired") == 1
    assert way.status(customer_id)["missing"] == list(DOC_TYPES)
