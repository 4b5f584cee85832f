"""The compliance report of a range of days: what it says, and how its parts come together."""

from dataclasses import dataclass
from datetime import datetime

from reporting.compliance.days import DayRange
from reporting.compliance.figures import (
    Customers,
    Day,
    Decisions,
    Documents,
    RejectionReason,
    customers_in,
    daily_figures,
    decision_figures,
    document_figures,
    rejection_reasons,
)
from tenants.routing.context import current_merchant


@dataclass(frozen=True)
class Report:
    """Summary figures and no personal data. `is_closed` says that they will be the same whenever they are asked for again."""

    days: DayRange
    livemode: bool
    is_closed: bool
    customers: Customers
    decisions: Decisions
    documents: list[Documents]
    rejection_reasons: list[RejectionReason]
    daily: list[Day]


def report_on(days: DayRange, *, now: datetime) -> Report:
    """Return the current merchant's report. Reads the event log alone: four queries, whatever the length of the range."""
    daily = daily_figures(days)
    return Report(
        days=days,
        livemode=current_merchant().livemode,
        is_closed=days.is_closed(now),
        customers=customers_in(daily),
        decisions=decision_figures(days),
        documents=document_figures(days),
        rejection_reasons=rejection_reasons(days),
        daily=daily,
    )
