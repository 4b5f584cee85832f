"""The report as JSON members, and as CSV."""

import csv
import io
from dataclasses import asdict
from typing import Any

from reporting.compliance.report import Report

HEADER = ("section", "key", "figure", "value")
SECTION_OF_ALL = "report"
# What a row of a section that lists something is known by.
KEYS = {"documents": "doc_type", "rejection_reasons": "code", "daily": "date"}
FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")


def report_members(report: Report) -> dict[str, Any]:
    """Return the members that `serializers` documents, `closed` among them."""
    return {
        "start": report.days.start,
        "end": report.days.end,
        "time_zone": report.days.time_zone,
        "livemode": report.livemode,
        "closed": report.is_closed,
        "customers": asdict(report.customers),
        "decisions": asdict(report.decisions),
        "documents": [asdict(row) for row in report.documents],
        "rejection_reasons": [asdict(row) for row in report.rejection_reasons],
        "daily": [asdict(row) for row in report.daily],
    }


def report_csv(members: dict[str, Any]) -> bytes:
    """Return the same figures in the long format: one figure a line, as `section,key,figure,value` (RFC 4180, UTF-8).

    `key` is empty but for documents (the doc_type), reasons (the code) and days (the date). What is unknown is an empty value. No cell
    can be read as a formula by a spreadsheet: https://owasp.org/www-community/attacks/CSV_Injection.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    for name, value in members.items():
        for key, figures in _figures(name, value):
            section = name if isinstance(value, dict | list) else SECTION_OF_ALL
            writer.writerows((section, _cell(key), figure, _cell(number)) for figure, number in figures.items())
    return text.getvalue().encode()


def _figures(name: str, value: Any) -> list[tuple[str, dict[str, Any]]]:
    """Return the figures of one member of the report, each group with its key."""
    if isinstance(value, dict):
        return [("", value)]
    if isinstance(value, list):
        return [(row[KEYS[name]], {figure: row[figure] for figure in row if figure != KEYS[name]}) for row in value]
    return [("", {name: value})]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"'{text}" if text.startswith(FORMULA_BEGINS) else text
