"""The query of a report, read and refused."""

import re
from datetime import date, datetime
from enum import StrEnum

from kyc_platform.errors import InvalidMember, InvalidRequest
from reporting.compliance.days import DayRange, today_in

DAYS_MAX = 366
YEAR_MIN = 1970
DATE_PATTERN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
PARAMETERS = ("start", "end", "format")


class ReportFormat(StrEnum):
    """What a report is sent as."""

    JSON = "json"
    CSV = "csv"


def read_format(parameters: dict[str, str]) -> ReportFormat:
    """Return the format that is asked for, JSON unless another is. Raises InvalidRequest naming `/format`."""
    text = parameters.get("format", ReportFormat.JSON)
    if text not in list(ReportFormat):
        raise InvalidRequest(errors=[InvalidMember("/format", "invalid_choice", f"Give one of {', '.join(ReportFormat)}.")])
    return ReportFormat(text)


def read_days(parameters: dict[str, str], *, time_zone: str, now: datetime) -> DayRange:
    """Return the range that `start` and `end` give. Raises InvalidRequest naming each that is wrong, with what would be right."""
    errors: list[InvalidMember] = []
    start, end = _read_date("start", parameters, errors), _read_date("end", parameters, errors)
    today = today_in(time_zone, now)
    if start is not None and start > today:
        errors.append(InvalidMember("/start", "in_the_future", f"Today is {today} in {time_zone}: nothing has happened after it."))
    if start is not None and end is not None:
        if end < start:
            errors.append(InvalidMember("/end", "before_start", "Give a day that is not before start; one day is start and end alike."))
        elif (end - start).days >= DAYS_MAX:
            errors.append(InvalidMember("/end", "range_too_long", f"Give at most {DAYS_MAX} days at once."))
    if errors or start is None or end is None:
        raise InvalidRequest(errors=errors)
    return DayRange(start, end, time_zone)


def _read_date(name: str, parameters: dict[str, str], errors: list[InvalidMember]) -> date | None:
    text = parameters.get(name, "")
    if not text:
        errors.append(InvalidMember(f"/{name}", "required", "Give the day as YYYY-MM-DD."))
        return None
    try:
        day = date.fromisoformat(text) if DATE_PATTERN.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or day.year < YEAR_MIN:
        errors.append(InvalidMember(f"/{name}", "invalid_date", f"Give a day of the calendar as YYYY-MM-DD, {YEAR_MIN} or later."))
        return None
    return day
