"""Merchants never meet: every operation with another merchant's ids, or the other mode's, is answered as if they had never been."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from kyc_platform.ids import new_id
from tenants.merchants.models import Merchant
from tests.api.asking import ask
from tests.api.operations import Operation, document, merchant_operations, named
from tests.fixtures.merchants import a_key, inside
from tests.fixtures.way import Way, members_of_customer

ID_PREFIXES = {"document_id": "doc", "verification_id": "ver", "endpoint_id": "whe", "event_id": "evt"}
OF_THIS_REQUEST = ("instance", "request_id")
HEADERS_OF_THIS_REQUEST = ("Request-Id", "Content-Length", "RateLimit-Remaining", "RateLimit-Reset")
WITH_IDS = [operation for operation in merchant_operations() if "{" in operation.path]
WITHOUT_IDS = ("read_report", "list_requests", "read_sandbox_clock", "read_integration_check")
NEVER_MADE = "read_integration_check"  # 404 until a merchant has asked for one
BELOW_A_CUSTOMER = [operation for operation in WITH_IDS if operation.path.count("{") == 2]

Ids = dict[str, str]


@pytest.fixture
def owned(way: Way) -> Ids:
    """Ids of things that `way`'s merchant has in its sandbox: a verified customer with its documents and run, and an endpoint."""
    customer_id = way.verified()
    path = f"/api/v1/customers/{customer_id}"
    endpoint = way.ask("POST", "/api/v1/webhook-endpoints", {"url": "https://93.184.215.14/kyc"})
    assert endpoint.status_code == 201, endpoint.content
    return {
        "customer_id": customer_id,
        "document_id": way.ask("GET", f"{path}/documents").json()["data"][0]["id"],
        "verification_id": way.ask("GET", f"{path}/verifications").json()["data"][0]["id"],
        "endpoint_id": endpoint.json()["id"],
        "event_id": way.ask("GET", "/api/v1/events").json()["data"][0]["id"],
    }


def never_there() -> Ids:
    """Return ids that nobody ever had."""
    return {"customer_id": f"cus-{new_id('x')[2:14]}", **{name: new_id(prefix) for name, prefix in ID_PREFIXES.items()}}


def call(operation: Operation, key: str, ids: Ids) -> Any:
    """Make the operation's own example of a request."""
    content = operation.described.get("requestBody", {}).get("content", {}).get("application/json")
    body = dict(next(iter(content["examples"].values()))["value"]) if content else None
    if body and "customer_id" in body:
        body["customer_id"] = ids["customer_id"]
    return ask(operation.method.upper(), operation.filled(**ids), f"Api-Key {key}", json=body)


def told(answer: Any) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Return what an answer says, but for what only names its own request."""
    headers = {name: value for name, value in answer.headers.items() if name not in HEADERS_OF_THIS_REQUEST}
    members = {name: value for name, value in answer.get_json(force=True).items() if name not in OF_THIS_REQUEST}
    return answer.status_code, headers, members


def is_closed_to(key: str, operation: Operation) -> bool:
    """Tell whether a key may not call an operation at all, whatever the ids: only a sandbox can be driven."""
    return operation.path.startswith("/api/v1/sandbox/") and key.startswith("kyc_live_")


def rows_of(merchant: Merchant) -> dict[str, list[Any]]:
    """Return every row of a merchant's schema, table by table."""
    with inside(merchant), connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [merchant.schema_name])
        tables = [name for (name,) in cursor.fetchall()]
        found = {}
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1')  # a name from the catalogue
            found[table] = cursor.fetchall()
        return found


def hold_apart(key: str, owned: Ids, *, way: Way, of: Callable[[Ids], Ids] = dict, operations: list[Operation] = WITH_IDS) -> None:
    """Call operations with what is owned elsewhere and with what never was, and hold the answers to be the same, and the rows untouched."""
    before = rows_of(way.merchant.sandbox)
    for operation in operations:
        foreign, nothing = call(operation, key, of(owned)), call(operation, key, of(never_there()))
        assert foreign.status_code == (403 if is_closed_to(key, operation) else 404), (operation.name, foreign.text)
        assert told(foreign) == told(nothing), operation.name
        shown = foreign.text.replace(foreign.get_json(force=True)["instance"], "")
        assert not any(value in shown for value in owned.values())
    assert rows_of(way.merchant.sandbox) == before


def test_another_merchants_ids_are_as_if_they_had_never_been(way: Way, owned: Ids, other_merchant: Merchant):
    assert ask("GET", f"/api/v1/customers/{owned['customer_id']}/kyc-status", f"Api-Key {way.key}").status_code == 200  # now it is at hand

    hold_apart(a_key(other_merchant), owned, way=way)
    hold_apart(a_key(other_merchant.sandbox), owned, way=way)


def test_the_other_modes_ids_are_as_if_they_had_never_been(way: Way, owned: Ids):
    hold_apart(a_key(way.merchant), owned, way=way)


def test_what_is_below_another_merchants_customer_is_not_below_ones_own(way: Way, owned: Ids, other_merchant: Merchant):
    key = a_key(other_merchant.sandbox)
    own = ask("POST", "/api/v1/customers", f"Api-Key {key}", json=members_of_customer()).get_json(force=True)["customer_id"]

    hold_apart(key, owned, way=way, of=lambda ids: {**ids, "customer_id": own}, operations=BELOW_A_CUSTOMER)


def test_what_is_below_one_customer_is_not_below_another_of_the_same_merchant(way: Way, owned: Ids):
    another = way.register()

    hold_apart(way.key, owned, way=way, of=lambda ids: {**ids, "customer_id": another}, operations=BELOW_A_CUSTOMER)


def test_two_merchants_may_use_the_same_customer_id_and_each_sees_its_own(way: Way, owned: Ids, other_merchant: Merchant):
    key = f"Api-Key {a_key(other_merchant.sandbox)}"
    members = members_of_customer(customer_id=owned["customer_id"], name="Somebody Else", email="somebody.else@example.com")

    assert ask("POST", "/api/v1/customers", key, json=members).status_code == 201
    assert ask("GET", f"/api/v1/customers/{owned['customer_id']}/kyc-status", f"Api-Key {way.key}").get_json()["status"] == "verified"
    assert ask("GET", f"/api/v1/customers/{owned['customer_id']}/kyc-status", key).get_json()["status"] == "pending"
    assert way.ask("GET", f"/api/v1/customers/{owned['customer_id']}").json()["name"] != "Somebody Else"


@pytest.mark.parametrize(
    "operation", [entry for entry in merchant_operations() if entry.method == "get" and "{" not in entry.path], ids=named
)
def test_a_list_and_a_report_hold_nothing_of_another_merchant_or_mode(way: Way, owned: Ids, other_merchant: Merchant, operation: Operation):
    query = "?start=2026-01-01&end=2026-12-31" if operation.name == "read_report" else ""
    strangers = [a_key(other_merchant), a_key(other_merchant.sandbox), a_key(way.merchant)]

    for key in strangers:
        answer = ask("GET", operation.path + query, f"Api-Key {key}")
        assert answer.status_code in ((403,) if is_closed_to(key, operation) else (404,) if operation.name == NEVER_MADE else (200,))
        assert not any(value in answer.text for value in owned.values())
    assert operation.name in WITHOUT_IDS or any(value in ask("GET", operation.path, f"Api-Key {way.key}").text for value in owned.values())


@pytest.mark.parametrize("wanted", ["customer_id", "email", "phone_number", "document_number"])
def test_another_merchants_customer_is_found_by_nothing(way: Way, other_merchant: Merchant, wanted: str):
    members = members_of_customer()
    way.register(**members)
    value = {**members, "document_number": members["identity_document"]["number"]}[wanted].replace("+", "%2B")

    seen = ask("GET", f"/api/v1/customers?{wanted}={value}", f"Api-Key {way.key}").get_json()
    unseen = ask("GET", f"/api/v1/customers?{wanted}={value}", f"Api-Key {a_key(other_merchant.sandbox)}").get_json()

    assert [customer["customer_id"] for customer in seen["data"]] == [members["customer_id"]]
    assert unseen == {"data": [], "next_cursor": None, "has_more": False}


def test_the_walk_goes_through_every_operation_with_an_id():
    described = {
        (method, path) for path, item in document()["paths"].items() for method in item if "{" in path and path.startswith("/api/v1/")
    }

    assert {(operation.method, operation.path) for operation in WITH_IDS} == described
    assert {operation.name for operation in BELOW_A_CUSTOMER} == {"read_document_content", "decide_verification"}


def test_an_end_users_token_of_one_merchant_reads_nothing_of_another(way: Way, owned: Ids, other_merchant: Merchant):
    token = way.ask("POST", f"/api/v1/customers/{owned['customer_id']}/access-tokens", {}).json()
    other_key = f"Api-Key {a_key(other_merchant.sandbox)}"
    assert ask("POST", "/api/v1/customers", other_key, json=members_of_customer()).status_code == 201  # the same long id, elsewhere

    answer = ask("GET", "/api/v1/user/me/kyc/status", f"JWT {token['token']}").get_json()

    assert (answer["user_id"], answer["status"]) == (token["user_id"], "verified")
    assert ask("GET", "/api/v1/customers", f"Bearer {token['token']}").status_code == 401
    assert ask("GET", "/api/v1/user/me/kyc/status", f"JWT {way.key}").status_code == 401
