"""How a query names a moment."""

from datetime import UTC, datetime

import pytest

from tests.api.asking import ask
from tests.fixtures.way import Way
from verification.api.moments import read_moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T09:30:00Z", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
        ("2026-01-31T09:30:00.123456+01:00", datetime(2026, 1, 31, 8, 30, 0, 123456, tzinfo=UTC)),
        ("2026-01-31T09:30:00 01:00", datetime(2026, 1, 31, 8, 30, tzinfo=UTC)),
    ],
)
def test_a_day_and_a_moment_with_its_offset_are_read(text: str, moment: datetime):
    assert read_moment(text) == moment


@pytest.mark.parametrize(
    "text", ["", "2026-01-31T09:30:00", "2026-02-30", "20260131", "2026-W05-6", "0000-01-01", "31.1.2026", "\u0662026-01-31"]
)
def test_what_names_no_moment_is_none(text: str):
    assert read_moment(text) is None


def test_customers_are_listed_by_the_day_on_which_they_came(way: Way):
    customer_id = way.register()
    day = way.ask("GET", f"/api/v1/customers/{customer_id}").json()["created_at"][:10]

    def listed(query: str) -> list[str]:
        answer = ask("GET", f"/api/v1/customers?{query}", f"Api-Key {way.key}")
        assert answer.status_code == 200, answer.text
        return [customer["customer_id"] for customer in answer.get_json()["data"]]

    assert listed(f"created_from={day}") == [customer_id]
    assert listed("created_from=2999-12-31") == listed("created_to=2020-01-01") == []
