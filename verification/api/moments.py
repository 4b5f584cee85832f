"""How a moment in a query is read."""

from datetime import UTC, date, datetime

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from kyc_platform.errors import InvalidMember


def read_moment(text: str) -> datetime | None:
    """Return a moment from RFC 3339, or the beginning of a day in UTC; None for anything else."""
    try:
        if (moment := parse_datetime(text.replace(" ", "+"))) is not None:  # an unescaped + of an offset arrives as a space
            return moment.astimezone(UTC) if timezone.is_aware(moment) else None
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), tzinfo=timezone.get_default_timezone())
    except (ValueError, OverflowError):
        return None


def not_a_moment(name: str) -> InvalidMember:
    """Return what is wrong with a parameter that is no moment."""
    return InvalidMember(f"/{name}", "invalid_moment", "Give a day (2026-01-31) or an RFC 3339 moment with its offset.")
