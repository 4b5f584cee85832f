"""How a merchant drives its sandbox: its clock and its deliveries here, its customers in `simulating.py`."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from kyc_platform.actor import Actor
from kyc_platform.errors import InvalidMember, InvalidRequest
from verification import jobs
from verification.events.models import Event
from verification.events.types import AuditType
from verification.sandbox.chaos import Fault, ask_for_chaos
from verification.sandbox.clock import AHEAD_MAX, ahead, move_ahead
from verification.sandbox.errors import require_sandbox
from verification.workflow.announcing import record

ADVANCE_SECONDS_MAX = 10 * 366 * 24 * 3600
CHAOS_DELIVERIES_MAX = 1000
CHAOS_FAULTS_MAX = 20


@dataclass(frozen=True)
class ClockReading:
    """What a sandbox's clock shows, and how far that is ahead of the world's."""

    now: datetime
    advanced: timedelta


def read_clock() -> ClockReading:
    """Return what the current sandbox's clock shows. Raises SandboxOnly."""
    require_sandbox()
    advanced = ahead()
    return ClockReading(timezone.now() + advanced, advanced)


def advance_clock(*, seconds: int, actor: Actor, at: datetime) -> ClockReading:
    """Move the current sandbox's time ahead, and have everything done that has become due by it. Time never goes back.

    Raises SandboxOnly, or InvalidRequest when `seconds` is not from 1 to ADVANCE_SECONDS_MAX or would lead beyond AHEAD_MAX.
    """
    require_sandbox()
    if not 1 <= seconds <= ADVANCE_SECONDS_MAX:
        raise _not_so_far(f"Give a whole number of seconds from 1 to {ADVANCE_SECONDS_MAX} (ten years); time never goes back.")
    with transaction.atomic():
        if not move_ahead(seconds):
            raise _not_so_far(f"The clock can be at most {AHEAD_MAX.days} days ahead of the world's.")
        reading = ClockReading(at + timedelta(seconds=seconds), ahead())
        told = {"seconds": seconds, "advanced_seconds": int(reading.advanced.total_seconds())}
        record(AuditType.SANDBOX_CLOCK_ADVANCED, actor=actor, at=reading.now, data=told)
        jobs.sweep()
    return reading


def reading_recorded(event: Event) -> ClockReading:
    """Return what the clock showed after the advance that an event records."""
    return ClockReading(event.at, timedelta(seconds=event.data["advanced_seconds"]))


def cause_chaos(*, faults: list[Fault], deliveries: int, actor: Actor, at: datetime) -> None:
    """Have the next new deliveries of the current sandbox go wrong, instead of what was asked for before; 0 ends it.

    Raises SandboxOnly, or InvalidRequest unless there are 1 to CHAOS_FAULTS_MAX faults and 0 to CHAOS_DELIVERIES_MAX deliveries.
    """
    require_sandbox()
    errors = []
    if not 1 <= len(faults) <= CHAOS_FAULTS_MAX:
        errors.append(InvalidMember("/faults", "out_of_range", f"Name 1 to {CHAOS_FAULTS_MAX} faults."))
    if not 0 <= deliveries <= CHAOS_DELIVERIES_MAX:
        errors.append(InvalidMember("/deliveries", "out_of_range", f"Give a whole number from 0 to {CHAOS_DELIVERIES_MAX}; 0 ends it."))
    if errors:
        raise InvalidRequest(errors=errors)
    with transaction.atomic():
        ask_for_chaos(faults, deliveries)
        told = {"faults": [fault.value for fault in faults], "deliveries": deliveries}
        record(AuditType.WEBHOOK_CHAOS_ASKED, actor=actor, at=at, data=told)


def _not_so_far(remedy: str) -> InvalidRequest:
    return InvalidRequest(errors=[InvalidMember("/seconds", "out_of_range", remedy)])
