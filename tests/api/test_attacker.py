"""Somebody with keys of one merchant tries everything that another merchant's requests leave behind: what is in bodies, not in paths.

Ids in paths are walked in test_isolation.
"""

import base64
import secrets

import jwt
import orjson
import pytest

from kyc_platform.ids import new_id
from tenants.merchants.models import Merchant
from tests.api.asking import ask
from tests.api.operations import Operation, merchant_operations, named
from tests.api.test_isolation import Ids, rows_of
from tests.api.test_repetitions import told
from tests.api.test_request_log import logged
from tests.api.unsafe_calls import HOOK
from tests.fixtures.merchants import a_key, inside
from tests.fixtures.way import Way, members_of_customer
from tests.verification.webhooks.receivers import receiving
from verification.callbacks.models import ProviderCallback
from verification.callbacks.route_tokens import route_token

PAGED = [entry for entry in merchant_operations() if "cursor" in {given["name"] for given in entry.described.get("parameters", ())}]
IDS_IN_BODIES = {"resend_event": "webhook_endpoint_id", "start_integration_check": "endpoint_id"}


@pytest.fixture
def attacker(way: Way, other_merchant: Merchant) -> Way:
    """Another merchant, with a test key of its own."""
    return Way(other_merchant, a_key(other_merchant.sandbox), way.listener, way.provider, way.run)


@pytest.fixture
def strangers(way: Way, attacker: Way) -> list[str]:
    """Every key that is not of `way`'s sandbox: the attacker's in both modes, and the merchant's own live one."""
    return [attacker.key, a_key(attacker.merchant), a_key(way.merchant)]


def test_an_idempotency_key_of_another_merchant_or_mode_is_nobodys(way: Way, strangers: list[str]):
    members, headers = members_of_customer(), {"Idempotency-Key": secrets.token_hex(8)}
    first = ask("POST", "/api/v1/customers", f"Api-Key {way.key}", json=members, headers=headers)

    answers = [ask("POST", "/api/v1/customers", f"Api-Key {key}", json=members, headers=headers) for key in strangers]
    others = [ask("POST", "/api/v1/customers", f"Api-Key {key}", json=members_of_customer(), headers=headers) for key in strangers]
    again = ask("POST", "/api/v1/customers", f"Api-Key {way.key}", json=members, headers=headers)

    assert [answer.status_code for answer in answers] == [201] * 3
    assert not any("Idempotent-Replayed" in answer.headers for answer in answers)
    assert [answer.get_json()["code"] for answer in others] == ["idempotency_key_reused"] * 3  # each under its own first request
    assert told(again) == told(first)
    assert len({answer.get_json()["created_at"] for answer in [first, *answers]}) == 4


def test_a_secret_that_was_answered_once_is_not_answered_to_another_merchant(way: Way, attacker: Way):
    headers = {"Idempotency-Key": "the-same"}
    made = way.ask("POST", "/api/v1/webhook-endpoints", {"url": HOOK}, headers=headers).json()

    theirs = attacker.ask("POST", "/api/v1/webhook-endpoints", {"url": HOOK}, headers=headers).json()

    assert not {made["id"], made["secret"]} & {theirs["id"], theirs["secret"]}


def ready_to_list(way: Way) -> Ids:
    """Make two of everything that is listed, and return the ids of one."""
    customer_id = way.verified()
    assert way.ask("POST", f"/api/v1/customers/{customer_id}/verifications", {}).status_code == 201
    endpoints = [way.ask("POST", "/api/v1/webhook-endpoints", {"url": HOOK}).json()["id"] for _ in range(2)]
    way.register()
    way.register()
    return {"customer_id": customer_id, "endpoint_id": endpoints[0]}


def test_a_cursor_of_another_merchant_shows_of_ones_own_rows_what_its_moment_would(way: Way, attacker: Way):
    theirs = ready_to_list(way)
    attacker.handed_on = way.handed_on  # they share a listener
    own = ready_to_list(attacker)
    logged(f"Api-Key {way.key}")
    assert {operation.name for operation in PAGED} >= {"list_customers", "list_documents", "list_webhook_endpoints"}
    for operation in PAGED:
        foreign_path, own_path = operation.filled(**theirs), operation.filled(**own)
        page = ask("GET", f"{foreign_path}?limit=1", f"Api-Key {way.key}").get_json()
        cursor = page["next_cursor"]
        assert cursor, operation.name
        moment = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition("|")[0]
        last = base64.urlsafe_b64encode(f"{moment}|{2**62}".encode()).decode().rstrip("=")

        shown = ask("GET", f"{own_path}?cursor={cursor}&limit=100", f"Api-Key {attacker.key}")
        everything = ask("GET", f"{own_path}?limit=100", f"Api-Key {attacker.key}").get_json()["data"]

        assert shown.status_code == 200
        beside = ask("GET", f"{own_path}?cursor={last}", f"Api-Key {attacker.key}")
        assert all(row in everything for row in shown.get_json()["data"] + beside.get_json()["data"]), operation.name
        assert not any(value in shown.text for value in theirs.values())


def test_a_position_of_another_merchant_is_a_position_in_ones_own_list(way: Way, attacker: Way):
    for _ in range(5):
        way.register()
    mine = attacker.register()
    last = way.ask("GET", "/api/v1/events").json()["next_after"]

    beyond = attacker.ask("GET", f"/api/v1/events?after={last}").json()
    whole = attacker.ask("GET", "/api/v1/events").json()

    assert last == 5
    assert beyond == {"data": [], "next_after": last, "has_more": False}
    assert [(event["position"], event["data"]["customer_id"]) for event in whole["data"]] == [(1, mine)]


@pytest.mark.parametrize("operation", [entry for entry in merchant_operations() if entry.name in IDS_IN_BODIES], ids=named)
def test_an_endpoint_of_another_merchant_in_a_body_is_as_if_it_had_never_been(
    way: Way, attacker: Way, strangers: list[str], operation: Operation
):
    theirs = way.ask("POST", "/api/v1/webhook-endpoints", {"url": HOOK}).json()["id"]
    before = rows_of(way.merchant.sandbox)
    for key in strangers:
        ask("POST", "/api/v1/customers", f"Api-Key {key}", json=members_of_customer())
        event = ask("GET", "/api/v1/events", f"Api-Key {key}").get_json()["data"][0]["id"]
        path = operation.filled(event_id=event)
        foreign, nothing = (
            ask("POST", path, f"Api-Key {key}", json={IDS_IN_BODIES[operation.name]: uid}) for uid in (theirs, new_id("whe"))
        )
        said = [answer.get_json(force=True) for answer in (foreign, nothing)]
        assert foreign.status_code == nothing.status_code == (403 if "sandbox" in path and key.startswith("kyc_live_") else 404)
        assert said[0] == {**said[1], "request_id": said[0]["request_id"]}
    assert rows_of(way.merchant.sandbox) == before


def test_reconciling_another_merchants_customers_tells_that_there_are_none(way: Way, strangers: list[str]):
    customer_id = way.verified()

    for key in strangers:
        for sequence in (0, 5, 13):
            entry = {"customer_id": customer_id, "status": "pending", "sequence": sequence}
            told_ = ask("POST", "/api/v1/reconcile", f"Api-Key {key}", json=[entry]).get_json()
            assert (told_["differing"], told_["unknown"]) == ([], [customer_id])


def test_the_request_log_of_another_merchant_is_empty_by_whatever_it_is_asked_for(way: Way, strangers: list[str]):
    asked = ask("GET", "/api/v1/customers", f"Api-Key {way.key}")
    prefix = way.key.partition(".")[0]
    assert asked.headers["Request-Id"] in str(logged(f"Api-Key {way.key}"))

    for key in strangers:
        for query in (f"key={prefix}", f"key={prefix}&status=2xx", "from=2020-01-01", ""):
            shown = ask("GET", f"/api/v1/request-log?{query}", f"Api-Key {key}")
            assert shown.status_code == 200, shown.text
            assert prefix not in shown.text and asked.headers["Request-Id"] not in shown.text


def test_halves_of_two_keys_are_no_key_and_a_mode_cannot_be_written_into_one(way: Way, strangers: list[str]):
    (prefix, secret), other = way.key.split("."), strangers[0].split(".")
    as_live = way.key.replace("kyc_test_", "kyc_live_")

    for made_up in (f"{prefix}.{other[1]}", f"{other[0]}.{secret}", as_live, f"{prefix}.", f"{prefix}.{secret}.{secret}", way.key + " "):
        answer = ask("GET", "/api/v1/customers", f"Api-Key {made_up}")
        assert answer.status_code == (200 if made_up.endswith(" ") else 401), made_up  # white space around a header is no part of it


def test_a_token_that_names_another_merchant_mode_or_customer_needs_our_signature(way: Way, attacker: Way):
    customer_id, mine = way.verified(), attacker.register()
    token = attacker.ask("POST", f"/api/v1/customers/{mine}/access-tokens", {}).json()["token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["mer"] == attacker.merchant.sandbox.schema_name
    theirs = way.ask("GET", f"/api/v1/customers/{customer_id}").json()["id"]
    head, _, signature = token.split(".")
    targets = [way.merchant.sandbox.schema_name, way.merchant.schema_name, attacker.merchant.schema_name, "public", "", None, 7]

    for schema in targets:
        changed = {**claims, "mer": schema, "sub": str(theirs)}
        body = base64.urlsafe_b64encode(orjson.dumps(changed)).decode().rstrip("=")
        unsigned = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
        by_key = jwt.encode(changed, attacker.key, algorithm="HS256")
        for forged in (f"{head}.{body}.{signature}", f"{unsigned}.{body}.", f"{unsigned}.{body}.{signature}", by_key):
            answer = ask("GET", "/api/v1/user/me/kyc/status", f"JWT {forged}")
            assert (answer.status_code, answer.get_json(force=True)["err_code"]) == (401, "Err1101")


def test_a_token_of_the_sandbox_opens_nobody_in_live_data_who_has_the_same_long_id(way: Way):
    customer_id, live = way.verified(), f"Api-Key {a_key(way.merchant)}"
    members = members_of_customer()
    assert ask("POST", "/api/v1/customers", live, json=members).status_code == 201
    tokens = [
        way.ask("POST", f"/api/v1/customers/{customer_id}/access-tokens", {}).json(),
        ask("POST", f"/api/v1/customers/{members['customer_id']}/access-tokens", live, json={}).get_json(),
    ]

    seen = [ask("GET", "/api/v1/user/me/kyc/status", f"JWT {token['token']}").get_json() for token in tokens]

    assert tokens[0]["user_id"] == tokens[1]["user_id"]
    assert [status["status"] for status in seen] == ["verified", "unverified"]


def test_a_clock_chaos_and_a_check_of_one_sandbox_are_in_no_other(way: Way, attacker: Way):
    uid = attacker.ask("POST", "/api/v1/webhook-endpoints", {"url": HOOK}).json()["id"]
    for path, members in (
        ("clock/advance", {"seconds": 86_400}),
        ("webhooks/chaos", {"faults": ["drop"], "deliveries": 1000}),
        ("integration-check", {"endpoint_id": uid}),
    ):
        assert attacker.ask("POST", f"/api/v1/sandbox/{path}", members).status_code in (200, 202)

    assert way.ask("GET", "/api/v1/sandbox/clock").json()["advanced_seconds"] == 0
    assert way.ask("GET", "/api/v1/sandbox/integration-check").status_code == 404
    with receiving() as receiver:
        way.ask("POST", "/api/v1/webhook-endpoints", {"url": receiver.url})
        way.register()
        way.run_jobs()
    assert len(receiver.arrived) == 1  # nothing is dropped here


def test_a_callback_that_comes_by_another_merchants_route_changes_neither(way: Way, attacker: Way):
    customer_id = way.register()
    way.submit_all(customer_id)
    way.run_jobs()
    (callback,) = way.callbacks(1)
    route = route_token(attacker.merchant.sandbox.schema_name, "sandbox")
    before = rows_of(way.merchant.sandbox)
    headers = {name: value for name, value in callback.headers.items() if name not in ("host", "content-length", "content-type")}

    answer = attacker.client.post(f"/callbacks/sandbox/{route}", callback.body, content_type="application/json", headers=headers)
    attacker.run_jobs()

    assert answer.status_code == 200  # the signature is the provider's, and it is stored, once, where it came
    assert rows_of(way.merchant.sandbox) == before
    with inside(attacker.merchant.sandbox):
        assert ProviderCallback.objects.count() == 1
    assert attacker.ask("GET", "/api/v1/customers").json()["data"] == []
    assert attacker.ask("GET", "/api/v1/events").json()["data"] == []
    assert way.hand_on(callback).status_code == 200  # and the right one still counts
    way.run_jobs()
    assert way.status(customer_id)["status"] == "verified"
