"""Requests that no client of ours would send: each is refused in the API's own form, and none is a 5xx."""

import base64
import secrets
from typing import Any

import pytest

from tests.api.asking import ask, multipart
from tests.fixtures.merchants import a_key, a_merchant
from tests.fixtures.way import members_of_customer

PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def proof(database: None) -> str:
    """A test key with all scopes, as a header."""
    return f"Api-Key {a_key(a_merchant().sandbox)}"


@pytest.fixture(scope="module")
def customer_id(proof: str) -> str:
    """A customer who exists."""
    answer = ask("POST", "/api/v1/customers", proof, json=members_of_customer())
    assert answer.status_code == 201
    return str(answer.json["customer_id"])


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Hold an answer to be the problem document of this status and code, and return it."""
    document = dict(answer.get_json(force=True))
    assert (answer.status_code, answer.mimetype, document["code"]) == (status, PROBLEM, code)
    assert document["status"] == status
    assert document["type"] == f"/api/v1/docs/errors#{code}"
    assert document["request_id"] == answer.headers["Request-Id"]
    return document


@pytest.mark.parametrize(
    ("method", "rest"),
    [
        ("GET", ""),
        ("PUT", ""),
        ("GET", "/kyc-status"),
        ("GET", "/documents"),
        ("POST", "/documents"),
        ("POST", "/access-tokens"),
        ("GET", "/verifications"),
        ("POST", "/verifications"),
    ],
)
def test_an_id_with_a_nul_character_is_a_path_where_nothing_is(proof: str, method: str, rest: str):
    refused(ask(method, f"/api/v1/customers/a%00b{rest}", proof, json={}), 404, "unknown_path")


@pytest.mark.parametrize(("method", "rest"), [("GET", "documents/a%00/content"), ("POST", "verifications/a%00/decision")])
def test_an_id_below_a_customer_with_a_nul_character_is_a_path_where_nothing_is(proof: str, customer_id: str, method: str, rest: str):
    refused(ask(method, f"/api/v1/customers/{customer_id}/{rest}", proof, json={"decision": "approve"}), 404, "unknown_path")


def test_a_level_with_a_nul_character_is_an_unknown_level(proof: str, customer_id: str):
    document = refused(
        ask("POST", f"/api/v1/customers/{customer_id}/verifications", proof, json=b'{"level": "a\\u0000"}'), 422, "invalid_request"
    )

    assert [(wrong["pointer"], wrong["code"]) for wrong in document["errors"]] == [("/level", "unknown_level")]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59", "0000-01-01", "2026-02-30", "now", "%00"])
def test_a_moment_outside_the_calendar_is_named(proof: str, moment: str):
    document = refused(ask("GET", f"/api/v1/customers?created_from={moment}", proof), 422, "invalid_request")

    assert len(document["errors"]) == 1


@pytest.mark.parametrize(
    "plain",
    [
        "0001-01-01T00:00:00+23:59|1",
        "2026-01-01T00:00:00+00:00|-1",
        "2026-01-01T00:00:00|1",
        "|",
        "x|y",
        f"2026-01-01T00:00:00+00:00|{2**63}",
    ],
)
def test_a_made_up_cursor_is_named(proof: str, plain: str):
    cursor = base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")

    document = refused(ask("GET", f"/api/v1/customers?cursor={cursor}", proof), 422, "invalid_request")

    assert [(wrong["pointer"], wrong["code"]) for wrong in document["errors"]] == [("/cursor", "invalid_cursor")]


@pytest.mark.parametrize("limit", ["0", "-1", "101", "1.5", "", "%F0%9D%9F%8F", "9" * 5000])
def test_a_limit_that_is_none_is_named(proof: str, limit: str):
    document = refused(ask("GET", f"/api/v1/customers?limit={limit}", proof), 422, "invalid_request")

    assert [(wrong["pointer"], wrong["code"]) for wrong in document["errors"]] == [("/limit", "invalid_limit")]


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"customer_id": "\\ud800"}', b"[" * 100_000, b'{"metadata": {"a": 1e400}}', b"NaN"])
def test_what_is_no_json_is_refused(proof: str, body: bytes):
    refused(ask("POST", "/api/v1/customers", proof, json=body), 400, "not_json")


@pytest.mark.parametrize("body", [b"null", b"[]", b"1", b'"x"', b"true"])
def test_json_that_is_no_object_is_refused(proof: str, body: bytes):
    document = refused(ask("POST", "/api/v1/customers", proof, json=body), 422, "invalid_request")

    assert [wrong["pointer"] for wrong in document["errors"]] == [""]


def test_a_content_type_that_is_not_read_is_refused(proof: str):
    refused(
        ask("POST", "/api/v1/customers", proof, data=b"a=1", content_type="application/x-www-form-urlencoded"),
        415,
        "unsupported_media_type",
    )


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"data": b"xx", "content_type": "multipart/form-data"}, 400, "malformed_request"),
        ({"data": b"xx", "content_type": "multipart/form-data; boundary="}, 400, "malformed_request"),
        (multipart(("doc_type", None, b"SELFIE"), ("file", "a.jpg", b"a"), ("more", "b.jpg", b"b")), 400, "malformed_request"),
        (multipart(("doc_type", None, b"SELFIE")), 422, "invalid_request"),
        (multipart(("doc_type", "a.jpg", b"SELFIE"), ("file", None, b"a")), 422, "invalid_request"),
        (multipart(("doc_type", None, b"SE\x00"), ("file", "a.jpg", b"a")), 422, "invalid_request"),
        (multipart(("doc_type", None, b"SELFIE"), ("file", "a.jpg", b"x" * (10 * 1024 * 1024 + 1))), 413, "file_too_big"),
        (multipart(("doc_type", None, b"x" * (20 * 1024 * 1024))), 413, "body_too_big"),
    ],
    ids=["no boundary", "empty boundary", "two files", "no file", "swapped", "nul", "too big a file", "too big a text"],
)
def test_a_multipart_body_that_is_none_is_refused(proof: str, customer_id: str, body: dict[str, Any], status: int, code: str):
    refused(ask("POST", f"/api/v1/customers/{customer_id}/documents", proof, **body), status, code)


@pytest.mark.parametrize("method", ["OPTIONS", "PATCH", "DELETE", "TRACE", "MADEUP"])
def test_a_method_that_is_not_there_is_405_and_says_which_are(proof: str, customer_id: str, method: str):
    answer = ask(method, f"/api/v1/customers/{customer_id}", proof)

    refused(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, PUT, HEAD"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("POST", "/healthz", "GET, HEAD"), ("POST", "/readyz", "GET, HEAD"), ("GET", "/callbacks/sandbox/x", "POST")],
)
def test_the_paths_beside_the_api_refuse_other_methods_alike(method: str, path: str, allowed: str):
    answer = ask(method, path)

    refused(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == allowed


def test_head_is_answered_like_get(proof: str, customer_id: str):
    assert ask("HEAD", f"/api/v1/customers/{customer_id}", proof).status_code == 200
    assert ask("HEAD", "/api/v1/customers/nobody", proof).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/customers/",
        "/customers/",
        "/api/v1/customers/x/kyc-status/",
        "/api/v1/customers/a%2Fb",
        "/api/v2/customers",
        "/admin",
        "/api/v1/",
    ],
)
def test_a_path_where_nothing_is_is_404(proof: str, path: str):
    refused(ask("GET", path, proof), 404, "unknown_path")


@pytest.mark.parametrize(
    "header", ["", "Api-Key", "Api-Key é", "Bearer x", "Basic a:b", "Api-Key " + "x" * 20_000, "Api-Key kyc_test_\x7f.x"]
)
def test_what_is_no_key_is_401_and_says_how_to_send_one(header: str):
    answer = ask("GET", "/api/v1/customers", header.encode().decode("latin-1"))

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Api-Key"
    assert answer.get_json(force=True)["code"] in ("api_key_missing", "api_key_invalid")


def test_a_host_that_is_none_of_ours_is_refused(proof: str):
    refused(ask("GET", "/api/v1/customers", proof, headers={"Host": "evil.example"}), 400, "malformed_request")


def test_a_refusal_names_every_wrong_member_and_repeats_no_value(proof: str):
    secret = "Kanarienvogel"
    wrong = {
        "customer_id": f"cus {secret}",
        "name": f"{secret}\x07",
        "email": f"{secret}.example.com",
        "phone_number": f"+46 {secret}",
        "date_of_birth": f"1974-{secret}",
        "address": {"line1": f"{secret}\x07", "city": secret * 50, "country": secret, "postal_code": f"!{secret}", "region": [secret]},
        "identity_document": {"type": secret, "number": f"?{secret}", "issuing_country": secret, "expiry_date": secret},
        "level": secret,
        "metadata": {"note": [secret], "long": secret * 100},
    }

    answer = ask("POST", "/api/v1/customers", proof, json=wrong)

    document = refused(answer, 422, "invalid_request")
    assert {error["pointer"].split("/")[1] for error in document["errors"]} == set(wrong)
    assert secret.casefold() not in answer.text.casefold()


@pytest.mark.parametrize(
    ("path", "members", "pointer"),
    [
        ("reconcile", [{"customer_id": "a\0", "status": "pending", "sequence": 0}], "/0/customer_id"),
        ("sandbox/integration-check", {"endpoint_id": "a\0"}, "/endpoint_id"),
        ("events/evt_none/resend", {"webhook_endpoint_id": "a\0"}, "/webhook_endpoint_id"),
    ],
)
def test_an_id_in_a_body_with_a_nul_character_is_named(proof: str, path: str, members: Any, pointer: str):
    document = refused(ask("POST", f"/api/v1/{path}", proof, json=members), 422, "invalid_request")

    assert [(wrong["pointer"], wrong["code"]) for wrong in document["errors"]] == [(pointer, "invalid_character")]


def test_a_whole_number_may_be_written_with_a_point_as_json_schema_has_it(proof: str, customer_id: str):
    endpoint = ask("POST", "/api/v1/webhook-endpoints", proof, json={"url": "https://93.184.215.14/kyc"}).get_json()["id"]

    answers = [
        ask("POST", "/api/v1/sandbox/clock/advance", proof, json=b'{"seconds": 1.0}'),
        ask("POST", "/api/v1/sandbox/webhooks/chaos", proof, json=b'{"faults": ["drop"], "deliveries": 0.0}'),
        ask("POST", f"/api/v1/customers/{customer_id}/access-tokens", proof, json=b'{"expires_in_seconds": 6e1}'),
        ask("POST", f"/api/v1/webhook-endpoints/{endpoint}/rotate-secret", proof, json=b'{"expires_in_seconds": 60.0}'),
        ask("POST", "/api/v1/reconcile", proof, json=b'[{"customer_id": "none", "status": "pending", "sequence": 1.0}]'),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 201, 200, 200]


@pytest.mark.parametrize("number", [b"1.5", b"true", b'"1"', b"1e300", b"-1.0"])
def test_what_is_no_whole_number_is_named(proof: str, number: bytes):
    document = refused(ask("POST", "/api/v1/sandbox/clock/advance", proof, json=b'{"seconds": ' + number + b"}"), 422, "invalid_request")

    assert [wrong["pointer"] for wrong in document["errors"]] == ["/seconds"]


def nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


@pytest.mark.parametrize("body", [nested(300), nested(1000), b'{"a":' + b"[" * 1000 + b"]" * 1000 + b"}"])
def test_a_body_that_is_nested_deeply_is_refused_under_an_idempotency_key_too(proof: str, body: bytes):
    answer = ask("POST", "/api/v1/customers", proof, json=body, headers={"Idempotency-Key": secrets.token_hex(8)})

    refused(answer, 422, "invalid_request")
