"""Each operation needs exactly its scope, and says so when it is missing."""

from typing import Any

import pytest

from tenants.api_keys.scopes import ALL_SCOPES
from tenants.merchants.models import Merchant
from tests.api.asking import ask
from tests.api.operations import Operation, merchant_operations, named
from tests.fixtures.merchants import a_key, a_merchant
from tests.fixtures.way import members_of_customer

SEALED = ("name", "email", "phone_number", "date_of_birth", "address", "identity_document", "metadata")


@pytest.fixture(scope="module")
def sandbox(database: None) -> Merchant:
    """The sandbox of a merchant."""
    sandbox: Merchant = a_merchant().sandbox
    return sandbox


def call(operation: Operation, *, key: str) -> Any:
    """Ask for something that is not there, with no body: a key that is let in meets another error than 401 and 403, or none."""
    path = operation.filled(customer_id="nobody", document_id="none", verification_id="none", endpoint_id="none", event_id="none")
    return ask(operation.method.upper(), path, f"Api-Key {key}")


@pytest.mark.parametrize("operation", merchant_operations(), ids=named)
def test_a_key_without_the_scope_is_refused_by_its_name(sandbox: Merchant, operation: Operation):
    others = [scope for scope in ALL_SCOPES if scope != operation.scope]

    answer = call(operation, key=a_key(sandbox, *others))

    problem = answer.get_json(force=True)
    assert (answer.status_code, problem["code"]) == (403, "missing_scope")
    assert problem["detail"] == f"this needs a key with the scope {operation.scope}"


@pytest.mark.parametrize("operation", merchant_operations(), ids=named)
def test_a_key_with_the_scope_alone_is_let_in(sandbox: Merchant, operation: Operation):
    answer = call(operation, key=a_key(sandbox, operation.scope))

    assert answer.status_code in (200, 404, 422)


def test_without_pii_read_the_sealed_members_are_left_out_wherever_a_customer_is_shown(sandbox: Merchant):
    members = members_of_customer(metadata={"tier": "gold"})
    all_but_pii = a_key(sandbox, *(scope for scope in ALL_SCOPES if scope != "pii:read"))
    blind, path = f"Api-Key {all_but_pii}", f"/api/v1/customers/{members['customer_id']}"

    shown = [
        ask("POST", "/api/v1/customers", blind, json=members),
        ask("GET", path, blind),
        ask("PUT", path, blind, json=members),
        ask("GET", f"/api/v1/customers?customer_id={members['customer_id']}", blind),
    ]

    assert [answer.status_code for answer in shown] == [201, 200, 200, 200]
    for answer in shown:
        customer = answer.get_json()["data"][0] if "data" in answer.get_json() else answer.get_json()
        assert customer["customer_id"] == members["customer_id"]
        assert not set(SEALED) & set(customer)
        assert not any(text in answer.text for text in ("Eriksson", "example.com", "Storgatan", "L898902C3", "gold", "1974"))


def test_with_pii_read_the_sealed_members_come_back_as_they_were_sent(sandbox: Merchant):
    members = members_of_customer(metadata={"tier": "gold", "visits": 3, "newsletter": False})
    key = f"Api-Key {a_key(sandbox, 'customers:read', 'customers:write', 'pii:read')}"

    registered = ask("POST", "/api/v1/customers", key, json=members).get_json()
    read = ask("GET", f"/api/v1/customers/{members['customer_id']}", key).get_json()

    assert read == registered
    assert {name: read[name] for name in SEALED} == {name: members[name] for name in SEALED}
