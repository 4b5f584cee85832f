"""How merchants are told: claim what is due, sign and post it, record how that ended, until nothing is due.

Transactions are short and between the slices of posting; nothing is posted in one. A process that dies after a receiver's 200 and before
the record leaves a lease behind: the delivery is posted again, under the same id, and never lost.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from kyc_platform.actor import SYSTEM
from kyc_platform.schema import current_schema
from verification import jobs
from verification.customers.status_floor import raise_floors
from verification.sandbox.clock import ahead
from verification.webhooks.claiming import (
    START_WITHIN,
    Parcel,
    claim,
    due_endpoints_gone,
    enabled_endpoints,
    hand_back,
    is_anything_due,
    is_due_to_healthy,
)
from verification.webhooks.endpoints import cancel_deliveries, lock_endpoints
from verification.webhooks.health import note_health, reason_to_disable
from verification.webhooks.recording import record_attempts
from verification.webhooks.sender import Posted, Sender
from verification.webhooks.troubling import meet_chaos
from verification.webhooks.turns import Turn, note_pace, room_for, slow_endpoints
from verification.workflow.subscribing import stop_telling

HELD_MAX = 1000  # of one endpoint, in one process: what is posted while ENOUGH others are recorded, and as many claimed
HELD_MAX_WHILE_FAILING = 4  # so that an endpoint that only hangs gets a taste, not everything
SLICE_SECONDS = 0.25
TURN_SECONDS_MAX = 30.0  # then other merchants' work comes first

Clock = Callable[[], datetime]


def deliver_due(*, clock: Clock = timezone.now) -> None:
    """Post everything of the current merchant that is due, and what becomes due meanwhile; at most for half a minute and one post.

    Does nothing while another process does it, which then finds what this one was called for. What is left is asked for again. `clock`
    shows the world's time; rows have the merchant's. A sandbox whose clock is moved meanwhile is served by the new time from the next
    turn on, so that the leases of this one hold.
    """
    until = time.monotonic() + TURN_SECONDS_MAX
    while is_anything_due(at=clock() + (lead := ahead())):
        slow = slow_endpoints(schema := current_schema())
        with room_for(is_slow=not is_due_to_healthy(slow=slow, at=clock() + lead)) as has_room:
            if not has_room:
                return  # this process has enough to do with endpoints that fail or are slow; the next sweep asks for this merchant again
            turn = Turn(schema)
            if not turn.take():
                return  # another process is at it, and looks once more after giving its turn back
            try:
                is_done = _deliver(turn, until=until, clock=clock, lead=lead)
            finally:
                turn.give_back()
            if not is_done:
                return  # the job that goes on has been asked for


def ask_for_delivery(*, at: datetime) -> None:
    """Ask for the job that delivers, when anything is due: for a sweep, which must not wait for receivers itself."""
    if is_anything_due(at=at):
        jobs.deliver_webhooks()


def _deliver(turn: Turn, *, until: float, clock: Clock, lead: timedelta) -> bool:
    """Tell whether all was done; if not, another process has been asked to go on. The merchant's time is ahead of `clock` by `lead`."""

    def now() -> datetime:
        return clock() + lead

    _cancel_for_endpoints_gone(at=now())
    is_last = False
    with Sender(clock=clock, lead=lead) as sender:
        while True:
            if not is_last and time.monotonic() >= until:
                is_last = True  # what is under way ends here; meanwhile another process may go on with the rest
                _record([], sender.take_back(claimed_before=now()), at=now())
                turn.give_back()
                jobs.deliver_webhooks()
            if not is_last:
                sender.add(_claim(sender, at=now()))
                turn.extend()
            if not sender.is_busy:
                return not is_last
            posted = sender.wait(SLICE_SECONDS)
            _record(posted, sender.take_back(claimed_before=now() - START_WITHIN), at=now())


def _claim(sender: Sender, *, at: datetime) -> list[Parcel]:
    parcels: list[Parcel] = []
    endpoints = enabled_endpoints()
    sender.drop_waiting(except_to={endpoint.pk for endpoint in endpoints})
    for endpoint in endpoints:
        allowed = HELD_MAX if endpoint.failing_since is None else HELD_MAX_WHILE_FAILING
        room = allowed - sender.held(endpoint.pk)
        if room > 0:
            with transaction.atomic():
                taken, held_until = meet_chaos(claim(endpoint, limit=room, at=at), at=at)
                parcels += taken
                for due_at in held_until:
                    jobs.look_again(due_at)
    sequences: dict[str, int] = {}
    for parcel in parcels:
        if parcel.customer_id is not None and parcel.sequence is not None:
            sequences[parcel.customer_id] = max(parcel.sequence, sequences.get(parcel.customer_id, 0))
    raise_floors(current_schema(), sequences)  # before they are posted: whoever hears of a change and asks, is shown it
    return parcels


def _record(posted: Sequence[Posted], unposted: Sequence[Parcel], *, at: datetime) -> None:
    if not posted and not unposted:
        return
    posted_to: defaultdict[int, list[Posted]] = defaultdict(list)
    for one in posted:
        posted_to[one.parcel.endpoint_pk].append(one)
    with transaction.atomic():
        endpoints = lock_endpoints([*posted_to, *(parcel.endpoint_pk for parcel in unposted)])
        record_attempts(posted, at=at)
        hand_back(unposted, at=at)
        for pk, results in posted_to.items():
            endpoint = endpoints[pk]
            note_health(endpoint, results)
            if because := reason_to_disable(endpoint, results, at=at):
                stop_telling(endpoint, because, actor=SYSTEM, at=at)
    note_pace(current_schema(), {pk: max(one.duration_ms for one in results) / 1000 for pk, results in posted_to.items()})


def _cancel_for_endpoints_gone(*, at: datetime) -> None:
    if gone := due_endpoints_gone(at=at):
        with transaction.atomic():
            for endpoint in lock_endpoints(gone).values():
                cancel_deliveries(endpoint)
