"""The first seed, letter for letter: its paths, its header, its bodies, its errors."""

import base64
from typing import Any

import orjson
import pytest

from kyc_platform.requests.problems import InternalError, Unavailable
from kyc_platform.storage.client import StorageUnavailable
from tests.api.asking import ask
from tests.fixtures.merchants import a_key, a_merchant
from tests.fixtures.way import DOC_TYPES, Way, a_picture, members_of_customer
from verification.api.end_user import shown_as

STATUS = "/api/v1/user/me/kyc/status"
SUBMIT = "/api/v1/user/me/kyc/submit"
UNKNOWN_TYPE = "Unknown doc_type. Known: ID_FRONT, ID_BACK, PROOF_OF_ADDRESS, SELFIE"
NO_BASE64 = "doc_body is not base64: send the file's bytes as base64 or as a base64 data URL"
OK = b'{"is_success":true,"err_code":"Err0000","err_message":"OK"}'


class User:
    """An end user with a token."""

    def __init__(self, key: str, **told: Any) -> None:
        proof, members = f"Api-Key {key}", members_of_customer(**told)
        assert ask("POST", "/api/v1/customers", proof, json=members).status_code == 201
        issued = ask("POST", f"/api/v1/customers/{members['customer_id']}/access-tokens", proof, json={}).get_json()
        self.id, self.proof = issued["user_id"], f"jwt {issued['token']}"

    def status(self) -> Any:
        """Read the status."""
        answer = ask("GET", STATUS, self.proof, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
        return orjson.loads(answer.data)

    def submit(self, doc_type: Any = "SELFIE", picture: bytes | None = None, **changed: Any) -> Any:
        """Submit a document and return the answer."""
        body = {"doc_type": doc_type, "doc_body": base64.b64encode(picture or a_picture()).decode(), **changed}
        return ask("POST", SUBMIT, self.proof, json=body)


@pytest.fixture(scope="module")
def key(database: None) -> str:
    """A test key of a merchant whose customers are never checked."""
    return a_key(a_merchant().sandbox)


@pytest.fixture
def user(key: str) -> User:
    """A freshly registered one."""
    return User(key)


def refusal(answer: Any) -> tuple[int, str, str]:
    """Return the HTTP status, the code and the message of a refusal, and hold it to be the seed's envelope and nothing else."""
    body = orjson.loads(answer.data)
    assert list(body) == ["is_success", "err_code", "err_message"]
    assert body["is_success"] is False
    assert answer.headers["Content-Type"] == "application/json"
    return answer.status_code, body["err_code"], body["err_message"]


def test_before_anything_was_submitted_the_status_has_three_members(user: User):
    assert ask("GET", STATUS, user.proof).data == orjson.dumps(
        {"user_id": user.id, "status": "unverified", "submission_status": "NOT_SUBMITTED"}
    )


def test_a_submission_is_answered_letter_for_letter(user: User):
    answer = user.submit("ID_FRONT")

    assert (answer.status_code, answer.data) == (200, OK)


def test_each_document_that_came_in_is_told_in_the_order_of_the_level(user: User):
    assert user.submit("SELFIE").status_code == user.submit("ID_FRONT").status_code == 200

    assert user.status() == {
        "user_id": user.id,
        "status": "unverified",
        "submission_status": "NOT_SUBMITTED",
        "doc_status": [
            {"doc_type": "ID_FRONT", "doc_status": "UNVERIFIED", "can_resubmit": True},
            {"doc_type": "SELFIE", "doc_status": "UNVERIFIED", "can_resubmit": True},
        ],
    }


def test_the_status_turns_submitted_with_the_last_document_and_verified_with_the_decision(way: Way):
    user = User(way.key)
    for doc_type in DOC_TYPES:
        assert user.submit(doc_type).data == OK
    under_way = user.status()
    way.until_answered()

    entries = [{"doc_type": doc_type, "doc_status": "UNVERIFIED", "can_resubmit": False} for doc_type in DOC_TYPES]
    assert under_way == {"user_id": user.id, "status": "unverified", "submission_status": "SUBMITTED", "doc_status": entries}
    verified = [{**entry, "doc_status": "VERIFIED"} for entry in entries]
    assert user.status() == {"user_id": user.id, "status": "verified", "submission_status": "SUBMITTED", "doc_status": verified}


def test_a_rejected_document_says_why_and_can_be_submitted_again(way: Way):
    user = User(way.key, metadata={"sandbox_scenario": "reject:SELFIE:image_blurred"})
    for doc_type in DOC_TYPES:
        assert user.submit(doc_type).data == OK
    way.until_answered()

    asked_again = user.status()["doc_status"][3]
    assert asked_again == {
        "doc_type": "SELFIE",
        "doc_status": "UNVERIFIED",
        "can_resubmit": True,
        "reasons": ["The photo is blurred. Take it again in good light."],
    }
    assert refusal(user.submit("ID_FRONT")) == (409, "Err1006", "This document is already verified")
    assert user.submit("SELFIE").data == OK
    way.until_answered()
    assert user.status()["status"] == "verified"


def test_while_documents_are_checked_none_is_taken(user: User):
    for doc_type in DOC_TYPES:
        assert user.submit(doc_type).data == OK

    assert refusal(user.submit("SELFIE")) == (409, "Err1007", "This document is being checked")


def test_a_data_url_is_taken(user: User):
    body = "data:image/jpeg;base64," + base64.b64encode(a_picture()).decode()

    assert user.submit(doc_body=body).data == OK


@pytest.mark.parametrize(
    ("body", "err_code", "err_message"),
    [
        (b"{", "Err1001", "The body is not valid JSON: it cannot be read at line 1, column 2."),
        (b"", "Err1001", "The member doc_type is missing"),
        (b"[]", "Err1001", "The body must be a JSON object with doc_type and doc_body"),
        ({"doc_type": "SELFIE"}, "Err1001", "The member doc_body is missing"),
        ({"doc_body": "aGVsbG8="}, "Err1001", "The member doc_type is missing"),
        (
            {"doc_type": "PASSPORT", "doc_body": "aGVsbG8="},
            "Err1002",
            UNKNOWN_TYPE,
        ),
        (
            {"doc_type": ["SELFIE"], "doc_body": "aGVsbG8="},
            "Err1002",
            UNKNOWN_TYPE,
        ),
        (
            {"doc_type": "SELFIE", "doc_body": "***"},
            "Err1003",
            NO_BASE64,
        ),
        (
            {"doc_type": "SELFIE", "doc_body": 7},
            "Err1003",
            NO_BASE64,
        ),
        (
            {"doc_type": "SELFIE", "doc_body": "aGVsbG8="},
            "Err1004",
            "Send a photo or scan as JPEG, PNG, WebP or HEIC; a PDF is accepted as PROOF_OF_ADDRESS only.",
        ),
    ],
    ids=["no json", "empty", "a list", "no body", "no type", "unknown type", "a list as type", "no base64", "a number", "a text file"],
)
def test_a_wrong_request_is_400_with_its_own_code(user: User, body: Any, err_code: str, err_message: str):
    answer = ask("POST", SUBMIT, user.proof, json=body)

    assert refusal(answer) == (400, err_code, err_message)
    assert user.status() == {"user_id": user.id, "status": "unverified", "submission_status": "NOT_SUBMITTED"}


def test_an_image_that_ends_early_is_err1005(user: User):
    status, err_code, _ = refusal(user.submit(picture=a_picture()[:-200]))

    assert (status, err_code) == (400, "Err1005")


def test_a_file_of_more_than_ten_megabytes_is_refused_letter_for_letter(user: User):
    answer = user.submit(picture=bytes(10 * 1024 * 1024 + 1))

    assert (answer.status_code, answer.data) == (400, b'{"is_success":false,"err_code":"Err1234","err_message":"File size is too big"}')


def test_a_body_larger_than_any_request_is_refused_letter_for_letter(user: User):
    answer = user.submit(picture=bytes(16 * 1024 * 1024))

    assert (answer.status_code, answer.data) == (400, b'{"is_success":false,"err_code":"Err1234","err_message":"File size is too big"}')


@pytest.mark.parametrize("proof", [None, "", "jwt", "jwt x.y.z", "Basic eDp5", "Api-Key kyc_test_x.y"])
@pytest.mark.parametrize(("method", "path"), [("GET", STATUS), ("POST", SUBMIT)])
def test_what_is_no_token_is_401(proof: str | None, method: str, path: str):
    answer = ask(method, path, proof)

    assert refusal(answer) == (401, "Err1101", "The token is missing, expired or not valid")
    assert answer.headers["WWW-Authenticate"] == "JWT"


@pytest.mark.parametrize("scheme", ["jwt", "JWT", "Jwt", "Bearer", "bearer"])
def test_the_scheme_is_taken_in_any_case_and_as_bearer_too(user: User, scheme: str):
    assert ask("GET", STATUS, f"{scheme} {user.proof.partition(' ')[2]}").status_code == 200


def test_an_outage_is_503_and_names_nothing():
    for error in (StorageUnavailable(), Unavailable(), InternalError()):
        assert shown_as(error) == ("Err1500", 503, "Try again later")


def test_another_method_keeps_the_envelope(user: User):
    answer = ask("DELETE", STATUS, user.proof)

    assert refusal(answer)[:2] == (405, "Err1001")
    assert answer.headers["Allow"] == "GET, HEAD"
