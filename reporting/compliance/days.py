"""Whole days in a merchant's time zone, as the moments between which they lie."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

# An event tells the moment at which its request or task began, and is written at the latest when that one's time is over
# (CELERY_TASK_TIME_LIMIT, 240 seconds). After this, nothing is added to a day any more.
SETTLED_AFTER = timedelta(minutes=5)


@dataclass(frozen=True)
class DayRange:
    """The days from `start` to `end`, both of them included, in one time zone."""

    start: date
    end: date
    time_zone: str

    def __iter__(self) -> Iterator[date]:
        """Yield each day, in order."""
        return (self.start + timedelta(days=number) for number in range((self.end - self.start).days + 1))

    @cached_property
    def day_starts(self) -> list[datetime]:
        """The moments (UTC) at which each day begins. A day has 23 to 25 hours, or what else its time zone decided."""
        return [self._start_of(day) for day in self]

    @property
    def starts_at(self) -> datetime:
        """The first moment (UTC) that belongs to the range."""
        return self.day_starts[0]

    @cached_property
    def ends_at(self) -> datetime:
        """The first moment (UTC) after the range."""
        return self._start_of(self.end + timedelta(days=1))

    def is_closed(self, now: datetime) -> bool:
        """Tell whether everything that happened in the range has been written, so that its figures stay as they are."""
        return now >= self.ends_at + SETTLED_AFTER

    def _start_of(self, day: date) -> datetime:
        # A midnight that the clocks skip is taken by the offset before it, which gives the moment of the skip; one that they show
        # twice is the first (`fold` is 0). So each day begins where the one before it ends.
        return datetime.combine(day, time.min, ZoneInfo(self.time_zone)).astimezone(UTC)


def today_in(time_zone: str, now: datetime) -> date:
    """Return the day that it is at this moment in the time zone."""
    return now.astimezone(ZoneInfo(time_zone)).date()
