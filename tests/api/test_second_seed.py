"""The second seed, letter for letter, under its own bare paths and under `/api/v1`."""

import re
import secrets
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.api.asking import ask
from tests.fixtures.merchants import a_key, a_merchant
from tests.fixtures.way import DOC_TYPES, Way

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@pytest.fixture(params=["", "/api/v1"], ids=["bare", "canonical"])
def base(request: pytest.FixtureRequest) -> str:
    """The path before `/customers` and `/report`."""
    return str(request.param)


@pytest.fixture(scope="module")
def key(database: None) -> str:
    """A test key of a merchant whose customers are never checked, as a header."""
    return f"Api-Key {a_key(a_merchant().sandbox)}"


def told(**changed: Any) -> dict[str, Any]:
    """Return the members that the seed lists, as its reader would fill them in."""
    return {
        "customer_id": f"cus-{secrets.token_hex(4)}",
        "name": "Anna Maria Eriksson",
        "email": "anna@example.com",
        "phone_number": "+46701234567",
        "date_of_birth": "1974-08-12",
        "address": "Storgatan 1, 753 20 Uppsala",
        "identity_document": "passport",
        **changed,
    }


def without_moments(value: Any) -> Any:
    """Return an answer with each moment checked and replaced by a word."""
    if isinstance(value, dict):
        return {name: without_moments(member) for name, member in value.items()}
    if isinstance(value, list):
        return [without_moments(member) for member in value]
    return "moment" if isinstance(value, str) and MOMENT.fullmatch(value) else value


def test_a_customer_is_registered_with_the_seeds_members_and_read_back(key: str, base: str):
    members = told()

    answer = ask("POST", f"{base}/customers", key, json=members)

    assert answer.status_code == 201
    assert without_moments(answer.json) == {
        "id": answer.json["id"],
        **members,
        "identity_document": {"type": "passport", "number": None, "issuing_country": None, "expiry_date": None},
        "metadata": {},
        "level": "standard",
        "status": "pending",
        "stage": "collecting",
        "final": False,
        "created_at": "moment",
        "updated_at": "moment",
        "livemode": False,
    }
    assert isinstance(answer.json["id"], int)
    assert ask("GET", f"{base}/customers/{members['customer_id']}", key).json == answer.json


@pytest.mark.parametrize(
    ("spelling", "kind"), [("driver's license", "driving_licence"), ("passport", "passport"), ("National ID", "national_id")]
)
def test_an_identity_document_may_be_its_kind_alone(key: str, base: str, spelling: str, kind: str):
    answer = ask("POST", f"{base}/customers", key, json=told(identity_document=spelling))

    assert (answer.status_code, answer.json["identity_document"]["type"]) == (201, kind)


def test_members_that_are_missing_or_wrong_are_all_named_and_nothing_is_stored(key: str, base: str):
    wrong = {"customer_id": "cus-wrong", "name": "", "email": "anna", "phone_number": "0701234567", "date_of_birth": "12.8.1974"}

    answer = ask("POST", f"{base}/customers", key, json=wrong)

    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert [(error["pointer"], error["code"]) for error in answer.get_json(force=True)["errors"]] == [
        ("/name", "required"),
        ("/email", "invalid_email"),
        ("/phone_number", "invalid_phone_number"),
        ("/date_of_birth", "invalid_date"),
        ("/address", "required"),
        ("/identity_document", "required"),
    ]
    assert ask("GET", f"{base}/customers/cus-wrong", key).status_code == 404


def test_a_customer_id_is_taken_once(key: str, base: str):
    members = told()
    assert ask("POST", f"{base}/customers", key, json=members).status_code == 201

    answer = ask("POST", f"{base}/customers", key, json=members)

    assert (answer.status_code, answer.get_json(force=True)["code"]) == (409, "customer_id_taken")


def test_the_status_is_pending_until_it_is_verified(way: Way, base: str):
    customer_id = ask("POST", f"{base}/customers", f"Api-Key {way.key}", json=told()).json["customer_id"]
    path = f"{base}/customers/{customer_id}/kyc-status"

    at_first = ask("GET", path, f"Api-Key {way.key}").json
    way.submit_all(customer_id)
    way.until_answered()
    at_last = ask("GET", path, f"Api-Key {way.key}").json

    run = at_first["verification_id"]
    nothing = {
        "customer_id": customer_id,
        "level": "standard",
        "issues": [],
        "verification_id": run,
        "updated_at": "moment",
        "livemode": False,
    }
    assert without_moments(at_first) == {
        **nothing,
        "status": "pending",
        "stage": "collecting",
        "final": False,
        "documents": [],
        "missing": list(DOC_TYPES),
        "sequence": 1,
    }
    verified = {"status": "verified", "submitted_at": "moment", "decided_at": "moment", "reasons": []}
    assert without_moments(at_last) == {
        **nothing,
        "status": "verified",
        "stage": "approved",
        "final": True,
        "documents": [{"doc_type": doc_type, **verified} for doc_type in DOC_TYPES],
        "missing": [],
        "sequence": at_last["sequence"],
    }
    assert at_last["sequence"] > at_first["sequence"]


def test_a_rejection_says_which_document_and_why(way: Way, base: str):
    members = told(metadata={"sandbox_scenario": "reject:SELFIE:image_blurred"})
    assert ask("POST", f"{base}/customers", f"Api-Key {way.key}", json=members).status_code == 201
    way.submit_all(members["customer_id"])
    way.until_answered()

    status = ask("GET", f"{base}/customers/{members['customer_id']}/kyc-status", f"Api-Key {way.key}").json

    reason = {"code": "image_blurred", "message": "The photo is blurred. Take it again in good light.", "user_fixable": True}
    assert (status["status"], status["stage"], status["final"]) == ("rejected", "resubmit", False)
    assert status["issues"] == [{**reason, "doc_type": "SELFIE"}]
    assert [(entry["status"], entry["reasons"]) for entry in status["documents"]] == [("verified", [])] * 3 + [("rejected", [reason])]


@pytest.mark.parametrize(
    ("changed", "reverification", "stage"),
    [
        ({"name": "Anna Lindqvist"}, {"required": True, "because": ["name"], "documents": []}, "submitted"),
        (
            {"address": "Kungsgatan 2, 753 20 Uppsala"},
            {"required": True, "because": ["address"], "documents": ["PROOF_OF_ADDRESS"]},
            "collecting",
        ),
        ({"email": "anna.lindqvist@example.com"}, {"required": False, "because": [], "documents": []}, "approved"),
        ({"name": "ANNA  MARIA  ERIKSSON"}, {"required": False, "because": [], "documents": []}, "approved"),
    ],
    ids=["name", "address", "e-mail", "the same name"],
)
def test_an_update_verifies_again_when_it_must(way: Way, base: str, changed: dict[str, Any], reverification: dict[str, Any], stage: str):
    members = told()
    customer_id = way.verified(**members)

    answer = ask("PUT", f"{base}/customers/{customer_id}", f"Api-Key {way.key}", json={**members, **changed})

    assert answer.status_code == 200
    assert answer.json["reverification"] == reverification
    assert answer.json["stage"] == stage
    assert answer.json["status"] == ("verified" if stage == "approved" else "pending")
    assert ask("GET", f"{base}/customers/{customer_id}/kyc-status", f"Api-Key {way.key}").json["stage"] == stage


def test_the_report_counts_verified_pending_and_rejected_customers(way: Way, base: str):
    way.verified()
    way.register()
    rejected = way.register(metadata={"sandbox_scenario": "reject:SELFIE:image_blurred"})
    way.submit_all(rejected)
    way.until_answered()
    today = datetime.now(UTC).date().isoformat()

    answer = ask("GET", f"{base}/report?start={today}&end={today}", f"Api-Key {way.key}")

    assert answer.status_code == 200
    assert (answer.json["start"], answer.json["end"], answer.json["time_zone"], answer.json["livemode"]) == (today, today, "UTC", False)
    assert answer.json["customers"] == {"total": 3, "verified": 1, "pending": 1, "rejected": 1}
    assert answer.json["rejection_reasons"] == [{"code": "image_blurred", "count": 1}]


@pytest.mark.parametrize("query", ["", "?start=2026-01-01", "?start=2026-02-01&end=2026-01-01", "?start=yesterday&end=today"])
def test_a_report_without_a_proper_range_says_what_is_wrong(key: str, base: str, query: str):
    answer = ask("GET", f"{base}/report{query}", key)

    assert (answer.status_code, answer.get_json(force=True)["code"]) == (422, "invalid_request")
