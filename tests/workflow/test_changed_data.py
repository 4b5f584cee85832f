"""Replacing a customer's data: what has to be verified again is, and what was asked about the old data no longer counts."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fixtures.merchants import inside
from tests.fixtures.way import DOC_TYPES, Way, members_of_customer
from verification.events.models import Event
from verification.lifecycle.models import Verification
from verification.providers.models import ProviderCheck

NEW_ADDRESS = {"line1": "Kungsgatan 5", "line2": None, "city": "Lund", "postal_code": "223 50", "region": None, "country": "SE"}


def replace(way: Way, customer_id: str, **changed: Any) -> dict[str, Any]:
    answer = way.ask("PUT", f"/api/v1/customers/{customer_id}", members_of_customer(customer_id=customer_id, **changed))
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def test_a_new_name_has_the_documents_on_file_checked_again(way: Way) -> None:
    customer_id = way.verified()

    told = replace(way, customer_id, name="Anna Maria Larsson")

    assert told["reverification"] == {"required": True, "because": ["name"], "documents": []}
    assert told["name"] == "Anna Maria Larsson"
    assert (way.status(customer_id)["status"], way.status(customer_id)["stage"]) == ("pending", "submitted")
    way.until_answered()
    assert way.status(customer_id)["status"] == "verified"


def test_a_new_address_asks_for_the_proof_of_address_alone(way: Way) -> None:
    customer_id = way.verified()

    told = replace(way, customer_id, address=NEW_ADDRESS)

    assert told["reverification"] == {"required": True, "because": ["address"], "documents": ["PROOF_OF_ADDRESS"]}
    status = way.status(customer_id)
    assert (status["status"], status["stage"], status["missing"]) == ("pending", "collecting", ["PROOF_OF_ADDRESS"])
    assert way.submit(customer_id, "ID_FRONT").json()["code"] == "document_already_verified"
    assert way.submit(customer_id, "PROOF_OF_ADDRESS").status_code == 201
    way.until_answered()
    assert way.status(customer_id)["status"] == "verified"


def test_contact_data_and_metadata_set_nothing_in_motion(way: Way) -> None:
    customer_id = way.verified()

    told = replace(way, customer_id, email="anna@new.example.com", phone_number="+46701234568", metadata={"tier": "gold"})

    assert told["reverification"] == {"required": False, "because": [], "documents": []}
    assert way.status(customer_id)["status"] == "verified"


def test_the_same_data_in_another_spelling_sets_nothing_in_motion(way: Way) -> None:
    customer_id = way.verified()

    told = replace(way, customer_id, name="ANNA MARIA  ERIKSSON")

    assert told["reverification"]["required"] is False
    assert way.status(customer_id)["status"] == "verified"


def test_a_result_about_the_old_name_changes_nothing(way: Way) -> None:
    customer_id = way.register()
    way.submit_all(customer_id)
    way.run_jobs()
    late = way.callbacks()[0]
    way.handed_on += 1

    replace(way, customer_id, name="Anna Maria Larsson")
    assert way.hand_on(late).status_code == 200
    with inside(way.merchant.sandbox):
        old = ProviderCheck.objects.order_by("pk").first()
        assert old is not None and old.state == "superseded"
        assert [run.stage for run in Verification.objects.order_by("pk")] == ["cancelled", "submitted"]

    way.until_answered()
    assert way.status(customer_id)["status"] == "verified"
    with inside(way.merchant.sandbox):
        old.refresh_from_db()
        assert (old.state, old.outcome) == ("superseded", "")
        assert Event.objects.filter(type="verification.approved").count() == 1


def test_a_declined_customer_stays_declined_whatever_the_new_data(way: Way) -> None:
    customer_id = way.register(metadata={"sandbox_scenario": "decline"})
    way.submit_all(customer_id)
    way.until_answered()

    told = replace(way, customer_id, name="Somebody Else")

    assert told["reverification"]["required"] is False
    assert way.status(customer_id)["stage"] == "declined"


def test_a_level_that_demands_less_is_met_by_the_documents_on_file(way: Way) -> None:
    customer_id = way.register()
    for doc_type in ("ID_FRONT", "SELFIE"):
        way.submit(customer_id, doc_type)

    told = replace(way, customer_id, level="basic")

    assert told["reverification"]["because"] == ["level"]
    way.until_answered()
    assert way.status(customer_id)["status"] == "verified"


def test_at_the_enhanced_level_a_passport_needs_no_back(way: Way) -> None:
    customer_id = way.register(level="enhanced")

    assert way.status(customer_id)["missing"] == [doc_type for doc_type in DOC_TYPES if doc_type != "ID_BACK"]
    answer = way.submit(customer_id, "ID_BACK")
    assert (answer.status_code, answer.json()["code"]) == (422, "document_not_required")


def test_a_put_whose_customer_id_differs_from_the_path_is_refused(way: Way) -> None:
    customer_id = way.register()

    answer = way.ask("PUT", f"/api/v1/customers/{customer_id}", members_of_customer(customer_id="cus-another"))

    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("/customer_id", "mismatch")]


def test_a_passport_that_ran_out_meanwhile_may_stay_but_no_other_that_has_run_out_may_take_its_place(way: Way) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    passport = {"type": "passport", "number": "L898902C3", "issuing_country": "SE", "expiry_date": tomorrow}
    customer_id = way.register(identity_document=passport)
    assert way.ask("POST", "/api/v1/sandbox/clock/advance", {"seconds": 3 * 24 * 3600}).status_code == 200

    told = replace(way, customer_id, identity_document=passport, email="anna@new.example.com")

    assert (told["email"], told["reverification"]["required"]) == ("anna@new.example.com", False)
    other = members_of_customer(
        customer_id=customer_id, identity_document={**passport, "number": "L898902C4"}, email="anna@third.example.com"
    )
    refused = way.ask("PUT", f"/api/v1/customers/{customer_id}", other)
    problem = refused.json()
    assert (refused.status_code, [error["code"] for error in problem["errors"]]) == (422, ["document_expired"])
    assert [error["pointer"] for error in problem["errors"]] == ["/identity_document/expiry_date"]
    assert way.ask("GET", f"/api/v1/customers/{customer_id}").json()["email"] == "anna@new.example.com"
