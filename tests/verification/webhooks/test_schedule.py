"""When a failed delivery is tried again."""

from datetime import UTC, datetime, timedelta

import pytest

from verification.webhooks.schedule import next_attempt_at, read_retry_after

AT = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
SECONDS = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]


def test_the_waits_are_those_that_are_documented():
    moments = [next_attempt_at(number, at=AT, retry_after=None, jitter=0) for number in range(1, 10)]

    assert [(moment - AT).total_seconds() for moment in moments if moment] == SECONDS


def test_after_the_tenth_attempt_there_is_no_other():
    assert next_attempt_at(10, at=AT, retry_after=timedelta(seconds=1), jitter=0) is None
    assert next_attempt_at(11, at=AT, retry_after=None, jitter=0) is None


@pytest.mark.parametrize("number", range(1, 10))
def test_jitter_makes_a_wait_up_to_a_tenth_longer_and_never_shorter(number):
    wait = SECONDS[number - 1]

    assert next_attempt_at(number, at=AT, retry_after=None, jitter=1) == AT + timedelta(seconds=wait) * 1.1
    assert next_attempt_at(number, at=AT, retry_after=None, jitter=0.5) == AT + timedelta(seconds=wait) * 1.05


@pytest.mark.parametrize("jitter", [0, 0.5, 1])
def test_a_receiver_that_asks_for_more_time_gets_it(jitter):
    moment = next_attempt_at(1, at=AT, retry_after=timedelta(seconds=120), jitter=jitter)

    assert moment == AT + timedelta(seconds=120) * (1 + jitter / 10)


def test_a_receiver_cannot_ask_for_less_time_than_the_schedule_has():
    assert next_attempt_at(2, at=AT, retry_after=timedelta(seconds=1), jitter=0) == AT + timedelta(minutes=5)


def test_a_receiver_cannot_put_us_off_for_more_than_a_day():
    assert next_attempt_at(1, at=AT, retry_after=timedelta(days=365), jitter=0) == AT + timedelta(days=1)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("9" * 400, 86_400),
        ("Sat, 31 Jan 2026 09:32:00 GMT", 120),
        ("Sat, 31 Jan 2026 10:32:00 +0100", 120),
        ("Sat, 31 Jan 2026 09:00:00 GMT", 0),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header, seconds):
    assert read_retry_after(header, at=AT) == timedelta(seconds=seconds)


@pytest.mark.parametrize("header", [None, "", "soon", "-5", "1.5", "٣", "Sat, 99 Jan 2026 09:00:00 GMT", "Sat, 31 Jan 99999 09:00:00 GMT"])
def test_a_retry_after_that_says_nothing_is_no_wait(header):
    assert read_retry_after(header, at=AT) is None
