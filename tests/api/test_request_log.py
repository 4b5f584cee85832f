"""The request log as a merchant reads it."""

import secrets
from typing import Any

import pytest
from prometheus_client import REGISTRY

from tenants.limits import plans
from tenants.merchants.models import Merchant
from tenants.merchants.plans import PlanName
from tests.api.asking import ask
from tests.fixtures.merchants import a_key
from tests.fixtures.way import members_of_customer
from verification.request_log.lines import outbox
from verification.workflow.logging_requests import log_requests

PATH = "/api/v1/request-log"
MEMBERS = {"request_id", "at", "key", "method", "route", "status", "duration_ms", "idempotency_key", "livemode"}


@pytest.fixture
def key(merchant: Merchant) -> str:
    return f"Api-Key {a_key(merchant.sandbox)}"


def prefix_of(key: str) -> str:
    return key.removeprefix("Api-Key ").partition(".")[0]


def logged(key: str, query: str = "") -> list[dict[str, Any]]:
    """Write what waits and return the first page."""
    outbox().hand_over()
    log_requests()
    answer = ask("GET", PATH + query, key)
    assert answer.status_code == 200, answer.text
    return list(answer.get_json()["data"])


def test_each_request_stands_there_with_what_came_of_it_and_nothing_personal(key: str):
    members = members_of_customer()
    path = f"/api/v1/customers/{members['customer_id']}"
    answers = [
        ask("POST", "/api/v1/customers", key, json=members, headers={"Idempotency-Key": "registration-1"}),
        ask("GET", f"{path}/kyc-status?", key),
        ask("GET", f"{path}/kyc-status", key),  # from the fast path
        ask("GET", f"/api/v1/customers?email={members['email']}", key),
        ask("GET", "/customers/nobody", key),
        ask("POST", "/api/v1/customers", key, json={}),
    ]

    rows = logged(key)[::-1]

    assert [row["request_id"] for row in rows] == [answer.headers["Request-Id"] for answer in answers]
    assert [(row["method"], row["route"], row["status"]) for row in rows] == [
        ("POST", "/api/v1/customers", 201),
        ("GET", "/api/v1/customers/{customer_id}/kyc-status", 200),
        ("GET", "/api/v1/customers/{customer_id}/kyc-status", 200),
        ("GET", "/api/v1/customers", 200),
        ("GET", "/customers/{customer_id}", 404),
        ("POST", "/api/v1/customers", 422),
    ]
    assert [row["idempotency_key"] for row in rows] == ["registration-1", None, None, None, None, None]
    assert all(set(row) == MEMBERS and row["key"] == prefix_of(key) and row["livemode"] is False for row in rows)
    assert all(0 <= row["duration_ms"] < 60_000 for row in rows)
    assert not any(value in str(rows) for value in (members["customer_id"], members["email"], members["name"]))


def test_a_request_that_is_refused_for_its_scope_or_its_quota_stands_there_too(
    merchant: Merchant, key: str, monkeypatch: pytest.MonkeyPatch
):
    narrow = f"Api-Key {a_key(merchant.sandbox, 'events:read')}"
    monkeypatch.setitem(plans._SANDBOX, PlanName.STANDARD, plans.Plan(per_key=1, per_merchant=100, per_end_user=1))

    assert [ask("GET", "/api/v1/customers", narrow).status_code for _ in range(2)] == [403, 429]

    assert [(row["route"], row["status"]) for row in logged(key, f"?key={prefix_of(narrow)}")] == [
        ("/api/v1/customers", 429),
        ("/api/v1/customers", 403),
    ]


def test_it_is_filtered_by_key_class_of_status_and_time(merchant: Merchant, key: str):
    other = f"Api-Key {a_key(merchant.sandbox)}"
    ask("GET", "/api/v1/customers", key)
    ask("GET", "/api/v1/customers/nobody", key)
    ask("GET", "/api/v1/customers/nobody", other)

    rows = logged(key)
    moment = rows[1]["at"]  # of the second

    assert [row["status"] for row in rows] == [404, 404, 200]
    assert [row["key"] for row in logged(key, f"?key={prefix_of(other)}")] == [prefix_of(other)]
    assert [row["status"] for row in logged(key, f"?key={prefix_of(key)}&status=4xx")] == [404]
    assert logged(key, "?status=5xx") == []
    times = {row["at"] for row in logged(key, f"?to={moment}")}
    assert times and all(at < moment for at in times)
    assert all(row["at"] >= moment for row in logged(key, f"?from={moment}"))


def test_its_pages_stay_as_they_are_while_requests_are_added(key: str):
    for _ in range(5):
        ask("GET", "/api/v1/customers", key)
    everything = [row["request_id"] for row in logged(key)]

    first = ask("GET", f"{PATH}?limit=2", key).get_json()
    logged(key)  # which adds rows
    second = ask("GET", f"{PATH}?limit=2&cursor={first['next_cursor']}", key).get_json()

    seen = [row["request_id"] for row in first["data"] + second["data"]]
    assert seen == everything[:4]


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("status=404", "/status", "invalid_choice"),
        ("from=yesterday", "/from", "invalid_moment"),
        ("to=2026-13-01", "/to", "invalid_moment"),
        ("customer=1", "/customer", "unknown_member"),
        ("limit=0", "/limit", "invalid_limit"),
    ],
)
def test_a_filter_that_means_nothing_is_refused_by_name(key: str, query: str, pointer: str, code: str):
    answer = ask("GET", f"{PATH}?{query}", key)

    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.get_json(force=True)["errors"]] == [(pointer, code)]


def test_another_merchant_and_the_other_mode_see_nothing_of_it(merchant: Merchant, other_merchant: Merchant, key: str):
    answer = ask("GET", "/api/v1/customers", key)
    strangers = [f"Api-Key {a_key(row)}" for row in (merchant, other_merchant, other_merchant.sandbox)]

    assert answer.headers["Request-Id"] in str(logged(key))
    for stranger in strangers:
        assert not any(row["key"] == prefix_of(key) for row in logged(stranger))


def test_an_idempotency_key_of_any_length_and_text_is_kept_within_bounds(key: str):
    ask("POST", "/api/v1/customers", key, json={}, headers={"Idempotency-Key": "k" * 1000})

    assert [row["idempotency_key"] for row in logged(key)] == ["k" * 255]


def test_requests_without_a_right_key_are_in_nobodys_log(key: str):
    wrong = f"{key.partition('.')[0]}.{secrets.token_hex(20)}"

    assert ask("GET", "/api/v1/customers", wrong).status_code == 401

    assert logged(key) == []


def test_the_metrics_count_by_route_and_status_and_hold_no_id(key: str):
    customer_id = members_of_customer()["customer_id"]
    labels = {"method": "GET", "route": "api/v1/customers/<str:customer_id>", "status": "404"}
    before = REGISTRY.get_sample_value("kyc_requests_total", labels) or 0.0

    ask("GET", f"/api/v1/customers/{customer_id}", key)
    ask("BREW", "/api/v1/customers", key)

    assert REGISTRY.get_sample_value("kyc_requests_total", labels) == before + 1
    text = ask("GET", "/metrics").text
    assert customer_id not in text and "BREW" not in text
    assert 'method="other"' in text
