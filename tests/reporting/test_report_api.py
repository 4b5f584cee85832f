"""`GET /report` over HTTP: JSON and CSV, both paths, and what is refused."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from reporting.api.serializers import ReportSerializer
from reporting.api.shapes import report_csv
from tests.fixtures.merchants import a_key, a_merchant, inside
from tests.reporting.history import MEMBER, registered
from verification.events.types import EventType

JANUARY = {"start": "2026-01-01", "end": "2026-01-31"}
ZEROS = {"submitted": 0, "verified": 0, "rejected": 0}


def ask(key, parameters=JANUARY, path="/api/v1/report"):
    return Client().get(path, parameters, headers={"Authorization": f"Api-Key {key}"})


def told(history):
    """A customer whose selfie is rejected, and who is declined by a person."""
    history.tell(EventType.DOCUMENT_SUBMITTED, "2026-01-05 10:01", doc_type="SELFIE")
    history.tell(EventType.VERIFICATION_SUBMITTED, "2026-01-05 10:01")
    history.tell(EventType.DOCUMENT_REJECTED, "2026-01-05 10:02", doc_type="SELFIE", reasons=["face_mismatch"])
    return history.tell(EventType.VERIFICATION_DECLINED, "2026-01-05 10:02", actor=MEMBER, reasons=["face_mismatch"])


@pytest.fixture
def january(merchant):
    """Two customers of the live merchant, one of them declined."""
    with inside(merchant):
        registered("2026-01-31 10:00")
        told(registered("2026-01-05 10:00"))
    return merchant


@pytest.fixture(scope="module")
def idle_key(database):
    """A live key of a merchant without customers, for what is refused anyway."""
    return a_key(a_merchant("Idle"))


def refused(answer):
    """The refused parameters with their codes."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


@pytest.mark.parametrize("path", ["/api/v1/report", "/report"])
def test_the_report_is_what_the_contract_says(january, live_key, path):
    answer = ask(live_key, path=path)

    assert answer.status_code == 200, answer.content
    report = answer.json()
    daily = report.pop("daily")
    assert report == {
        "start": "2026-01-01",
        "end": "2026-01-31",
        "time_zone": "UTC",
        "livemode": True,
        "closed": True,
        "customers": {"total": 2, "verified": 0, "pending": 1, "rejected": 1},
        "decisions": {
            "approved": 0,
            "declined": 1,
            "resubmission_requested": 0,
            "automatic": 0,
            "manual": 1,
            "median_seconds": 60,
            "p95_seconds": 60,
        },
        "documents": [
            {"doc_type": "ID_FRONT", **ZEROS},
            {"doc_type": "ID_BACK", **ZEROS},
            {"doc_type": "PROOF_OF_ADDRESS", **ZEROS},
            {"doc_type": "SELFIE", "submitted": 1, "verified": 0, "rejected": 1},
        ],
        "rejection_reasons": [{"code": "face_mismatch", "count": 1}],
    }
    assert len(daily) == 31
    assert daily[4] == {"date": "2026-01-05", "registered": 1, "verified": 0, "pending": 0, "rejected": 1}
    assert daily[30] == {"date": "2026-01-31", "registered": 1, "verified": 0, "pending": 1, "rejected": 0}


def test_the_answer_has_the_members_that_the_documentation_names(january, live_key):
    report = ask(live_key).json()

    documented: dict[str, Any] = dict(ReportSerializer().fields)
    assert list(report) == list(documented)
    for name in ("customers", "decisions"):
        assert list(report[name]) == list(documented[name].fields)
    for name in ("documents", "rejection_reasons", "daily"):
        assert list(report[name][0]) == list(documented[name].child.fields)


def test_the_csv_has_the_same_figures_one_a_line(january, live_key):
    report = ask(live_key).json()

    answer = ask(live_key, {**JANUARY, "format": "csv"})

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="kyc-report_2026-01-01_2026-01-31.csv"'
    assert answer.content.count(b"\r\n") == answer.content.count(b"\n")
    rows = {tuple(row[:3]): row[3] for row in csv.reader(io.StringIO(answer.content.decode(), newline=""))}
    assert rows.pop(("section", "key", "figure")) == "value"
    assert rows[("report", "", "time_zone")] == "UTC"
    assert rows[("report", "", "livemode")] == "true"
    assert rows[("customers", "", "total")] == "2"
    assert rows[("decisions", "", "median_seconds")] == "60"
    assert rows[("documents", "SELFIE", "rejected")] == "1"
    assert rows[("rejection_reasons", "face_mismatch", "count")] == "1"
    assert rows[("daily", "2026-01-05", "rejected")] == "1"
    assert len(rows) == 5 + len(report["customers"]) + len(report["decisions"]) + 4 * 3 + 1 + 31 * 4


def test_a_figure_that_is_unknown_is_empty_in_csv_and_null_in_json(idle_key):
    assert ask(idle_key).json()["decisions"]["median_seconds"] is None
    assert b"decisions,,median_seconds,\r\n" in ask(idle_key, {**JANUARY, "format": "csv"}).content


def test_no_cell_of_the_csv_is_a_formula():
    text = report_csv({"rejection_reasons": [{"code": "=HYPERLINK(A1)", "count": 1}], "time_zone": "@SUM(1,2)"}).decode()

    assert text == ("section,key,figure,value\r\nrejection_reasons,'=HYPERLINK(A1),count,1\r\nreport,,time_zone,\"'@SUM(1,2)\"\r\n")


def test_the_days_are_those_of_the_merchants_time_zone():
    merchant = a_merchant("Tonga", time_zone="Pacific/Tongatapu")  # 13 hours ahead
    with inside(merchant):
        registered("2026-01-04 10:59:59")
        registered("2026-01-04 11:00")

    report = ask(a_key(merchant), {"start": "2026-01-05", "end": "2026-01-05"}).json()

    assert (report["time_zone"], report["customers"]["total"]) == ("Pacific/Tongatapu", 1)
    assert report["daily"] == [{"date": "2026-01-05", "registered": 1, "verified": 0, "pending": 1, "rejected": 0}]


def test_a_closed_range_gives_the_same_answer_after_more_has_happened(january, live_key):
    before = ask(live_key).content

    with inside(january):
        declined = registered("2026-02-01 00:00").tell(EventType.VERIFICATION_SUBMITTED, "2026-02-01 00:00")
        declined.tell(EventType.VERIFICATION_DECLINED, "2026-02-01 00:01", reasons=["face_mismatch"])

    assert ask(live_key).content == before


def test_a_report_counts_its_own_merchant_and_mode_only(january, live_key, test_key, other_live_key):
    assert ask(live_key).json()["customers"]["total"] == 2
    for key, is_live in ((test_key, False), (other_live_key, True)):
        report = ask(key).json()
        assert report["livemode"] is is_live
        assert report["customers"] == {"total": 0, "verified": 0, "pending": 0, "rejected": 0}
        assert report["rejection_reasons"] == []
        assert report["decisions"]["declined"] == 0


def test_today_and_the_rest_of_the_month_can_be_asked_for_but_are_not_closed(idle_key):
    today = datetime.now(UTC).date()

    report = ask(idle_key, {"start": str(today), "end": str(today + timedelta(days=10))}).json()

    assert report["closed"] is False
    assert len(report["daily"]) == 11


@pytest.mark.parametrize(
    ("parameters", "errors"),
    [
        ({}, [("/start", "required"), ("/end", "required")]),
        ({"start": "2026-01-01"}, [("/end", "required")]),
        ({"start": "", "end": "2026-01-31"}, [("/start", "required")]),
        ({"start": "01/02/2026", "end": "2026-01-31"}, [("/start", "invalid_date")]),
        ({"start": "2026-02-30", "end": "20260131"}, [("/start", "invalid_date"), ("/end", "invalid_date")]),
        ({"start": "2026-W01-1", "end": "2026-01-31"}, [("/start", "invalid_date")]),
        ({"start": "2026-01-01T00:00:00Z", "end": "2026-01-31"}, [("/start", "invalid_date")]),
        ({"start": "0001-01-01", "end": "0001-01-02"}, [("/start", "invalid_date"), ("/end", "invalid_date")]),
        ({"start": "२०२६-०१-०१", "end": "2026-01-31"}, [("/start", "invalid_date")]),
        ({"start": "2026-01-31", "end": "2026-01-30"}, [("/end", "before_start")]),
        ({"start": "2024-01-01", "end": "2025-01-01"}, [("/end", "range_too_long")]),
        ({"start": "9999-12-31", "end": "9999-12-31"}, [("/start", "in_the_future")]),
        ({**JANUARY, "format": "xml"}, [("/format", "invalid_choice")]),
        ({**JANUARY, "from": "2026-01-01"}, [("/from", "unknown_member")]),
        ({"start": "2026-01-01\x00", "end": "2026-01-31"}, [("/", "invalid_character")]),
    ],
)
def test_a_range_that_is_none_is_refused_by_name(idle_key, parameters, errors):
    assert refused(ask(idle_key, parameters)) == errors


def test_tomorrow_is_refused_as_the_first_day(idle_key):
    tomorrow = str(datetime.now(UTC).date() + timedelta(days=1))

    assert refused(ask(idle_key, {"start": tomorrow, "end": tomorrow})) == [("/start", "in_the_future")]


def test_a_leap_year_is_not_too_long(idle_key):
    assert len(ask(idle_key, {"start": "2024-01-01", "end": "2024-12-31"}).json()["daily"]) == 366


def test_a_key_without_the_scope_is_refused_by_the_scopes_name(merchant):
    answer = ask(a_key(merchant, "customers:read"))

    assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")
    assert "reports:read" in answer.json()["detail"]


def test_nobody_reads_a_report_without_a_key():
    assert Client().get("/api/v1/report", JANUARY).status_code == 401


def test_a_customer_on_the_real_way_is_in_todays_report(way):
    today = str(datetime.now(UTC).date())
    way.register()
    way.verified()

    report = way.ask("GET", f"/api/v1/report?start={today}&end={today}").json()

    assert report["livemode"] is False
    assert report["customers"] == {"total": 2, "verified": 1, "pending": 1, "rejected": 0}
    assert report["daily"] == [{"date": today, "registered": 2, "verified": 1, "pending": 1, "rejected": 0}]
    decisions = report["decisions"]
    assert (decisions["approved"], decisions["automatic"], decisions["manual"]) == (1, 1, 0)
    assert 0 <= decisions["median_seconds"] < 60
    assert [(row["submitted"], row["verified"], row["rejected"]) for row in report["documents"]] == [(1, 1, 0)] * 4
