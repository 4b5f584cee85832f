"""A person decides what no provider could: once, with reasons, on record."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command

from tests.fixtures.merchants import a_key, inside
from tests.fixtures.way import Way, members_of_customer
from tests.workflow.test_at_once import at_once
from verification.documents.models import DocumentSubmission
from verification.events.models import Event
from verification.providers.models import ProviderCheck
from verification.reviews.models import Review

UNSURE = {"sandbox_scenario": "unsure"}


@pytest.fixture
def case(way: Way) -> str:
    """A customer who waits for a reviewer."""
    customer_id = way.register(metadata=UNSURE)
    way.submit_all(customer_id)
    way.until_answered()
    assert way.status(customer_id)["stage"] == "in_review"
    return customer_id


def decide(way: Way, customer_id: str, verdict: dict[str, Any], key: str | None = None) -> Any:
    run = way.status(customer_id)["verification_id"]
    return way.ask("POST", f"/api/v1/customers/{customer_id}/verifications/{run}/decision", verdict, key=key)


def test_an_approval_verifies_every_document_and_is_on_record(way: Way, case: str) -> None:
    answer = decide(way, case, {"decision": "approve"})

    assert answer.status_code == 200
    assert answer.json()["stage"] == "approved"
    status = way.status(case)
    assert (status["status"], status["final"]) == ("verified", True)
    assert {document["status"] for document in status["documents"]} == {"verified"}
    with inside(way.merchant.sandbox):
        review = Review.objects.get()
        assert (review.decision, review.decided_by_kind) == ("approve", "api_key")
        assert Event.objects.get(type="verification.approved").actor_kind == "api_key"


def test_a_decline_needs_a_reason(way: Way, case: str) -> None:
    answer = decide(way, case, {"decision": "decline"})
    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("/reasons", "required")]
    assert way.status(case)["stage"] == "in_review"

    assert decide(way, case, {"decision": "decline", "reasons": ["document_forged"]}).status_code == 200
    assert (way.status(case)["status"], way.status(case)["stage"]) == ("rejected", "declined")


def test_a_resubmission_asks_for_the_named_documents_only(way: Way, case: str) -> None:
    verdict = {"decision": "resubmit", "documents": [{"doc_type": "SELFIE", "reasons": ["image_blurred"]}]}

    assert decide(way, case, verdict).status_code == 200

    status = way.status(case)
    assert (status["status"], status["stage"]) == ("rejected", "resubmit")
    assert {d["doc_type"]: d["status"] for d in status["documents"]} == {
        "ID_FRONT": "verified",
        "ID_BACK": "verified",
        "PROOF_OF_ADDRESS": "verified",
        "SELFIE": "rejected",
    }
    assert way.submit(case, "SELFIE").status_code == 201


@pytest.mark.parametrize(
    ("verdict", "pointer", "code"),
    [
        ({}, "/decision", "required"),
        ({"decision": "maybe"}, "/decision", "invalid_choice"),
        ({"decision": "resubmit"}, "/documents", "required"),
        ({"decision": "resubmit", "documents": [{"doc_type": "SELFIE", "reasons": []}]}, "/documents/0/reasons", "required"),
        ({"decision": "resubmit", "documents": [{"doc_type": "SELFIE", "reasons": ["ugly"]}]}, "/documents/0/reasons/0", "unknown_reason"),
        ({"decision": "resubmit", "documents": [{"doc_type": "NOSE", "reasons": ["other"]}]}, "/documents/0/doc_type", "invalid_choice"),
        ({"decision": "approve", "note": "x"}, "/note", "unknown_member"),
    ],
)
def test_a_verdict_that_says_nothing_clear_is_refused_by_name(
    way: Way, case: str, verdict: dict[str, Any], pointer: str, code: str
) -> None:
    answer = decide(way, case, verdict)

    assert answer.status_code == 422
    assert (pointer, code) in [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
    with inside(way.merchant.sandbox):
        assert Review.objects.get().decided_at is None


def test_of_two_reviewers_at_once_one_decides(way: Way, case: str) -> None:
    run = way.status(case)["verification_id"]

    def deciding(verdict: dict[str, Any]) -> Callable[[], Any]:
        return lambda: way.ask("POST", f"/api/v1/customers/{case}/verifications/{run}/decision", verdict)

    answers = at_once(deciding({"decision": "approve"}), deciding({"decision": "decline", "reasons": ["other"]}))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    with inside(way.merchant.sandbox):
        assert Event.objects.filter(type__in=["verification.approved", "verification.declined"]).count() == 1


def test_a_key_without_the_scope_is_told_which_it_lacks(way: Way, case: str) -> None:
    reader = a_key(way.merchant.sandbox, "customers:read")

    answer = decide(way, case, {"decision": "approve"}, key=reader)

    assert answer.status_code == 403
    assert answer.json()["code"] == "missing_scope"
    assert "reviews:write" in answer.json()["detail"]


def test_an_operators_command_decides_too(way: Way, case: str, capsys: pytest.CaptureFixture[str]) -> None:
    call_command(
        "decide_review",
        merchant=way.merchant.slug,
        mode="sandbox",
        customer_id=case,
        decision="decline",
        reasons=["document_forged"],
        by="night-shift",
    )

    assert way.status(case)["stage"] == "declined"
    assert "declined" in capsys.readouterr().out
    with inside(way.merchant.sandbox):
        assert (Review.objects.get().decided_by_kind, Review.objects.get().decided_by_id) == ("operator", "night-shift")


def test_a_document_that_the_level_does_not_ask_for_cannot_be_asked_for_again(way: Way) -> None:
    customer_id = way.register(metadata=UNSURE)
    way.submit(customer_id, "ID_BACK")
    way.ask("PUT", f"/api/v1/customers/{customer_id}", members_of_customer(customer_id=customer_id, level="basic", metadata=UNSURE))
    for doc_type in ("ID_FRONT", "SELFIE"):
        way.submit(customer_id, doc_type)
    way.until_answered()
    with inside(way.merchant.sandbox):
        asked = DocumentSubmission.objects.filter(pk__in=ProviderCheck.objects.get().submission_ids)
        assert {submission.doc_type for submission in asked} == {"ID_FRONT", "SELFIE"}

    answer = decide(way, customer_id, {"decision": "resubmit", "documents": [{"doc_type": "ID_BACK", "reasons": ["image_blurred"]}]})

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/documents/0/doc_type"]
    assert way.status(customer_id)["stage"] == "in_review"
