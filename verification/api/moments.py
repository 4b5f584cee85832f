"""How a moment in a query is read."""

import re
from datetime import UTC, date, datetime

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from kyc_platform.errors import InvalidMember

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_moment(text: str) -> datetime | None:
    """Return a moment from RFC 3339, or the beginning of a day in UTC; None for anything else."""
    try:
        if DAY.fullmatch(text):  # asked first: Django takes a day for a moment without an offset
            return datetime.combine(date.fromisoformat(text), datetime.min.time(), tzinfo=UTC)
        if (moment := parse_datetime(text.replace(" ", "+"))) is not None:  # an unescaped + of an offset arrives as a space
            return moment.astimezone(UTC) if timezone.is_aware(moment) else None
    except (ValueError, OverflowError):
        pass  # as if it were no moment, which it is not
    return None


def not_a_moment(name: str) -> InvalidMember:
    """Return what is wrong with a parameter that is no moment."""
    return InvalidMember(f"/{name}", "invalid_moment", "Give a day (2026-01-31) or an RFC 3339 moment with its offset.")
