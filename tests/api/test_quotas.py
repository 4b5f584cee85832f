"""Quotas as callers meet them: the headers of every answer, 429, and what happens while Redis is away."""

import secrets
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client import REGISTRY

from kyc_platform import near_redis
from kyc_platform.redis_client import redis_client
from tenants.limits import plans
from tenants.limits.plans import Plan
from tenants.merchants.models import Merchant
from tenants.merchants.plans import PlanName
from tests.api.asking import ask
from tests.fixtures.merchants import a_key
from tests.fixtures.way import members_of_customer

HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
GUESSES = 3


def quota(answer: Any) -> tuple[int, ...]:
    """Return limit, remaining and reset of an answer."""
    return tuple(int(answer.headers[name]) for name in HEADERS)


@pytest.fixture
def small_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """The standard plan of a sandbox, with numbers that a test can use up."""
    monkeypatch.setitem(plans._SANDBOX, PlanName.STANDARD, Plan(per_key=5, per_merchant=8, per_end_user=3))


@pytest.fixture
def key(merchant: Merchant) -> str:
    return f"Api-Key {a_key(merchant.sandbox)}"


@pytest.fixture
def address(settings: Any) -> dict[str, str]:
    """Send requests from an address of their own, which has few guesses."""
    settings.FAILED_PROOFS_PER_MINUTE = GUESSES
    return {"REMOTE_ADDR": f"2001:db8:{secrets.randbelow(65536):x}:{secrets.randbelow(65536):x}::1"}


@pytest.fixture
def without_redis(settings: Any) -> Iterator[None]:
    """Redis does not answer."""
    url = settings.REDIS_URL
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    forget_connections()
    yield
    settings.REDIS_URL = url
    forget_connections()


def forget_connections() -> None:
    """Let this thread connect anew."""
    redis_client.cache_clear()
    near_redis._here.near = None


def a_customer(key: str) -> str:
    answer = ask("POST", "/api/v1/customers", key, json=members_of_customer())
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["customer_id"])


def test_every_answer_says_what_is_left_whatever_it_answers(key: str):
    members = members_of_customer()
    answers = [
        ask("POST", "/api/v1/customers", key, json=members),
        ask("POST", "/api/v1/customers", key, json=members),
        ask("POST", "/api/v1/customers", key, json={}),
        ask("GET", "/api/v1/customers/nobody", key),
        ask("GET", "/customers", key),
        ask("DELETE", "/api/v1/customers", key),
        ask("GET", "/api/v1/report?start=2026-01-01&end=2026-01-02", key),
    ]

    assert [answer.status_code for answer in answers] == [201, 409, 422, 404, 200, 405, 200]
    assert {quota(answer)[0] for answer in answers} == {6000}
    assert all(5993 <= quota(answer)[1] <= 5999 and quota(answer)[2] == 1 for answer in answers)


def test_the_fast_path_counts_as_the_view_does_and_says_so(small_plan: None, key: str):
    path = f"/api/v1/customers/{a_customer(key)}/kyc-status"

    answers = [ask("GET", path, key) for _ in range(4)]

    assert len({answer.data for answer in answers}) == 1
    assert [quota(answer)[:2] for answer in answers] == [(5, 3), (5, 2), (5, 1), (5, 0)]


def test_a_key_that_has_used_up_its_quota_is_refused_and_nothing_happens(small_plan: None, key: str):
    for _ in range(5):
        assert ask("GET", "/api/v1/customers", key).status_code == 200

    answer = ask("POST", "/api/v1/customers", key, json=members_of_customer())

    problem = answer.get_json(force=True)
    assert (answer.status_code, answer.mimetype, problem["code"]) == (429, "application/problem+json", "rate_limited")
    assert 1 <= int(answer.headers["Retry-After"]) <= 12
    assert problem["detail"].startswith("The quota of this key is 5 a minute")
    assert quota(answer)[:2] == (5, 0)


def test_a_refused_request_does_not_use_its_idempotency_key_up(small_plan: None, merchant: Merchant, key: str):
    for _ in range(5):
        ask("GET", "/api/v1/customers", key)
    members, header = members_of_customer(), {"Idempotency-Key": secrets.token_hex(8)}
    other_key = f"Api-Key {a_key(merchant.sandbox)}"

    assert ask("POST", "/api/v1/customers", key, json=members, headers=header).status_code == 429
    assert ask("POST", "/api/v1/customers", other_key, json=members, headers=header).status_code == 201


def test_the_fast_path_refuses_too(small_plan: None, key: str):
    path = f"/api/v1/customers/{a_customer(key)}/kyc-status"

    answers = [ask("GET", path, key) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [200] * 4 + [429] * 2
    assert [quota(answer)[1] for answer in answers] == [3, 2, 1, 0, 0, 0]
    assert answers[-1].get_json(force=True)["code"] == "rate_limited"


def test_the_keys_of_a_merchant_share_its_quota_and_another_merchant_has_its_own(
    small_plan: None, merchant: Merchant, other_merchant: Merchant, key: str
):
    second = f"Api-Key {a_key(merchant.sandbox)}"
    for _ in range(5):
        ask("GET", "/api/v1/customers", key)

    answers = [ask("GET", "/api/v1/customers", second) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert "The quota of this merchant is 8 a minute" in answers[-1].get_json(force=True)["detail"]
    assert ask("GET", "/api/v1/customers", f"Api-Key {a_key(other_merchant.sandbox)}").status_code == 200
    assert ask("GET", "/api/v1/customers", f"Api-Key {a_key(merchant)}").status_code == 200


def test_an_end_user_has_a_quota_and_is_refused_in_the_first_seeds_envelope(small_plan: None, key: str):
    token = ask("POST", f"/api/v1/customers/{a_customer(key)}/access-tokens", key, json={}).get_json()["token"]

    answers = [ask("GET", "/api/v1/user/me/kyc/status", f"JWT {token}") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [quota(answer)[:2] for answer in answers] == [(3, 2), (3, 1), (3, 0), (3, 0)]
    assert answers[-1].get_json() == {"is_success": False, "err_code": "Err1201", "err_message": "Too many requests"}
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 20


def test_fifty_parallel_requests_never_get_more_through_than_fit(small_plan: None, key: str):
    statuses: list[int] = []
    ready = threading.Barrier(10)

    def knock() -> None:
        ready.wait()
        statuses.extend(ask("GET", "/api/v1/customers/nobody/kyc-status", key).status_code for _ in range(5))

    threads = [threading.Thread(target=knock) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(statuses) == 50
    assert 5 <= statuses.count(404) <= 6
    assert statuses.count(429) == 50 - statuses.count(404)


def test_wrong_keys_are_counted_by_address_and_refused_before_they_are_looked_up(address: dict[str, str], key: str):
    def guess() -> Any:
        wrong = f"Api-Key kyc_test_{secrets.token_hex(6)}.{secrets.token_hex(20)}"
        return ask("GET", "/api/v1/customers", wrong, environ_base=address)

    answers = [guess() for _ in range(GUESSES + 2)]

    assert [answer.status_code for answer in answers] == [401] * GUESSES + [429] * 2
    assert [quota(answer)[:2] for answer in answers] == [(3, 2), (3, 1), (3, 0), (3, 0), (3, 0)]
    assert int(answers[-1].headers["Retry-After"]) >= 1
    neighbour = {"REMOTE_ADDR": address["REMOTE_ADDR"].removesuffix("1") + "ffff"}
    assert ask("GET", "/api/v1/customers", key, environ_base=neighbour).status_code == 429  # the right key would be one more guess
    elsewhere = {"REMOTE_ADDR": "198.51.100.7"}
    assert ask("GET", "/api/v1/customers", key, environ_base=elsewhere).status_code == 200
    assert ask("GET", "/api/v1/customers", key, environ_base=address).status_code == 200  # now it is known


def test_wrong_tokens_are_counted_and_right_ones_are_served_all_the_same(address: dict[str, str], key: str):
    path = "/api/v1/user/me/kyc/status"
    token = ask("POST", f"/api/v1/customers/{a_customer(key)}/access-tokens", key, json={}).get_json()["token"]

    answers = [ask("GET", path, f"JWT {token}{number}", environ_base=address) for number in range(GUESSES + 1)]

    assert [answer.get_json()["err_code"] for answer in answers] == ["Err1101"] * GUESSES + ["Err1201"]
    assert ask("GET", path, f"JWT {token}", environ_base=address).status_code == 200


def test_no_proof_at_all_is_no_guess(address: dict[str, str]):
    answers = [ask("GET", "/api/v1/customers", environ_base=address) for _ in range(GUESSES + 2)]

    assert {answer.status_code for answer in answers} == {401}


def test_an_address_is_not_written_down(address: dict[str, str]):
    before = set(redis_client().scan_iter("quota:public:*"))

    ask("GET", "/api/v1/customers", f"Api-Key kyc_test_{secrets.token_hex(6)}.{secrets.token_hex(20)}", environ_base=address)

    added = set(redis_client().scan_iter("quota:public:*")) - before
    assert any(len(name) == len(b"quota:public:address:") + 32 for name in added)
    assert not any(b"2001:db8" in name for name in added)


def test_without_redis_right_keys_are_served_and_the_metrics_say_that_they_are_not_counted(key: str, without_redis: None):
    name = "kyc_requests_uncounted_total"
    before = REGISTRY.get_sample_value(name) or 0.0

    answers = [ask("GET", "/api/v1/customers", key) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert not any(header in answer.headers for answer in answers for header in HEADERS)
    assert REGISTRY.get_sample_value(name) == before + 3


def test_without_redis_guesses_are_refused_all_the_same(address: dict[str, str], key: str, without_redis: None):
    assert ask("GET", "/api/v1/customers", key, environ_base=address).status_code == 200

    answers = [
        ask("GET", "/api/v1/customers", f"Api-Key kyc_test_{secrets.token_hex(6)}.{secrets.token_hex(20)}", environ_base=address)
        for _ in range(GUESSES + 2)
    ]

    assert [answer.status_code for answer in answers] == [401] * GUESSES + [429] * 2
    assert ask("GET", "/api/v1/customers", key, environ_base=address).status_code == 200
