"""Posting parcels concurrently, in slices of time between which the caller does its work with the database.

The event loop stands still between two slices, with requests under way in it. So there is one thread, no query is made while the loop
runs, and a receiver that answers slowly costs the others nothing: what is finished is recorded, and more is claimed for the rest.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

from kyc_platform.doors import assert_no_transaction
from kyc_platform.outbound.client import OutboundClient
from kyc_platform.outbound.errors import OutboundFailed
from verification.webhooks.claiming import Parcel
from verification.webhooks.models import ENDPOINTS_MAX
from verification.webhooks.schedule import read_retry_after
from verification.webhooks.signing import signed_headers

IN_FLIGHT_MAX = 32  # to one endpoint
FAILURE_STATUS = "status"


@dataclass(frozen=True, slots=True)
class Posted:
    """How one attempt ended. `status_code` is None when no answer came; `failure` is empty when the receiver took it (2xx)."""

    parcel: Parcel
    at: datetime
    status_code: int | None
    failure: str
    duration_ms: int
    answer_start: bytes = b""
    retry_after: timedelta | None = None


@dataclass(eq=False, slots=True)
class _Lane:
    """What waits and what is under way to one endpoint."""

    waiting: deque[Parcel] = field(default_factory=deque)
    posting: set[asyncio.Task[None]] = field(default_factory=set)
    in_flight: int = 0


class Sender:
    """A context manager of one thread: `add` parcels, `wait` for results. Each endpoint has a lane of its own with IN_FLIGHT_MAX at once.

    Leaving it while requests are under way drops them: whether they arrived is unknown, and their leases end.
    Raises NetworkInsideTransaction when it is made or waited for in a transaction.
    """

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        self._client = OutboundClient(concurrency=IN_FLIGHT_MAX * ENDPOINTS_MAX)
        self._clock = clock
        self._runner = asyncio.Runner()
        self._lanes: dict[int, _Lane] = {}
        self._posted: list[Posted] = []
        self._defects: list[BaseException] = []
        self._is_a_lane_done = asyncio.Event()

    def __enter__(self) -> Self:
        self._runner.run(self._client.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._runner.run(self._close())
        finally:
            self._runner.close()

    @property
    def is_busy(self) -> bool:
        """Tell whether anything waits or is under way."""
        return any(lane.waiting or lane.posting for lane in self._lanes.values())

    def held(self, endpoint_pk: int) -> int:
        """Return how many parcels to an endpoint wait or are under way."""
        lane = self._lanes.get(endpoint_pk)
        return len(lane.waiting) + lane.in_flight if lane else 0

    def add(self, parcels: Iterable[Parcel]) -> None:
        """Have these posted in the slices to come, each lane in its order."""
        for parcel in parcels:
            self._lanes.setdefault(parcel.endpoint_pk, _Lane()).waiting.append(parcel)

    def take_back(self, *, claimed_before: datetime) -> list[Parcel]:
        """Return the parcels that were claimed before that moment and are not under way yet; they will not be posted here."""
        stale = []
        for lane in self._lanes.values():
            while lane.waiting and lane.waiting[0].claimed_at <= claimed_before:
                stale.append(lane.waiting.popleft())
        return stale

    def drop_waiting(self, *, except_to: Collection[int]) -> None:
        """Forget the parcels that are not under way yet, except those to some endpoints: the others are gone, and owed nothing any more."""
        for endpoint_pk, lane in self._lanes.items():
            if endpoint_pk not in except_to:
                lane.waiting.clear()

    def wait(self, seconds: float) -> list[Posted]:
        """Post until a lane is done, or for so many seconds, and return what has ended."""
        assert_no_transaction()
        self._runner.run(self._post_for(seconds))
        if self._defects:
            raise self._defects[0]
        posted, self._posted = self._posted, []
        return posted

    async def _post_for(self, seconds: float) -> None:
        for lane in self._lanes.values():
            for _ in range(min(IN_FLIGHT_MAX - len(lane.posting), len(lane.waiting))):
                task = asyncio.create_task(self._work(lane))
                lane.posting.add(task)
                task.add_done_callback(lambda done, lane=lane: self._leave(lane, done))  # type: ignore[misc]
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._is_a_lane_done.wait()
        self._is_a_lane_done.clear()

    async def _work(self, lane: _Lane) -> None:
        while lane.waiting:
            parcel = lane.waiting.popleft()
            lane.in_flight += 1
            try:
                posted = await self._post(parcel)
                self._posted.append(posted)  # to the list that is there now: `wait` has taken others away meanwhile
            finally:
                lane.in_flight -= 1

    def _leave(self, lane: _Lane, task: asyncio.Task[None]) -> None:
        lane.posting.discard(task)
        if not task.cancelled() and (defect := task.exception()) is not None:
            self._defects.append(defect)
        if not lane.posting:
            self._is_a_lane_done.set()

    async def _post(self, parcel: Parcel) -> Posted:
        at = self._clock()
        headers = signed_headers([parcel.key], webhook_id=parcel.webhook_id, timestamp=int(at.timestamp()), body=parcel.body)
        try:
            answer = await self._client.post(parcel.url, headers=headers, body=parcel.body)
        except OutboundFailed as failed:
            return Posted(parcel, at, None, failed.kind.value, _ms(failed.duration_seconds))
        if 200 <= answer.status < 300:
            return Posted(parcel, at, answer.status, "", _ms(answer.duration_seconds), answer.body_start)
        retry_after = read_retry_after(answer.headers.get("Retry-After"), at=at)
        return Posted(parcel, at, answer.status, FAILURE_STATUS, _ms(answer.duration_seconds), answer.body_start, retry_after)

    async def _close(self) -> None:
        tasks = [task for lane in self._lanes.values() for task in lane.posting]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.__aexit__(None, None, None)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
