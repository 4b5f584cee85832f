"""The running platform answers as its document says: made-up requests, right and wrong, against the real WSGI application.

Bounded and seeded: the same requests every time, some dozens for each operation. What a schema cannot say (a customer_id is unique, a
level exists, a date of birth lies far enough back) is refused although it looks right, so acceptance of right data is not checked here.
"""

import base64
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from tests.api.asking import ask, web_process
from tests.api.operations import Operation, named, operations
from tests.fixtures.merchants import a_key, a_merchant
from tests.fixtures.sandbox_provider import SandboxProcess
from tests.fixtures.way import a_picture, members_of_customer

CASES = 40
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
    max_examples=CASES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def schema(database: None) -> Any:
    """The document as the platform serves it. A key is shown by the test, not made up: what is no key is tried elsewhere."""
    config = schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}})
    return schemathesis.openapi.from_wsgi("/api/v1/schema", web_process(), config=config)


@pytest.fixture(scope="module")
def key(database: None) -> str:
    """A test key with all scopes, as a header."""
    return f"Api-Key {a_key(a_merchant().sandbox)}"


@pytest.fixture(scope="module")
def known(key: str) -> dict[str, str]:
    """Ids of what exists, by the names that parameters have, and an end user's token."""
    customer_id = made("/api/v1/customers", key, members_of_customer())["customer_id"]
    path = f"/api/v1/customers/{customer_id}"
    picture = base64.b64encode(a_picture()).decode()
    return {
        "customer_id": customer_id,
        "document_id": made(f"{path}/documents", key, {"doc_type": "SELFIE", "doc_body": picture})["id"],
        "verification_id": ask("GET", f"{path}/verifications", key).get_json(force=True)["data"][0]["id"],
        "endpoint_id": made("/api/v1/webhook-endpoints", key, {"url": PUBLIC_URL})["id"],
        "event_id": ask("GET", "/api/v1/events", key).get_json(force=True)["data"][0]["id"],
        "token": made(f"{path}/access-tokens", key, {})["token"],
    }


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


@pytest.mark.parametrize("operation", operations(), ids=named)
def test_it_answers_requests_that_look_right_as_its_document_says(schema: Any, key: str, known: dict[str, str], operation: Operation):
    described = schema[operation.path][operation.method].as_strategy(generation_mode=GenerationMode.POSITIVE)

    @bounded
    @given(case=described, is_known=st.booleans(), is_near=st.booleans(), member=st.integers(0, 8))
    def hold(case: Any, is_known: bool, is_near: bool, member: int) -> None:
        if is_near and isinstance(case.body, dict) and case.media_type == "application/json" and operation.is_described_by_us:
            case.body = near(operation, case.body, member)
        check(case, operation, key, known if is_known else {"token": known["token"]})

    hold()


@pytest.mark.parametrize("operation", [operation for operation in operations() if takes_anything(operation)], ids=named)
def test_it_refuses_requests_that_break_its_document_as_the_document_says(
    schema: Any, key: str, known: dict[str, str], operation: Operation
):
    described = schema[operation.path][operation.method].as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @bounded
    @given(case=described)
    def hold(case: Any) -> None:
        check(case, operation, key, known)

    hold()


def check(case: Any, operation: Operation, key: str, known: dict[str, str]) -> None:
    """Send a request to what is known, with its proof, and hold the answer to the document."""
    proof = f"JWT {known['token']}" if "/user/me/" in operation.path else key
    case.path_parameters.update({name: value for name, value in known.items() if name in case.path_parameters})
    headers = {"Authorization": proof} if operation.is_of_somebody else {}
    case.call_and_validate(headers=headers, checks=CHECKS)
