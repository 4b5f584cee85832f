"""The rows of the request log: written in batches, read by their merchant, deleted by age."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from verification.request_log.lines import Line
from verification.request_log.models import ApiRequest

KEPT_DAYS = 30
DELETED_AT_ONCE = 10_000


@dataclass(frozen=True)
class RequestFilter:
    """Which requests are wanted: those of one key (its prefix), of one class of status (`4xx`), at or after, and before a moment."""

    key: str | None = None
    status_class: str | None = None
    at_from: datetime | None = None
    at_to: datetime | None = None


def write(lines: Iterable[Line]) -> None:
    """Store lines. One that is stored already changes nothing."""
    rows = [ApiRequest(at=line.moment, **{name: value for name, value in line._asdict().items() if name != "at"}) for line in lines]
    ApiRequest.objects.bulk_create(rows, ignore_conflicts=True)


def matching(wanted: RequestFilter) -> QuerySet[ApiRequest]:
    """Return the rows that a filter lets through."""
    rows = ApiRequest.objects.all()
    if wanted.key is not None:
        rows = rows.filter(key=wanted.key)
    if wanted.status_class is not None:
        first = int(wanted.status_class[0]) * 100
        rows = rows.filter(status__gte=first, status__lt=first + 100)
    if wanted.at_from is not None:
        rows = rows.filter(at__gte=wanted.at_from)
    if wanted.at_to is not None:
        rows = rows.filter(at__lt=wanted.at_to)
    return rows


def forget_old(*, at: datetime) -> int:
    """Delete what is older than thirty days, some thousands at a time, and return how many."""
    old = ApiRequest.objects.filter(at__lt=at - timedelta(days=KEPT_DAYS)).order_by("at")
    deleted = 0
    while batch := list(old.values_list("pk", flat=True)[:DELETED_AT_ONCE]):
        deleted += ApiRequest.objects.filter(pk__in=batch).delete()[0]
    return deleted
