"""A verification runs out, and the customer comes back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from kyc_platform.actor import SYSTEM
from tests.api.asking import ask
from tests.fixtures.merchants import inside
from tests.fixtures.way import DOC_TYPES, Way, members_of_customer
from verification.customers.models import Customer
from verification.documents.records import DocumentNotRequired
from verification.events.models import Event
from verification.levels.doc_types import DocType
from verification.lifecycle.models import Verification
from verification.lifecycle.states import IllegalTransition
from verification.workflow.expiring import expire_due, expire_verification


def expire(way: Way, customer_id: str, doc_type: DocType | None = None) -> None:
    with inside(way.merchant.sandbox):
        expire_verification(customer_id, doc_types=[doc_type] if doc_type else [], actor=SYSTEM, at=timezone.now())


def newest_events(way: Way, customer_id: str, number: int) -> list[Event]:
    with inside(way.merchant.sandbox):
        customer = Customer.objects.get(customer_id=customer_id)
        return list(reversed(Event.objects.filter(customer_pk=customer.pk).order_by("-sequence")[:number]))


def runs(way: Way, customer_id: str) -> list[str]:
    with inside(way.merchant.sandbox):
        return list(Verification.objects.filter(customer__customer_id=customer_id).order_by("pk").values_list("stage", flat=True))


def test_a_document_that_expired_is_asked_for_again_with_its_reason(way: Way):
    customer_id = way.verified()

    expire(way, customer_id, DocType.ID_FRONT)

    status = way.status(customer_id)
    assert (status["status"], status["stage"], status["final"]) == ("pending", "expired", False)
    assert [(issue["code"], issue["doc_type"]) for issue in status["issues"]] == [("document_expired", "ID_FRONT")]
    assert {entry["doc_type"]: entry["status"] for entry in status["documents"]} == {
        name: "rejected" if name == "ID_FRONT" else "verified" for name in DOC_TYPES
    }
    rejected, expired = newest_events(way, customer_id, 2)
    assert (rejected.type, rejected.data["doc_type"], rejected.data["reasons"]) == ("document.rejected", "ID_FRONT", ["document_expired"])
    assert (expired.type, expired.data["reasons"], expired.data["previous_status"]) == (
        "verification.expired",
        ["document_expired"],
        "verified",
    )


def test_an_upload_after_that_begins_a_new_run_which_is_checked(way: Way):
    customer_id = way.verified()
    expire(way, customer_id, DocType.ID_FRONT)

    assert way.submit(customer_id, "SELFIE").json()["code"] == "document_already_verified"
    assert runs(way, customer_id) == ["expired"]
    assert way.submit(customer_id, "ID_FRONT").status_code == 201
    assert runs(way, customer_id) == ["expired", "submitted"]
    way.until_answered()

    assert way.status(customer_id)["status"] == "verified"
    assert runs(way, customer_id) == ["expired", "approved"]


def test_a_whole_verification_that_ran_out_asks_for_every_document_again(way: Way):
    customer_id = way.verified()

    expire(way, customer_id)

    status = way.status(customer_id)
    assert (status["stage"], status["missing"], status["documents"]) == ("expired", list(DOC_TYPES), [])
    assert [(issue["code"], issue["doc_type"]) for issue in status["issues"]] == [("verification_expired", None)]
    way.submit_all(customer_id)
    assert runs(way, customer_id) == ["expired", "submitted"]
    way.until_answered()
    assert way.status(customer_id)["status"] == "verified"


def test_the_merchant_can_begin_the_new_run_itself(way: Way):
    customer_id = way.verified()
    expire(way, customer_id, DocType.PROOF_OF_ADDRESS)

    answer = way.ask("POST", f"/api/v1/customers/{customer_id}/verifications", {})

    assert (answer.status_code, answer.json()["stage"]) == (201, "collecting")
    assert runs(way, customer_id) == ["expired", "collecting"]
    assert way.submit(customer_id, "PROOF_OF_ADDRESS").status_code == 201
    assert runs(way, customer_id) == ["expired", "submitted"]


def test_the_end_users_app_is_told_what_to_send_again(way: Way):
    customer_id = way.verified()
    expire(way, customer_id, DocType.ID_BACK)
    token = way.ask("POST", f"/api/v1/customers/{customer_id}/access-tokens", {}).json()["token"]

    shown: dict[str, Any] = ask("GET", "/api/v1/user/me/kyc/status", f"JWT {token}").get_json()

    assert shown["status"] == "unverified"
    assert {entry["doc_type"]: entry["can_resubmit"] for entry in shown["doc_status"]} == {name: name == "ID_BACK" for name in DOC_TYPES}


def test_what_is_not_approved_cannot_run_out_and_stays_as_it_is(way: Way):
    customer_id = way.register()
    before = way.status(customer_id)

    with pytest.raises(IllegalTransition):
        expire(way, customer_id)
    with pytest.raises(IllegalTransition):
        expire(way, customer_id, DocType.ID_FRONT)

    assert way.status(customer_id) == before


def test_a_document_that_the_level_does_not_ask_for_cannot_run_out(way: Way):
    customer_id = way.register(level="basic")
    for doc_type in ("ID_FRONT", "SELFIE"):
        way.submit(customer_id, doc_type)
    way.until_answered()
    before = way.status(customer_id)

    with pytest.raises(DocumentNotRequired):
        expire(way, customer_id, DocType.PROOF_OF_ADDRESS)

    assert way.status(customer_id) == before
    with inside(way.merchant.sandbox):
        assert not Event.objects.filter(type="verification.expired").exists()


def a_passport(**changed: Any) -> dict[str, Any]:
    return {"type": "passport", "number": "L898902C3", "issuing_country": "SE", **changed}


def in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def let_pass(way: Way, *, days: int) -> None:
    """Let the sandbox's time pass, and have done what becomes due by it."""
    answer = way.ask("POST", "/api/v1/sandbox/clock/advance", {"seconds": days * 24 * 3600})
    assert answer.status_code == 200, answer.content
    way.run_jobs()


def due_moments(way: Way) -> list[datetime | None]:
    with inside(way.merchant.sandbox):
        return list(Verification.objects.order_by("pk").values_list("due_at", flat=True))


def test_the_day_after_an_identity_document_expires_both_its_sides_are_asked_for_again(way: Way):
    customer_id = way.verified(identity_document=a_passport(expiry_date=in_days(30)))

    let_pass(way, days=29)
    assert way.status(customer_id)["status"] == "verified"
    let_pass(way, days=2)

    status = way.status(customer_id)
    assert (status["status"], status["stage"]) == ("pending", "expired")
    assert [(issue["code"], issue["doc_type"]) for issue in status["issues"]] == [
        ("document_expired", "ID_FRONT"),
        ("document_expired", "ID_BACK"),
    ]
    assert newest_events(way, customer_id, 1)[0].data["reasons"] == ["document_expired"]
    assert due_moments(way) == [None]


def test_a_new_identity_document_that_is_told_and_shown_verifies_the_customer_again_for_its_own_time(way: Way):
    customer_id = way.verified(identity_document=a_passport(expiry_date=in_days(30)))
    let_pass(way, days=31)

    told = members_of_customer(customer_id=customer_id, identity_document=a_passport(number="L898902C4", expiry_date=in_days(400)))
    assert way.ask("PUT", f"/api/v1/customers/{customer_id}", told).json()["reverification"]["documents"] == ["ID_FRONT", "ID_BACK"]
    for doc_type in ("ID_FRONT", "ID_BACK"):
        assert way.submit(customer_id, doc_type).status_code == 201
    way.until_answered()
    assert way.status(customer_id)["status"] == "verified"

    let_pass(way, days=300)
    assert way.status(customer_id)["status"] == "verified"
    let_pass(way, days=100)
    assert way.status(customer_id)["stage"] == "expired"


def test_where_the_level_believes_an_approval_for_a_year_everything_is_asked_for_again_after_it(way: Way):
    customer_id = way.verified(level="enhanced", identity_document="driving_licence")

    let_pass(way, days=364)
    assert way.status(customer_id)["status"] == "verified"
    let_pass(way, days=2)

    status = way.status(customer_id)
    assert (status["stage"], status["missing"]) == ("expired", [*DOC_TYPES])
    assert [issue["code"] for issue in status["issues"]] == ["verification_expired"]


def test_an_identity_document_without_a_date_and_one_of_the_last_day_there_is_never_run_out(way: Way):
    first = way.verified(identity_document=a_passport())
    second = way.verified(identity_document=a_passport(expiry_date="9999-12-31"))

    let_pass(way, days=3000)

    assert [way.status(customer_id)["status"] for customer_id in (first, second)] == ["verified", "verified"]
    assert due_moments(way) == [None, None]


def test_a_job_that_comes_twice_early_or_for_an_older_run_changes_nothing(way: Way):
    customer_id = way.verified(identity_document=a_passport(expiry_date=in_days(30)))
    (due_at,) = due_moments(way)
    with inside(way.merchant.sandbox):
        first = Verification.objects.get()
        expire_due(first.pk, at=timezone.now())
    assert way.status(customer_id)["status"] == "verified"
    assert due_moments(way) == [due_at]

    told = members_of_customer(customer_id=customer_id, name="Anna Larsson", identity_document=a_passport(expiry_date=in_days(30)))
    assert way.ask("PUT", f"/api/v1/customers/{customer_id}", told).status_code == 200
    way.until_answered()
    with inside(way.merchant.sandbox):
        expire_due(first.pk, at=timezone.now() + timedelta(days=60))
    assert way.status(customer_id)["status"] == "verified"
    assert due_moments(way) == [None, due_at]

    let_pass(way, days=31)
    before = way.status(customer_id)
    with inside(way.merchant.sandbox):
        expire_due(Verification.objects.order_by("pk").last().pk, at=timezone.now() + timedelta(days=60))  # type: ignore[union-attr]
    assert (before["stage"], way.status(customer_id)) == ("expired", before)
