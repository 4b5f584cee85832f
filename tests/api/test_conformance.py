"""The running platform answers as its document says: made-up requests, right and wrong, against the real WSGI application.

Bounded and seeded: the same requests every time, some dozens for each operation with a test key, and some with a live key. For a long
search, CONFORMANCE_CASES says how many for each operation, and `--hypothesis-seed` which:

    CONFORMANCE_CASES=2000 make test ARGS="tests/api/test_conformance.py --hypothesis-seed=7"

A request that looks right is taken, or refused for something that a schema cannot say: a customer_id is unique, a level exists.
"""

import base64
import os
import secrets
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from tenants.merchants.plans import PlanName
from tests.api.asking import ask, web_process
from tests.api.operations import METHODS, Operation, document, named, operations
from tests.fixtures.merchants import a_key, a_merchant
from tests.fixtures.sandbox_provider import SandboxProcess
from tests.fixtures.way import a_picture, members_of_customer
from verification.api.documentation.documents import REFUSED_UPLOADS

LONG = int(os.environ.get("CONFORMANCE_CASES", "0"))  # of an operation, right and wrong ones each
CASES = {"test": LONG or 40, "live": LONG or 8}
PUBLIC_URL = "https://93.184.215.14/kyc"  # an address, so that no name is looked up; nothing is ever sent to it
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.ignored_auth,
    checks.unsupported_method,
    checks.allow_header_conformance,
]
bounded = settings(
    derandomize=not LONG,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


# What a schema cannot say, for which a request that it allows is refused.
UNSAID = {
    *("date_in_future", "date_too_early", "too_young", "document_expired", "invalid_document_number", "invalid_email", "invalid_name"),
    *("invalid_phone_number", "unknown_country", "unknown_document_type", "unknown_level", "invalid_characters", "mismatch"),
    *("invalid_character", "invalid_cursor", "invalid_moment", "invalid_date", "before_start", "in_the_future", "range_too_long"),
    *("invalid_postal_code", "not_base64", "Err1003", "Err1004", "Err1005", "url_not_allowed", "idempotency_key_reused"),
    *(error.code for error in REFUSED_UPLOADS),
    *("duplicate", "not_allowed", "invalid_choice", "required", "document_not_submitted", "document_not_required"),  # of two members
}
each_mode = pytest.mark.parametrize("mode", ["test", "live"])


@dataclass(frozen=True)
class Caller:
    """A key as a header, and ids of what exists, by the names that parameters have."""

    key: str
    ids: dict[str, str]

    def token(self) -> str:
        """Return an end user's token as a header. Always a new one: what the document holds can end them all."""
        token = made(f"/api/v1/customers/{self.ids['customer_id']}/access-tokens", self.key, {})["token"]
        return f"JWT {token}"


@pytest.fixture(scope="module")
def schema(database: None) -> Any:
    """The document as the platform serves it. A key is shown by the test, not made up: what is no key is tried elsewhere."""
    config = schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}})
    return schemathesis.openapi.from_wsgi("/api/v1/schema", web_process(), config=config)


@pytest.fixture(scope="module")
def caller(database: None) -> dict[str, Caller]:
    """Keys with all scopes of one merchant that asks for as much as it likes."""
    merchant = a_merchant(plan=PlanName.UNLIMITED)
    return {"test": a_caller(a_key(merchant.sandbox)), "live": a_caller(a_key(merchant))}


def a_caller(secret: str) -> Caller:
    """Make one of everything that an id can name, and return the ids with the key."""
    key = f"Api-Key {secret}"
    customer_id = made("/api/v1/customers", key, members_of_customer())["customer_id"]
    path = f"/api/v1/customers/{customer_id}"
    picture = base64.b64encode(a_picture()).decode()
    return Caller(
        key,
        {
            "customer_id": customer_id,
            "document_id": made(f"{path}/documents", key, {"doc_type": "SELFIE", "doc_body": picture})["id"],
            "verification_id": ask("GET", f"{path}/verifications", key).get_json(force=True)["data"][0]["id"],
            "endpoint_id": made("/api/v1/webhook-endpoints", key, {"url": PUBLIC_URL})["id"],
            "event_id": ask("GET", "/api/v1/events", key).get_json(force=True)["data"][0]["id"],
        },
    )


def made(path: str, key: str, members: dict[str, Any]) -> dict[str, Any]:
    """Make something and return it."""
    answer = ask("POST", path, key, json=members)
    assert answer.status_code == 201, answer.text
    return dict(answer.get_json(force=True))


def near(operation: Operation, made_up: dict[str, Any], member: int) -> dict[str, Any]:
    """Return a body that is right but for one made-up member, so that what comes after validation is reached too."""
    content = operation.described["requestBody"]["content"]["application/json"]
    right = dict(next(iter(content["examples"].values()))["value"])
    right |= {"customer_id": members_of_customer()["customer_id"]} if operation.name == "create_customer" else {}
    right |= {"url": PUBLIC_URL} if operation.name == "create_webhook_endpoint" else {}
    if operation.name == "replace_customer":
        del right["customer_id"]  # the path has it
    names = sorted(made_up)
    return {**right, **({names[member % len(names)]: made_up[names[member % len(names)]]} if names else {})}


def takes_anything(operation: Operation) -> bool:
    """Tell whether an operation has members or parameters whose schema a request can break."""
    in_query = any(parameter["in"] == "query" for parameter in operation.described.get("parameters", []))
    return in_query or ("requestBody" in operation.described and operation.is_described_by_us)


@pytest.fixture(autouse=True)
def provider(sandbox_provider: SandboxProcess, settings: Any) -> None:
    """The sandbox provider answers: a simulation tells it what to do."""
    settings.SANDBOX_PROVIDER_URL = sandbox_provider.url
    settings.SANDBOX_PROVIDER_API_KEY = sandbox_provider.api_key


@each_mode
@pytest.mark.parametrize("operation", operations(), ids=named)
def test_it_answers_requests_that_look_right_as_its_document_says(schema: Any, caller: dict[str, Caller], operation: Operation, mode: str):
    described = schema[operation.path][operation.method].as_strategy(generation_mode=GenerationMode.POSITIVE)

    @settings(bounded, max_examples=CASES[mode])
    @given(case=described, is_known=st.booleans(), is_near=st.booleans(), member=st.integers(0, 8))
    def hold(case: Any, is_known: bool, is_near: bool, member: int) -> None:
        if is_near and isinstance(case.body, dict) and case.media_type == "application/json" and operation.is_described_by_us:
            case.body = near(operation, case.body, member)
        answer = check(case, operation, caller[mode], is_known=is_known)
        assert is_taken(answer) or refused_for(answer) <= UNSAID, answer.text

    hold()


@each_mode
@pytest.mark.parametrize("operation", [operation for operation in operations() if takes_anything(operation)], ids=named)
def test_it_refuses_requests_that_break_its_document_as_the_document_says(
    schema: Any, caller: dict[str, Caller], operation: Operation, mode: str
):
    described = schema[operation.path][operation.method].as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @settings(bounded, max_examples=CASES[mode])
    @given(case=described)
    def hold(case: Any) -> None:
        check(case, operation, caller[mode], is_known=True)

    hold()


@pytest.mark.parametrize("path", sorted(document()["paths"]))
def test_a_method_that_the_document_does_not_have_is_405_and_says_which_are(caller: dict[str, Caller], path: str):
    ids = {**caller["test"].ids, "provider": "sandbox", "route_token": "none"}
    proof = caller["test"].token() if "/user/me/" in path else caller["test"].key
    used = {"Idempotency-Key": "for another request"}
    assert ask("POST", "/api/v1/reconcile", caller["test"].key, json=[], headers=used).status_code == 200
    described = {method.upper() for method in document()["paths"][path] if method in METHODS}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW"} - described:
        for headers in {}, used:
            answer = ask(method, path.format(**ids), proof, headers=headers)
            assert answer.status_code == 405, (method, answer.text)
            assert set(answer.headers["Allow"].split(", ")) - {"HEAD"} == described, method


def check(case: Any, operation: Operation, caller: Caller, *, is_known: bool) -> Any:
    """Send a request, to what there is if it is known, with its proof; hold the answer to the document and return it."""
    proof = caller.token() if "/user/me/" in operation.path else caller.key
    if is_known:
        if "Idempotency-Key" in case.headers:
            case.headers["Idempotency-Key"] = secrets.token_hex(8)  # made up, they are few, and soon all used
        case.path_parameters.update({name: value for name, value in caller.ids.items() if name in case.path_parameters})
    headers = {"Authorization": proof} if operation.is_of_somebody else {}
    return case.call_and_validate(headers=headers, checks=CHECKS)


def is_taken(answer: Any) -> bool:
    """Tell whether a request was carried out, or met a state in which it cannot be: no fault of its form."""
    return answer.status_code < 300 or answer.status_code in (403, 404, 409, 410)


def refused_for(answer: Any) -> set[str]:
    """Return the codes of what was wrong with a request."""
    problem = answer.json()
    return {error["code"] for error in problem.get("errors", ())} or {problem.get("code") or problem["err_code"]}
