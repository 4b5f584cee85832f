"""A busy thread takes requests ahead of their coming, and no quota ever lets more through than fit, on the real Redis."""

import secrets
import threading
import time
from itertools import pairwise

import pytest

from kyc_platform import near_redis
from tenants.limits import ahead
from tenants.limits.ahead import AHEAD_MAX
from tenants.limits.counting import COUNTED, Environ, count
from tenants.limits.quotas import Bucket, GivenBack, Verdict, take
from tests.tenants.limits.test_quotas import a_bucket

LARGE = 600_000  # ten a millisecond
SLOW = 160  # one every 375 ms


@pytest.fixture(autouse=True)
def redis_is_near(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Redis said is believed for as long as a test takes on a busy machine."""
    monkeypatch.setattr(near_redis, "BELIEVED_SECONDS", 60.0)
    monkeypatch.setattr(ahead, "AHEAD_SECONDS", 60.0)
    near_redis._here.near = None


def counted(*buckets: Bucket) -> Verdict:
    environ: Environ = {}
    count(environ, buckets)
    verdict = environ[COUNTED]
    assert isinstance(verdict, Verdict)
    return verdict


def left_in_redis(bucket: Bucket) -> int:
    return take([bucket], requests=0)[0].remaining


def test_the_first_request_is_counted_alone_and_the_second_takes_more_ahead():
    bucket = a_bucket(SLOW)

    assert counted(bucket).remaining == SLOW - 1
    assert left_in_redis(bucket) == SLOW - 1
    assert counted(bucket).remaining == SLOW - 2
    assert left_in_redis(bucket) == SLOW - 2 - (SLOW - 2) // 16


def test_a_busy_caller_is_told_after_each_request_what_is_left():
    bucket = a_bucket(SLOW)

    left = [counted(bucket).remaining for _ in range(30)]

    assert left[0] == SLOW - 1
    assert all(0 <= before - after <= 1 for before, after in pairwise(left))
    assert SLOW - 30 <= left[-1] <= SLOW - 25  # a few came back meanwhile


def test_what_was_taken_ahead_is_not_let_through_once_the_quota_has_refilled_without_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ahead, "AHEAD_SECONDS", 0.01)
    bucket = a_bucket(6000)  # one every 10 ms
    counted(bucket)
    assert counted(bucket).ahead == AHEAD_MAX
    time.sleep(0.7)  # in which the 64 fit in again
    began = time.monotonic()
    take([bucket], requests=left_in_redis(bucket))  # somebody else uses all of it up

    passed = sum(counted(bucket).refused is None for _ in range(40))

    assert passed <= (time.monotonic() - began) / 0.01 + 1


def test_no_more_than_a_bounded_number_is_taken_ahead():
    bucket = a_bucket(LARGE)
    counted(bucket)

    assert counted(bucket).ahead == AHEAD_MAX


def test_what_did_not_come_is_given_back_with_the_next_question():
    bucket = a_bucket(SLOW)
    for _ in range(3):
        counted(bucket)
    assert left_in_redis(bucket) <= SLOW - 2 - (SLOW - 2) // 16 + 1

    near_redis._near().believed_until = 0.0  # Redis has been silent for longer than it is believed
    counted(bucket)

    assert SLOW - 4 <= left_in_redis(bucket) <= SLOW - 2


def test_what_was_taken_so_long_ago_that_it_has_come_back_by_itself_is_not_given_back_again():
    bucket = a_bucket(60)  # one a second
    take([bucket], requests=10)

    assert take([bucket], requests=0, back=GivenBack(5, 4.5))[0].remaining == 50
    assert take([bucket], requests=1, back=GivenBack(5, 600.0))[0].remaining == 49
    assert take([bucket], requests=0, back=GivenBack(5, 0.0))[0].remaining == 54


def test_a_quota_cannot_be_filled_beyond_its_rim_by_giving_back():
    bucket = a_bucket(60)
    take([bucket], requests=2)

    take([bucket], requests=0, back=GivenBack(50, 0.0))

    assert left_in_redis(bucket) == 60


def test_near_its_end_a_quota_is_counted_one_by_one():
    bucket = a_bucket(20)

    verdicts = [counted(bucket) for _ in range(22)]

    assert [verdict.refused for verdict in verdicts] == [None] * 20 + [bucket] * 2
    assert [verdict.remaining for verdict in verdicts] == [*range(19, -1, -1), 0, 0]


def test_nothing_is_taken_ahead_from_any_quota_when_one_of_them_refuses():
    narrow, wide = a_bucket(1), a_bucket(SLOW, "of this merchant")

    verdicts = [counted(narrow, wide) for _ in range(5)]

    assert [verdict.refused for verdict in verdicts] == [None, *[narrow] * 4]
    assert left_in_redis(wide) == SLOW - 1


def test_callers_do_not_share_what_was_taken_ahead():
    first, second = a_bucket(LARGE), a_bucket(LARGE)
    for _ in range(10):
        counted(first)

    assert counted(second).remaining == LARGE - 1


def test_threads_that_all_take_ahead_let_no_more_through_than_fit_and_no_less():
    bucket = Bucket(f"quota:m_aaaaaaaaaaaaaaaa:test:{secrets.token_hex(6)}", "of this key", SLOW)
    passed, began = [0] * 8, time.monotonic()

    def knock(number: int) -> None:
        passed[number] = sum(counted(bucket).refused is None for _ in range(SLOW))

    threads = [threading.Thread(target=knock, args=(number,)) for number in range(len(passed))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert SLOW <= sum(passed) <= SLOW + (time.monotonic() - began) * SLOW / 60 + 1
