"""The figures of the compliance report, each from the event log alone.

The log is append-only, and what a figure says of a moment depends on the events up to that moment: that is why a closed range gives
the same figures whenever it is asked for. Each function reads what happened from `days.starts_at` on and before `days.ends_at`, by an
index of the log; a rollup of closed days can later answer in their place.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    Aggregate,
    CharField,
    Count,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    FloatField,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.fields.json import KT

from kyc_platform.actor import ActorKind
from reporting.compliance.days import DayRange
from verification.customers.stages import Status
from verification.events.models import Event
from verification.events.types import EventType
from verification.levels.doc_types import DocType

AUTOMATIC = (ActorKind.PROVIDER.value, ActorKind.SYSTEM.value)  # whoever else decides is a person, or acts for one
HANDED_OVER = (EventType.VERIFICATION_SUBMITTED.value, EventType.VERIFICATION_REOPENED.value)
NOT_APPROVED = (EventType.VERIFICATION_DECLINED.value, EventType.VERIFICATION_RESUBMISSION_REQUESTED.value)
DECISIONS = (EventType.VERIFICATION_APPROVED.value, *NOT_APPROVED)
DOCUMENT_EVENTS = {
    EventType.DOCUMENT_SUBMITTED.value: "submitted",
    EventType.DOCUMENT_VERIFIED.value: "verified",
    EventType.DOCUMENT_REJECTED.value: "rejected",
}


@dataclass(frozen=True)
class Customers:
    """How many customers were registered in the range, and how many of them had which status at its end."""

    total: int
    verified: int
    pending: int
    rejected: int


@dataclass(frozen=True)
class Day:
    """The customers registered on one day, by their status at the end of the range: the days add up to `Customers`."""

    date: date
    registered: int
    verified: int
    pending: int
    rejected: int


@dataclass(frozen=True)
class Decisions:
    """What was decided in the range, by whom, and after how long: seconds from the hand-over; None when nothing was decided."""

    approved: int
    declined: int
    resubmission_requested: int
    automatic: int
    manual: int
    median_seconds: int | None
    p95_seconds: int | None


@dataclass(frozen=True)
class Documents:
    """How many documents of one kind came in, and were verified and rejected, in the range."""

    doc_type: str
    submitted: int
    verified: int
    rejected: int


@dataclass(frozen=True)
class RejectionReason:
    """In how many declines and requests for another submission, in the range, a reason was named."""

    code: str
    count: int


class MedianAndP95(Aggregate):
    """PostgreSQL's continuous percentiles, as a list of two; None when there are no values."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = ArrayField(FloatField())


class Bucket(Func):
    """The number of the last threshold that is not after the moment, counted from 1."""

    function = "WIDTH_BUCKET"
    output_field = IntegerField()

    def __init__(self, moment: F, thresholds: list[datetime]) -> None:
        super().__init__(moment, Value(thresholds, output_field=ArrayField(DateTimeField())))


class Elements(Func):
    """One row for each text in a JSON list."""

    function = "JSONB_ARRAY_ELEMENTS_TEXT"
    output_field = CharField()
    set_returning = True


def daily_figures(days: DayRange) -> list[Day]:
    """Return the figures of each day of the range, in order.

    A customer's status at the end of the range is the one that its latest event before that moment tells. Days are told apart by the
    moments at which they begin, and not by the database's own knowledge of time zones, which may be of another year than ours.
    """
    latest = Event.objects.filter(customer_pk=OuterRef("customer_pk"), sequence__isnull=False, at__lt=days.ends_at).order_by("-sequence")
    registered = _within(days, (EventType.CUSTOMER_CREATED.value,)).annotate(
        day=Bucket(F("at"), days.day_starts), status_at_end=Subquery(latest.values("status")[:1])
    )
    counts = {(day, status): count for day, status, count in registered.values_list("day", "status_at_end").annotate(count=Count("pk"))}
    return [
        Day(
            date=day,
            registered=sum(counts.get((number, status.value), 0) for status in Status),
            verified=counts.get((number, Status.VERIFIED.value), 0),
            pending=counts.get((number, Status.PENDING.value), 0),
            rejected=counts.get((number, Status.REJECTED.value), 0),
        )
        for number, day in enumerate(days, start=1)
    ]


def customers_in(daily: Iterable[Day]) -> Customers:
    """Return the sums over the days."""
    days = list(daily)
    return Customers(
        total=sum(day.registered for day in days),
        verified=sum(day.verified for day in days),
        pending=sum(day.pending for day in days),
        rejected=sum(day.rejected for day in days),
    )


def decision_figures(days: DayRange) -> Decisions:
    """Return what was decided. A run that was sent back and decided again counts each time.

    The time runs from the latest moment at which the same run was handed over: its submission, or the reopening of its approval.
    """
    handed_over = Event.objects.filter(
        customer_pk=OuterRef("customer_pk"),
        sequence__lt=OuterRef("sequence"),
        type__in=HANDED_OVER,
        data__verification_id=OuterRef("data__verification_id"),
    ).order_by("-sequence")
    waited = ExpressionWrapper(F("at") - Subquery(handed_over.values("at")[:1]), output_field=DurationField())
    seconds = Func(waited, template="EXTRACT(EPOCH FROM %(expressions)s)", output_field=FloatField())
    found = (
        _within(days, DECISIONS)
        .annotate(seconds=seconds)
        .aggregate(
            approved=Count("pk", filter=Q(type=EventType.VERIFICATION_APPROVED.value)),
            declined=Count("pk", filter=Q(type=EventType.VERIFICATION_DECLINED.value)),
            resubmission_requested=Count("pk", filter=Q(type=EventType.VERIFICATION_RESUBMISSION_REQUESTED.value)),
            automatic=Count("pk", filter=Q(actor_kind__in=AUTOMATIC)),
            manual=Count("pk", filter=~Q(actor_kind__in=AUTOMATIC)),
            percentiles=MedianAndP95(F("seconds")),
        )
    )
    median, p95 = (None if value is None else round(value) for value in found.pop("percentiles") or (None, None))
    return Decisions(**found, median_seconds=median, p95_seconds=p95)


def document_figures(days: DayRange) -> list[Documents]:
    """Return the figures of every kind of document, in the order of the catalogue."""
    events = _within(days, tuple(DOCUMENT_EVENTS)).annotate(doc_type=KT("data__doc_type"))
    counts = {
        (kind, DOCUMENT_EVENTS[event]): count for kind, event, count in events.values_list("doc_type", "type").annotate(count=Count("pk"))
    }
    return [
        Documents(doc_type=kind.value, **{member: counts.get((kind.value, member), 0) for member in DOCUMENT_EVENTS.values()})
        for kind in DocType
    ]


def rejection_reasons(days: DayRange) -> list[RejectionReason]:
    """Return the reasons that were named, the most frequent first."""
    named = _within(days, NOT_APPROVED).annotate(code=Elements(F("data__reasons")))
    counts = named.values_list("code").annotate(count=Count("pk")).order_by("-count", "code")
    return [RejectionReason(code, count) for code, count in counts]


def _within(days: DayRange, types: tuple[str, ...]) -> QuerySet[Event]:
    """Return the events of some types in the range, unordered. The index on type and time finds them."""
    return Event.objects.filter(type__in=types, at__gte=days.starts_at, at__lt=days.ends_at)
