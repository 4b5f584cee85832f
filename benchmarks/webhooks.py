"""Webhooks from the claim to the record, against bare aiohttp and against one Celery task for each delivery, to the same receiver."""

import asyncio
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Self

from aiohttp import ClientSession, TCPConnector
from django.utils import timezone

from benchmarks.harness import Baseline, Row, at_least, compare, row
from benchmarks.naive.webhooks import QUEUE
from benchmarks.naive.webhooks import app as naive_app
from benchmarks.naive.webhooks import deliver as naive_deliver
from benchmarks.processes import running, serving
from kyc_platform.actor import SYSTEM
from kyc_platform.ids import new_id
from kyc_platform.schema import current_schema
from tests.fixtures.merchants import a_merchant, inside
from verification.events.models import Event
from verification.events.types import EventType
from verification.webhooks.models import DeliveryState, WebhookDelivery, WebhookEndpoint
from verification.webhooks.payloads import payload
from verification.webhooks.sender import IN_FLIGHT_MAX
from verification.webhooks.signing import new_secret, signed_headers, signing_key
from verification.workflow.notifying import deliver_due
from verification.workflow.subscribing import create_endpoint

OURS, BARE = "webhooks delivered: claim, sign, post, record", "bare aiohttp"
DELIVERIES = 10_000  # some seconds, so that a moment of the machine does not decide
TASKS = 200  # a task each is slow enough to be measured with fewer
CELERY = (sys.executable, "-m", "celery", "-A", "benchmarks.naive.webhooks")
ALONE = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING")
POOLS = {"a Celery task each, 2 processes": ("prefork", "2"), "a Celery task each, 8 threads": ("threads", "8")}
SEQUENCE = 9
DATA = {
    "customer_id": "cus-000123",
    "verification_id": "ver_nbswy3dpeb3w64tmmqqgm33smq",
    "status": "verified",
    "stage": "approved",
    "previous_status": "pending",
    "final": True,
    "sequence": SEQUENCE,
    "livemode": True,
}


@dataclass(frozen=True)
class Pace:
    """How fast something was sent, and how much processor time of this process each took."""

    per_second: float
    cpu_us: float

    @classmethod
    def of(cls, number: int, work: Callable[[], object]) -> Self:
        """Do the work, which sends so many, and measure it."""
        began, used = time.perf_counter(), time.process_time()
        work()
        return cls(number / (time.perf_counter() - began), (time.process_time() - used) * 1e6 / number)


def measure(rounds: int) -> list[Row]:
    """Compare the deliveries per second of one sender. The rows are written before; the time is from the first claim to the last record."""
    spent: dict[str, list[float]] = {OURS: [], BARE: []}

    def rate(name: str, work: Callable[[], Pace]) -> float:
        pace = work()
        spent[name].append(pace.cpu_us)
        return pace.per_second

    with receiving() as url, inside(a_merchant()):
        create_endpoint(url=url, event_types=None, actor=SYSTEM, at=timezone.now())
        baselines = [Baseline(BARE, lambda: rate(BARE, lambda: bare(url, DELIVERIES)), at_least(0.5))]
        baselines += [Baseline(name, partial(one_task_each, *pool), at_least(20)) for name, pool in POOLS.items()]
        note = f"one sender, {IN_FLIGHT_MAX} at once, {DELIVERIES} owed"
        rows = compare(OURS, lambda: rate(OURS, ours), baselines, unit="deliveries/s", rounds=rounds, note=note)
    times = {name: figures[-rounds:] for name, figures in spent.items()}
    what = f"{OURS}: processor time of the sending process"
    return [*rows, row(what, times[OURS], BARE, times[BARE], unit="µs a delivery", note=note)]


@contextmanager
def receiving() -> Iterator[str]:
    """Serve the receiver that answers at once, and yield the URL that takes webhooks."""
    with serving("benchmarks.receiver:application", interface="asgi") as receiver:
        yield f"{receiver.url}/hook"


def ours() -> Pace:
    """Return the pace of the platform's sender."""
    pks = owe(DELIVERIES)
    pace = Pace.of(DELIVERIES, deliver_due)
    require_delivered(pks)
    return pace


def bare(url: str, number: int) -> Pace:
    """Return the pace of aiohttp alone: bodies and headers are ready, answers are read, nothing is written down."""
    key, at = signing_key(new_secret()), timezone.now()
    body = payload(event_type=EventType.VERIFICATION_APPROVED, at=at, data=DATA)
    prepared = [signed_headers([key], webhook_id=new_id("evt"), timestamp=int(at.timestamp()), body=body) for _ in range(number)]
    return Pace.of(number, lambda: asyncio.run(_post_all(url, prepared, body)))


async def _post_all(url: str, prepared: list[dict[str, str]], body: bytes) -> None:
    async def work() -> None:
        while prepared:
            async with session.post(url, data=body, headers=prepared.pop()) as answer:
                await answer.read()
                answer.raise_for_status()

    async with ClientSession(connector=TCPConnector(limit=IN_FLIGHT_MAX)) as session:
        await asyncio.gather(*(work() for _ in range(IN_FLIGHT_MAX)))


def one_task_each(pool: str, concurrency: str) -> float:
    """Return the deliveries per second of a running worker, from the first task that is sent to the last row that is written."""
    command = [*CELERY, "worker", "--pool", pool, "--concurrency", concurrency, "--queues", QUEUE, *ALONE]
    with running(command, is_ready=lambda: bool(naive_app.control.ping(timeout=0.5))):
        _send_and_wait(owe(int(concurrency) * 5))  # each process has its connections then
        pks = owe(TASKS)
        began = time.perf_counter()
        _send_and_wait(pks)
        return TASKS / (time.perf_counter() - began)


def _send_and_wait(pks: Sequence[int]) -> None:
    for pk in pks:
        naive_deliver.delay(pk, current_schema())
    while WebhookDelivery.objects.filter(pk__in=pks).exclude(state=DeliveryState.DELIVERED).exists():
        time.sleep(0.02)


def owe(number: int) -> list[int]:
    """Write so many events with a delivery each, every one of another customer, and return the keys of the deliveries."""
    at, first = timezone.now(), Event.objects.count()
    same = {"type": EventType.VERIFICATION_APPROVED.value, "at": at, "actor_kind": SYSTEM.kind.value, "actor_id": SYSTEM.id}
    events = Event.objects.bulk_create(
        Event(uid=new_id("evt"), customer_pk=pk, sequence=SEQUENCE, data={**DATA, "customer_id": f"cus-{pk:06d}"}, **same)
        for pk in range(first, first + number)
    )
    endpoint_id = WebhookEndpoint.objects.values_list("pk", flat=True).get()
    rows = [WebhookDelivery(endpoint_id=endpoint_id, event=event, created_at=at, due_at=at) for event in events]
    return [row.pk for row in WebhookDelivery.objects.bulk_create(rows)]


def require_delivered(pks: Sequence[int]) -> None:
    """Raise RuntimeError unless each was delivered, and recorded once."""
    done = WebhookDelivery.objects.filter(pk__in=pks, state=DeliveryState.DELIVERED, attempt_count=1, attempts__status_code=200).count()
    if done != len(pks):
        raise RuntimeError(f"{done} of {len(pks)} were delivered")
