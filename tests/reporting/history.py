"""Histories that took place at other times, written into the event log as the workflow writes them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from kyc_platform.actor import Actor, ActorKind
from verification.events.log import append_event
from verification.events.types import AuditType, EventType

PROVIDER = Actor(ActorKind.PROVIDER, "sandbox")
PLATFORM = Actor(ActorKind.SYSTEM, "platform")
KEY = Actor(ActorKind.API_KEY, "kyc_test_0123456789ab")
MEMBER = Actor(ActorKind.MEMBER, "17")
NUMBERS = count(1)

STATUS_AFTER = {
    EventType.CUSTOMER_CREATED: "pending",
    EventType.VERIFICATION_APPROVED: "verified",
    EventType.VERIFICATION_DECLINED: "rejected",
    EventType.VERIFICATION_RESUBMISSION_REQUESTED: "rejected",
    EventType.VERIFICATION_SUBMITTED: "pending",
    EventType.VERIFICATION_REOPENED: "pending",
    EventType.VERIFICATION_IN_REVIEW: "pending",
    EventType.VERIFICATION_EXPIRED: "pending",
}


def utc(text: str) -> datetime:
    """Return a moment written like `2026-01-31 23:59:59`, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass
class History:
    """The events of one customer, in the order of telling."""

    pk: int = field(default_factory=NUMBERS.__next__)
    run: str = "ver_first"
    status: str = ""
    sequence: int = 0

    def tell(self, event: EventType, at: str, *, actor: Actor = PROVIDER, reasons: Sequence[str] = (), doc_type: str = "") -> "History":
        """Append one event; the status follows from its type."""
        previous, self.status = self.status, STATUS_AFTER.get(event, self.status)
        self.sequence += 1
        data: dict[str, object] = {"verification_id": self.run, "reasons": list(reasons)}
        append_event(
            event,
            actor=actor,
            at=utc(at),
            data=data | ({"doc_type": doc_type} if doc_type else {}),
            customer_pk=self.pk,
            sequence=self.sequence,
            status=self.status,
            previous_status=previous,
        )
        return self

    def looked_at(self, at: str) -> "History":
        """Append an auditor's event, which is no change."""
        append_event(AuditType.DOCUMENT_VIEWED, actor=MEMBER, at=utc(at), data={}, customer_pk=self.pk)
        return self


def registered(at: str) -> History:
    """Begin a customer's history."""
    return History().tell(EventType.CUSTOMER_CREATED, at, actor=KEY)
