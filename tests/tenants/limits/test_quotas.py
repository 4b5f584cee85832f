"""The script that counts, on the real Redis."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from kyc_platform.errors import InvalidRequest
from kyc_platform.redis_client import redis_client
from tenants.limits.plans import plan_of
from tenants.limits.quotas import Bucket, Verdict, buckets_of_end_user, buckets_of_key, take
from tenants.merchants.plans import PlanName
from tenants.routing.context import context_of
from tests.fixtures.merchants import a_merchant

SCHEMA = "m_aaaaaaaaaaaaaaaa"


def a_bucket(limit: int, of: str = "of this key") -> Bucket:
    return Bucket(f"quota:{SCHEMA}:test:{secrets.token_hex(6)}", of, limit)


def taken(*buckets: Bucket, times: int) -> list[Verdict]:
    return [take(buckets)[0] for _ in range(times)]


def test_as_many_requests_as_the_quota_go_through_at_once_and_the_next_is_told_how_long_to_wait():
    bucket = a_bucket(6)  # one every ten seconds

    verdicts = taken(bucket, times=8)

    assert [verdict.refused for verdict in verdicts] == [None] * 6 + [bucket, bucket]
    assert [verdict.remaining for verdict in verdicts] == [5, 4, 3, 2, 1, 0, 0, 0]
    assert {verdict.limit for verdict in verdicts} == {6}
    assert verdicts[0].reset_seconds == 10
    assert 50 < verdicts[5].reset_seconds <= 60
    assert [0 < verdict.retry_after_seconds <= 10 for verdict in verdicts] == [False] * 6 + [True, True]


def test_a_quota_refills_evenly_and_not_at_the_turn_of_a_minute():
    bucket = a_bucket(1200)  # one every 50 ms
    taken(bucket, times=1200)

    allowed, waits = [], threading.Event()
    for _ in range(8):
        waits.wait(0.11)
        allowed.append(sum(verdict.refused is None for verdict in taken(bucket, times=5)))

    assert all(1 <= number <= 5 for number in allowed)
    assert sum(allowed) >= 16


def test_what_is_refused_takes_nothing_from_any_quota():
    narrow, wide = a_bucket(2), a_bucket(100, "of this merchant")

    verdicts = taken(narrow, wide, times=10)

    assert [verdict.refused for verdict in verdicts] == [None, None, *[narrow] * 8]
    assert take([wide], requests=0)[0].remaining == 98
    assert verdicts[-1].retry_after_seconds <= 30


def test_the_headers_tell_of_the_quota_that_has_least_left():
    narrow, wide = a_bucket(3), a_bucket(100, "of this merchant")

    assert dict(take([wide, narrow])[0].headers()) == {"RateLimit-Limit": "3", "RateLimit-Remaining": "2", "RateLimit-Reset": "20"}


def test_looking_takes_nothing_and_never_refuses():
    bucket = a_bucket(2)
    taken(bucket, times=2)

    verdict = take([bucket], requests=0)[0]

    assert (verdict.remaining, verdict.refused) == (0, None)


@pytest.mark.parametrize("fifty_on", ["one quota", "two quotas"])
def test_fifty_threads_never_get_more_through_than_fit(fifty_on: str):
    buckets = [a_bucket(60)] if fifty_on == "one quota" else [a_bucket(6000), a_bucket(60, "of this merchant")]
    through: list[bool] = []
    ready = threading.Barrier(50)

    def knock() -> None:
        ready.wait()
        through.extend(verdict.refused is None for verdict in taken(*buckets, times=10))

    run_together(knock, 50)

    assert len(through) == 500
    assert 60 <= sum(through) <= 62  # one more for each second that this takes


def run_together(work: Callable[[], None], number: int) -> None:
    """Run the same in several threads and wait for all."""
    threads = [threading.Thread(target=work) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


def test_other_keys_are_read_in_the_same_step():
    name = f"test:{secrets.token_hex(6)}"
    redis_client().set(name, b"a \x00 value", ex=60)

    verdict, found = take([a_bucket(5)], read=[name, f"{name}:missing", name])

    assert verdict.remaining == 4
    assert found == [b"a \x00 value", None, b"a \x00 value"]


def test_a_redis_that_has_forgotten_the_script_learns_it_again():
    bucket = a_bucket(5)
    taken(bucket, times=1)
    redis_client().script_flush()

    assert taken(bucket, times=2)[-1].remaining == 2


def test_a_quota_is_gone_from_redis_once_it_is_whole_again():
    bucket = a_bucket(600)

    taken(bucket, times=3)

    assert 0 < redis_client().pttl(bucket.key) <= 301


def test_a_moment_from_a_clock_that_ran_ahead_costs_one_minute_at_most():
    bucket = a_bucket(60)
    redis_client().set(bucket.key, 10**16, ex=60)

    assert 0 < take([bucket])[0].retry_after_seconds <= 1
    assert take([bucket])[0].reset_seconds == 60


def test_keys_name_the_schema_and_each_mode_has_quotas_of_its_own():
    live = a_merchant()
    buckets = [
        *buckets_of_key(context_of(live), "kyc_live_a"),
        *buckets_of_key(context_of(live.sandbox), "kyc_test_a"),
        *buckets_of_end_user(context_of(live), 7),
    ]

    assert [bucket.key for bucket in buckets] == [
        f"quota:{live.schema_name}:key:kyc_live_a",
        f"quota:{live.schema_name}",
        f"quota:{live.sandbox.schema_name}:key:kyc_test_a",
        f"quota:{live.sandbox.schema_name}",
        f"quota:{live.schema_name}:end_user:7",
        f"quota:{live.schema_name}",
    ]
    assert [bucket.limit for bucket in buckets] == [6000, 12000, 6000, 12000, 60, 12000]


def test_the_plan_of_a_merchant_sets_its_quotas():
    standard, large = a_merchant(), a_merchant(plan=PlanName.LARGE)

    assert plan_of(context_of(large)).per_key > plan_of(context_of(standard)).per_key
    assert plan_of(context_of(standard)).per_end_user == 60
    assert plan_of(replace(context_of(standard), plan="a name from before there were plans")) == plan_of(context_of(standard))


def test_a_merchant_is_not_opened_on_a_plan_that_is_none(database: None):
    with pytest.raises(InvalidRequest) as refused:
        a_merchant(plan="gold")

    assert [(error.pointer, error.code) for error in refused.value.errors] == [("/plan", "unknown_plan")]
    assert "standard, large, unlimited" in refused.value.errors[0].detail
