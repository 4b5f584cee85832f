"""Posting parcels concurrently, in a thread of its own, while the caller claims and records.

The thread runs an event loop and knows no database; the caller's transactions are about parcels that are not under way any more or not
yet, and wait for no receiver. One that answers slowly costs the others nothing: what is finished is handed over, and more is taken on.
"""

import asyncio
import threading
from collections import Counter, deque
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self, TypeVar

from kyc_platform.doors import assert_no_transaction
from kyc_platform.outbound.client import OutboundClient
from kyc_platform.outbound.errors import OutboundFailed
from verification.sandbox.chaos import Fault
from verification.webhooks.claiming import Parcel
from verification.webhooks.models import ENDPOINTS_MAX
from verification.webhooks.schedule import read_retry_after
from verification.webhooks.signing import signed_headers
from verification.webhooks.troubling import spoiled

T = TypeVar("T")

IN_FLIGHT_MAX = 32  # to one endpoint
ENOUGH = 500  # results are worth a transaction
FAILURE_STATUS = "status"
FAILURE_DROPPED = "dropped"


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


class Sender:
    """A context manager: `add` parcels, `wait` for results. Each endpoint has a lane of its own, with IN_FLIGHT_MAX under way at once.

    `clock` shows the world's time, which attempts are signed with; the merchant's, which they are recorded with, is ahead by `lead`.
    Leaving it while requests are under way drops them: whether they arrived is unknown, and their leases end.
    Raises NetworkInsideTransaction when it is made or waited for in a transaction.
    """

    def __init__(self, *, clock: Callable[[], datetime], lead: timedelta = timedelta(0)) -> None:
        self._client = OutboundClient(concurrency=IN_FLIGHT_MAX * ENDPOINTS_MAX)
        self._clock, self._lead = clock, lead
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="webhooks", daemon=True)
        self._held: Counter[tuple[int, datetime]] = Counter()  # by endpoint and moment of the claim
        # That is the caller's; all below is the thread's, but for the deque and the event.
        self._lanes: dict[int, _Lane] = {}
        self._defects: list[BaseException] = []
        self._posted: deque[Posted] = deque()
        self._has_news = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._client.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._call(self._close())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    @property
    def is_busy(self) -> bool:
        """Tell whether there is a parcel whose result has not been handed over."""
        return self._held.total() > 0

    def held(self, endpoint_pk: int) -> int:
        """Return how many of these are for an endpoint."""
        return sum(count for (pk, _), count in self._held.items() if pk == endpoint_pk)

    def add(self, parcels: Sequence[Parcel]) -> None:
        """Have these posted, each lane in its order."""
        self._held += _counted(parcels)
        self._loop.call_soon_threadsafe(self._start, parcels)

    def take_back(self, *, claimed_before: datetime) -> list[Parcel]:
        """Return the parcels that were claimed before that moment and are not under way yet; they will not be posted here."""
        if all(claimed_at > claimed_before for _, claimed_at in self._held):
            return []  # the thread need not be asked
        return self._take_out(lambda parcel: parcel.claimed_at <= claimed_before)

    def drop_waiting(self, *, except_to: Collection[int]) -> None:
        """Forget the parcels that are not under way yet, except those to some endpoints: the others are gone, and owed nothing any more."""
        if any(endpoint_pk not in except_to for endpoint_pk, _ in self._held):
            self._take_out(lambda parcel: parcel.endpoint_pk not in except_to)

    def wait(self, seconds: float) -> list[Posted]:
        """Wait until a lane is done, for ENOUGH results, or for so many seconds, and return what has ended since the last time."""
        assert_no_transaction()
        self._has_news.wait(seconds)
        self._has_news.clear()
        if self._defects:
            raise self._defects[0]
        posted = [self._posted.popleft() for _ in range(len(self._posted))]
        self._held -= _counted(one.parcel for one in posted)
        return posted

    def _take_out(self, is_wanted: Callable[[Parcel], bool]) -> list[Parcel]:
        async def take_out() -> list[Parcel]:
            taken = []
            for lane in self._lanes.values():
                taken += [parcel for parcel in lane.waiting if is_wanted(parcel)]
                lane.waiting = deque(parcel for parcel in lane.waiting if not is_wanted(parcel))
            return taken

        taken = self._call(take_out())
        self._held -= _counted(taken)
        return taken

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _start(self, parcels: Sequence[Parcel]) -> None:
        for parcel in parcels:
            self._lanes.setdefault(parcel.endpoint_pk, _Lane()).waiting.append(parcel)
        for lane in self._lanes.values():
            for _ in range(min(IN_FLIGHT_MAX - len(lane.posting), len(lane.waiting))):
                task = self._loop.create_task(self._work(lane))
                lane.posting.add(task)
                task.add_done_callback(lambda done, lane=lane: self._leave(lane, done))  # type: ignore[misc]

    async def _work(self, lane: _Lane) -> None:
        while lane.waiting:
            self._posted.append(await self._post(lane.waiting.popleft()))
            if len(self._posted) >= ENOUGH and not self._has_news.is_set():
                self._has_news.set()

    def _leave(self, lane: _Lane, task: asyncio.Task[None]) -> None:
        lane.posting.discard(task)
        if not task.cancelled() and (defect := task.exception()) is not None:
            self._defects.append(defect)
        if not lane.posting:
            self._has_news.set()

    async def _post(self, parcel: Parcel) -> Posted:
        sent_at = self._clock()
        at = sent_at + self._lead
        if parcel.fault is Fault.DROP:
            return Posted(parcel, at, None, FAILURE_DROPPED, 0)
        keys, signed_at = spoiled(parcel, at=sent_at)
        headers = signed_headers(keys, webhook_id=parcel.webhook_id, timestamp=int(signed_at.timestamp()), body=parcel.body)
        try:
            answer = await self._client.post(parcel.url, headers=headers, body=parcel.body)
        except OutboundFailed as failed:
            return Posted(parcel, at, None, failed.kind.value, _ms(failed.duration_seconds))
        if 200 <= answer.status < 300:
            return Posted(parcel, at, answer.status, "", _ms(answer.duration_seconds), answer.body_start)
        retry_after = read_retry_after(answer.headers.get("Retry-After"), at=sent_at)
        return Posted(parcel, at, answer.status, FAILURE_STATUS, _ms(answer.duration_seconds), answer.body_start, retry_after)

    async def _close(self) -> None:
        tasks = [task for lane in self._lanes.values() for task in lane.posting]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.__aexit__(None, None, None)


def _counted(parcels: Iterable[Parcel]) -> Counter[tuple[int, datetime]]:
    return Counter((parcel.endpoint_pk, parcel.claimed_at) for parcel in parcels)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
