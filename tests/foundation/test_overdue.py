"""How late the work is, as the hints tell it."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest

from kyc_platform import due
from kyc_platform.due import Overdue, hint, overdue, take_due_schemas

NOW = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def own_hints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due, "HINTS", f"due:{secrets.token_hex(8)}")


def test_without_hints_nothing_is_overdue() -> None:
    assert overdue(NOW) == Overdue(seconds=0.0, merchants=0)


def test_the_oldest_hint_says_for_how_long_and_only_what_is_due_counts() -> None:
    hint({"m_a": NOW - timedelta(seconds=90), "m_b": NOW - timedelta(seconds=2), "m_c": NOW + timedelta(seconds=30)})

    assert overdue(NOW) == Overdue(seconds=90.0, merchants=2)


def test_what_was_just_rung_for_is_put_off_by_its_lease() -> None:
    hint({"m_a": NOW - timedelta(seconds=90)})
    assert take_due_schemas(NOW) == ["m_a"]

    assert overdue(NOW) == Overdue(seconds=0.0, merchants=0)
    assert overdue(NOW + timedelta(seconds=due.LEASE_SECONDS + 5)) == Overdue(seconds=5.0, merchants=1)
