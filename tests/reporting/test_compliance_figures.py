"""The figures of the report, from histories in the event log."""

from datetime import date

import pytest

from reporting.compliance.days import DayRange
from reporting.compliance.figures import (
    Customers,
    Day,
    Decisions,
    RejectionReason,
    customers_in,
    daily_figures,
    decision_figures,
    document_figures,
    rejection_reasons,
)
from tests.fixtures.merchants import inside
from tests.reporting.history import KEY, MEMBER, PLATFORM, PROVIDER, registered
from verification.events.types import EventType

JANUARY = DayRange(date(2026, 1, 1), date(2026, 1, 31), "UTC")
NOTHING = Decisions(0, 0, 0, 0, 0, None, None)
UPDATED = EventType.CUSTOMER_UPDATED
SUBMITTED, REOPENED, REVIEW = EventType.VERIFICATION_SUBMITTED, EventType.VERIFICATION_REOPENED, EventType.VERIFICATION_IN_REVIEW
APPROVED, DECLINED = EventType.VERIFICATION_APPROVED, EventType.VERIFICATION_DECLINED
RESUBMIT = EventType.VERIFICATION_RESUBMISSION_REQUESTED


@pytest.fixture(autouse=True)
def within(merchant):
    """Every test acts for a merchant of its own."""
    with inside(merchant):
        yield merchant


def customers(days=JANUARY):
    return customers_in(daily_figures(days))


def one_day(day, time_zone="UTC"):
    return DayRange(day, day, time_zone)


def test_nothing_happened_is_zeros_and_no_seconds():
    assert customers() == Customers(0, 0, 0, 0)
    assert decision_figures(JANUARY) == NOTHING
    assert rejection_reasons(JANUARY) == []
    assert [(row.doc_type, row.submitted, row.verified, row.rejected) for row in document_figures(JANUARY)] == [
        ("ID_FRONT", 0, 0, 0),
        ("ID_BACK", 0, 0, 0),
        ("PROOF_OF_ADDRESS", 0, 0, 0),
        ("SELFIE", 0, 0, 0),
    ]
    assert len(daily_figures(JANUARY)) == 31


def test_customers_are_counted_by_their_status():
    registered("2026-01-05 10:00")
    registered("2026-01-05 10:00").tell(SUBMITTED, "2026-01-05 10:05").tell(APPROVED, "2026-01-05 10:06")
    registered("2026-01-06 10:00").tell(SUBMITTED, "2026-01-06 10:05").tell(RESUBMIT, "2026-01-06 10:06")
    registered("2026-01-06 10:00").tell(SUBMITTED, "2026-01-06 10:05").tell(REVIEW, "2026-01-06 10:06")
    registered("2026-01-06 10:00").tell(SUBMITTED, "2026-01-06 10:05").tell(DECLINED, "2026-01-06 10:06")

    assert customers() == Customers(total=5, verified=1, pending=2, rejected=2)


def test_the_days_add_up_to_the_customers():
    registered("2026-01-01 00:00")
    registered("2026-01-31 23:59:59.999999").tell(APPROVED, "2026-01-31 23:59:59.999999")
    registered("2026-01-15 12:00").tell(SUBMITTED, "2026-01-20 12:00").tell(DECLINED, "2026-01-25 12:00")

    daily = daily_figures(JANUARY)

    assert [day for day in daily if day.registered] == [
        Day(date(2026, 1, 1), 1, 0, 1, 0),
        Day(date(2026, 1, 15), 1, 0, 0, 1),  # by the status at the end of the range, on the day of the registration
        Day(date(2026, 1, 31), 1, 1, 0, 0),
    ]
    assert [day.date for day in daily] == list(JANUARY)
    assert customers() == Customers(3, 1, 1, 1)


def test_both_ends_of_the_range_are_part_of_it_and_nothing_else_is():
    for moment in ("2025-12-31 23:59:59.999999", "2026-01-01 00:00", "2026-01-31 23:59:59.999999", "2026-02-01 00:00"):
        registered(moment).tell(SUBMITTED, moment).tell(APPROVED, moment)

    assert customers().total == 2
    assert decision_figures(JANUARY).approved == 2


def test_what_happens_after_a_range_changes_nothing_in_it():
    history = registered("2026-01-05 10:00").tell(SUBMITTED, "2026-01-05 10:01").tell(APPROVED, "2026-01-05 10:02")
    other = registered("2026-01-30 10:00").tell(SUBMITTED, "2026-01-31 23:59")
    before = (daily_figures(JANUARY), decision_figures(JANUARY), document_figures(JANUARY), rejection_reasons(JANUARY))
    assert customers() == Customers(2, 1, 1, 0)

    history.tell(REOPENED, "2026-02-01 00:00").tell(DECLINED, "2026-02-02 10:00", reasons=["document_forged"])
    other.tell(EventType.DOCUMENT_VERIFIED, "2026-02-01 00:00", doc_type="SELFIE").tell(APPROVED, "2026-02-01 00:00")
    registered("2026-02-01 00:00").tell(APPROVED, "2026-02-01 00:00")

    assert (daily_figures(JANUARY), decision_figures(JANUARY), document_figures(JANUARY), rejection_reasons(JANUARY)) == before
    assert customers(DayRange(date(2026, 1, 1), date(2026, 2, 28), "UTC")) == Customers(3, 2, 0, 1)


def test_a_look_of_a_member_is_no_change_of_status():
    registered("2026-01-05 10:00").tell(APPROVED, "2026-01-05 10:02").looked_at("2026-01-05 10:03")

    assert customers() == Customers(1, 1, 0, 0)


def test_events_of_the_same_moment_count_in_the_order_of_their_sequence():
    registered("2026-01-05 10:00").tell(SUBMITTED, "2026-01-05 10:00").tell(APPROVED, "2026-01-05 10:00").tell(REOPENED, "2026-01-05 10:00")

    assert customers() == Customers(1, 0, 1, 0)


def test_a_customer_belongs_to_the_merchants_day_in_summer_and_in_winter():
    registered("2026-03-28 22:59:59")  # 23:59:59 in Stockholm
    registered("2026-03-28 23:00")  # midnight, the day with 23 hours begins
    registered("2026-03-29 21:59:59")  # its last second
    registered("2026-03-29 22:00")
    days = DayRange(date(2026, 3, 28), date(2026, 3, 30), "Europe/Stockholm")

    assert [day.registered for day in daily_figures(days)] == [1, 2, 1]
    assert customers(one_day(date(2026, 3, 29), "Europe/Stockholm")).total == 2
    assert customers(one_day(date(2026, 3, 29), "UTC")).total == 2
    assert [day.registered for day in daily_figures(DayRange(date(2026, 3, 28), date(2026, 3, 30), "UTC"))] == [2, 2, 0]


def test_decisions_are_counted_each_time_and_told_apart_by_who_made_them():
    history = registered("2026-01-05 10:00").tell(SUBMITTED, "2026-01-05 10:00").tell(RESUBMIT, "2026-01-05 10:01", actor=PROVIDER)
    history.tell(SUBMITTED, "2026-01-06 10:00").tell(REVIEW, "2026-01-06 10:01", actor=PLATFORM).tell(
        APPROVED, "2026-01-06 10:02", actor=MEMBER
    )
    registered("2025-12-05 10:00").tell(SUBMITTED, "2025-12-05 10:00").tell(DECLINED, "2026-01-05 10:01", actor=KEY)
    registered("2026-01-05 10:00").tell(SUBMITTED, "2026-01-05 10:00").tell(APPROVED, "2026-01-05 10:01", actor=PLATFORM)

    decisions = decision_figures(JANUARY)

    assert (decisions.approved, decisions.declined, decisions.resubmission_requested) == (2, 1, 1)
    assert (decisions.automatic, decisions.manual) == (2, 2)


def test_seconds_run_from_the_submission_of_the_same_run_to_its_decision():
    for number, seconds in enumerate((10, 20, 30, 40), start=1):
        registered(f"2026-01-0{number} 08:00").tell(SUBMITTED, f"2026-01-0{number} 10:00:00").tell(
            APPROVED, f"2026-01-0{number} 10:00:{seconds}"
        )

    decisions = decision_figures(JANUARY)

    assert (decisions.median_seconds, decisions.p95_seconds) == (25, 38)  # between 30 and 40, at 0.85 of the way: 38.5, to the even


def test_a_second_submission_is_not_timed_from_the_first():
    history = registered("2026-01-05 10:00").tell(SUBMITTED, "2026-01-05 10:00:00").tell(RESUBMIT, "2026-01-05 10:00:40")
    history.tell(SUBMITTED, "2026-01-08 10:00:00").tell(APPROVED, "2026-01-08 10:00:20")

    assert decision_figures(JANUARY).median_seconds == 30


def test_a_reopened_approval_is_timed_from_its_reopening():
    history = registered("2026-01-05 10:00").tell(SUBMITTED, "2026-01-05 10:00:00").tell(APPROVED, "2026-01-05 10:00:10")
    history.tell(REOPENED, "2026-01-20 10:00:00").tell(DECLINED, "2026-01-20 10:00:30")

    assert decision_figures(one_day(date(2026, 1, 20))).median_seconds == 30


def test_the_submission_of_another_run_or_customer_is_not_taken():
    history = registered("2026-01-05 10:00").tell(SUBMITTED, "2026-01-05 10:00:00").tell(APPROVED, "2026-01-05 10:00:10")
    history.run = "ver_second"
    history.tell(APPROVED, "2026-01-09 10:00:00")  # a run that was never submitted has no time
    registered("2026-01-09 09:00").tell(SUBMITTED, "2026-01-09 09:59:59")

    decisions = decision_figures(JANUARY)

    assert (decisions.approved, decisions.median_seconds, decisions.p95_seconds) == (2, 10, 10)


def test_documents_are_counted_by_kind():
    history = registered("2026-01-05 10:00")
    for doc_type in ("ID_FRONT", "SELFIE", "SELFIE"):
        history.tell(EventType.DOCUMENT_SUBMITTED, "2026-01-05 10:00", doc_type=doc_type)
    history.tell(EventType.DOCUMENT_VERIFIED, "2026-01-05 10:01", doc_type="ID_FRONT")
    history.tell(EventType.DOCUMENT_REJECTED, "2026-01-05 10:01", doc_type="SELFIE", reasons=["image_blurred"])
    history.tell(EventType.DOCUMENT_VERIFIED, "2026-02-05 10:01", doc_type="SELFIE")

    assert [(row.doc_type, row.submitted, row.verified, row.rejected) for row in document_figures(JANUARY)] == [
        ("ID_FRONT", 1, 1, 0),
        ("ID_BACK", 0, 0, 0),
        ("PROOF_OF_ADDRESS", 0, 0, 0),
        ("SELFIE", 2, 0, 1),
    ]


def test_reasons_are_counted_once_a_decision_and_the_most_frequent_comes_first():
    history = registered("2026-01-05 10:00").tell(SUBMITTED, "2026-01-05 10:00")
    history.tell(EventType.DOCUMENT_REJECTED, "2026-01-05 10:01", doc_type="SELFIE", reasons=["image_blurred"])
    history.tell(RESUBMIT, "2026-01-05 10:01", reasons=["document_expired", "image_blurred"])
    registered("2026-01-06 10:00").tell(SUBMITTED, "2026-01-06 10:00").tell(RESUBMIT, "2026-01-06 10:01", reasons=["image_blurred"])
    registered("2026-01-06 10:00").tell(SUBMITTED, "2026-01-06 10:00").tell(DECLINED, "2026-01-06 10:01", reasons=["document_forged"])
    registered("2026-01-06 10:00").tell(SUBMITTED, "2026-01-06 10:00").tell(APPROVED, "2026-01-06 10:01", reasons=[])
    registered("2026-01-06 10:00").tell(UPDATED, "2026-01-06 10:01", reasons=["never_counted"])

    assert rejection_reasons(JANUARY) == [
        RejectionReason("image_blurred", 2),
        RejectionReason("document_expired", 1),
        RejectionReason("document_forged", 1),
    ]
