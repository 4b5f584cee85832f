"""Whole days in a time zone."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from reporting.compliance.days import DayRange, today_in
from tests.reporting.history import utc


def hours(days):
    starts = [*days.day_starts, days.ends_at]
    return [(after - before) / timedelta(hours=1) for before, after in pairwise(starts)]


def test_a_day_in_utc_is_from_midnight_to_midnight():
    day = DayRange(date(2026, 1, 31), date(2026, 1, 31), "UTC")

    assert (day.starts_at, day.ends_at) == (utc("2026-01-31"), utc("2026-02-01"))
    assert list(day) == [date(2026, 1, 31)]


def test_a_day_begins_at_the_merchants_midnight():
    day = DayRange(date(2026, 1, 31), date(2026, 1, 31), "Asia/Kolkata")

    assert (day.starts_at, day.ends_at) == (utc("2026-01-30 18:30"), utc("2026-01-31 18:30"))


@pytest.mark.parametrize(
    ("time_zone", "first", "lengths"),
    [
        ("Europe/Stockholm", date(2026, 3, 28), [24, 23, 24]),
        ("Europe/Stockholm", date(2026, 10, 24), [24, 25, 24]),
        ("Australia/Lord_Howe", date(2026, 4, 4), [24, 24.5, 24]),
        ("America/Sao_Paulo", date(2018, 11, 3), [24, 23, 24]),  # the clocks skip midnight itself
        ("America/Havana", date(2025, 11, 1), [24, 25, 24]),  # they show midnight twice
        ("Pacific/Apia", date(2011, 12, 29), [24, 0, 24]),  # the 30th did not take place
    ],
)
def test_days_are_as_long_as_their_time_zone_made_them(time_zone, first, lengths):
    assert hours(DayRange(first, first + timedelta(days=2), time_zone)) == lengths


def test_today_is_the_merchants_today():
    now = utc("2026-01-31 23:30")

    assert today_in("UTC", now) == date(2026, 1, 31)
    assert today_in("Europe/Stockholm", now) == date(2026, 2, 1)
    assert today_in("America/New_York", now) == date(2026, 1, 31)


def test_a_range_is_closed_five_minutes_after_its_last_day():
    days = DayRange(date(2026, 1, 1), date(2026, 1, 31), "Europe/Stockholm")

    assert not days.is_closed(utc("2026-01-31 23:04:59"))
    assert days.is_closed(utc("2026-01-31 23:05:00"))
