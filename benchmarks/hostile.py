"""Ten thousand deliveries of fifty merchants, of which five have a receiver that does harm: what the others notice, and what it costs.

The sender is the platform's own process with its eight threads. Each round it is started anew and warmed up; then everything is due at
once, and the hostile merchants' doorbells ring first. The same is measured without their deliveries.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from statistics import quantiles

import psutil
import requests
from django.utils import timezone

from benchmarks.harness import Goal, Measure, Row, at_least, at_most, interleave, row
from benchmarks.processes import free_port, peak_bytes, running
from benchmarks.sending import TURNED
from benchmarks.webhooks import BARE, bare, owe, receiving
from kyc_platform.actor import SYSTEM
from kyc_platform.background import ring
from kyc_platform.celery import app
from kyc_platform.embedded.platform import answers
from kyc_platform.embedded.programs import ALONE, SENDER_CONCURRENCY
from kyc_platform.embedded.state import HOST
from tenants.merchants.models import Merchant
from tests.fixtures.merchants import a_merchant, inside
from verification.jobs import DELIVER_WEBHOOKS
from verification.webhooks.models import DeliveryState, EndpointWarning, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from verification.workflow.subscribing import create_endpoint

HEALTHY = 45
HARMFUL_PATHS = ("/slow", "/drip", "/gigabyte", "/redirect")  # of the fifth, the name turns
DELIVERIES_EACH = 200
PATIENCE_SECONDS = 300
SENDER = (sys.executable, "-m", "benchmarks.sending", "-A", "kyc_platform.celery", "worker", "--queues", "kyc-webhooks", *ALONE)
THREADS = ("--pool", "threads", "--concurrency", str(SENDER_CONCURRENCY), "--loglevel", "WARNING")
BESIDE, WITHOUT = "webhooks of 45 healthy merchants beside 5 hostile ones", "without the hostile ones"
MB = 1_000_000


@dataclass(frozen=True)
class Round:
    """What one sender did with the deliveries of the healthy merchants, and the memory it took."""

    per_second: float
    p95_ms: float  # from the moment when all was due until it stood in the database as delivered
    post_p95_ms: float  # of the request alone
    peak_mb: float  # above what the process has when it is warm


@dataclass
class Stand:
    """The merchants, each with one endpoint, and what the rounds have given."""

    healthy: list[Merchant]
    hostile: list[Merchant]
    harmful_url: str
    rounds: dict[str, list[Round]] = field(default_factory=lambda: {BESIDE: [], WITHOUT: []})

    def send(self, name: str, hostile: Sequence[Merchant]) -> float:
        """Have everything sent by a fresh sender, and return how many of the healthy merchants' deliveries it made in a second."""
        with running([*SENDER, *THREADS], is_ready=lambda: bool(app.control.ping(timeout=0.5))) as pid:
            sender = psutil.Process(pid)
            self._deliver(self._owe(5))  # every thread has its connections then
            for merchant in hostile:
                with inside(merchant):
                    owe(DELIVERIES_EACH)
            owed = self._owe(DELIVERIES_EACH)
            began = timezone.now()
            peak = peak_bytes(sender, lambda: self._deliver(owed, after=hostile))
            if hostile:
                self._require_harm_was_tried_and_none_done()
            sender.kill()  # it would wait for what is under way to the hostile ones
            sender.wait()
        app.control.purge()
        self._forget_hostile()
        figures = self._figures(owed, began)
        self.rounds[name].append(Round(*figures, peak / MB))
        return figures[0]

    def _owe(self, each: int) -> dict[Merchant, list[int]]:
        owed = {}
        for merchant in self.healthy:
            with inside(merchant):
                owed[merchant] = owe(each)
        return owed

    def _deliver(self, owed: dict[Merchant, list[int]], *, after: Sequence[Merchant] = ()) -> None:
        for merchant in (*after, *owed):
            ring(DELIVER_WEBHOOKS, merchant.schema_name)
        for merchant in owed:
            with inside(merchant):
                _wait_until(lambda: not WebhookDelivery.objects.filter(due_at__isnull=False).exists())

    def _require_harm_was_tried_and_none_done(self) -> None:
        seen = requests.get(f"{self.harmful_url}/seen", timeout=30).json()
        if "/inside" in seen or not all(path in seen for path in HARMFUL_PATHS):
            raise RuntimeError(f"the hostile receivers have seen {seen}")
        with inside(self.hostile[-1]):
            _wait_until(WebhookAttempt.objects.filter(failure="refused_address").exists)

    def _forget_hostile(self) -> None:
        """Let the hostile ones be as new: nothing owed, and not failing yet, which is when they do most harm."""
        for merchant in self.hostile:
            with inside(merchant):
                WebhookDelivery.objects.filter(due_at__isnull=False).update(state=DeliveryState.CANCELLED, due_at=None)
                EndpointWarning.objects.all().delete()
                WebhookEndpoint.objects.update(failing_since=None)

    def _figures(self, owed: dict[Merchant, list[int]], began: datetime) -> tuple[float, float, float]:
        seconds: list[float] = []
        posts: list[float] = []
        for merchant, pks in owed.items():
            with inside(merchant):
                rows = WebhookDelivery.objects.filter(pk__in=pks, state=DeliveryState.DELIVERED, attempt_count=1)
                found = rows.values_list("delivered_at", "attempts__duration_ms")
                seconds += [(at - began).total_seconds() for at, _ in found if at is not None]
                posts += [float(duration_ms) for _, duration_ms in found]
        if len(seconds) != HEALTHY * DELIVERIES_EACH:
            raise RuntimeError(f"{len(seconds)} of {HEALTHY * DELIVERIES_EACH} were delivered, each once")
        return len(seconds) / max(seconds), _p95(seconds) * 1000, _p95(posts)


def measure(rounds: int) -> list[Row]:
    """Compare the healthy merchants' deliveries with those that are made without the hostile ones, and with bare aiohttp."""
    port = free_port()
    harmful_url = f"http://{HOST}:{port}"
    harmful = [sys.executable, "-m", "benchmarks.hostile_receiver", str(port)]
    with receiving() as url, running(harmful, is_ready=lambda: answers(f"{harmful_url}/seen")):
        hostile = [_a_merchant(f"{harmful_url}{path}") for path in HARMFUL_PATHS]
        hostile.append(_a_merchant(url, becomes=f"https://{TURNED}/hook"))
        stand = Stand([_a_merchant(url) for _ in range(HEALTHY)], hostile, harmful_url)
        number = HEALTHY * DELIVERIES_EACH
        measures: dict[str, Measure] = {
            BESIDE: partial(stand.send, BESIDE, hostile),
            WITHOUT: partial(stand.send, WITHOUT, ()),
            BARE: lambda: bare(url, number).per_second,
        }
        figures = interleave(measures, rounds=rounds, warm_ups=0)
    note = f"10,000 due at once, {DELIVERIES_EACH} a merchant; one sender, {SENDER_CONCURRENCY} threads"
    beside, without = stand.rounds[BESIDE], stand.rounds[WITHOUT]

    def against(what: str, name: str, unit: str, goal: Goal | None = None) -> Row:
        ours, theirs = ([getattr(one, name) for one in taken] for taken in (beside, without))
        return row(f"{BESIDE}{what}", ours, WITHOUT, theirs, unit=unit, goal=goal, note=note)

    return [
        row(BESIDE, figures[BESIDE], BARE, figures[BARE], unit="deliveries/s", note=note),
        against("", "per_second", "deliveries/s", at_least(0.8)),
        against(": p95 until delivered", "p95_ms", "ms", at_most(1.25)),
        against(": p95 of the request alone", "post_p95_ms", "ms"),
        against(": peak memory of the sender, above its own", "peak_mb", "MB"),
    ]


def _a_merchant(url: str, *, becomes: str = "") -> Merchant:
    """Open a merchant with an endpoint; of one that `becomes` another, that is the URL when it is sent to."""
    merchant = a_merchant()
    with inside(merchant):
        create_endpoint(url=url, event_types=None, actor=SYSTEM, at=timezone.now())
        if becomes:
            WebhookEndpoint.objects.update(url=becomes)
    return merchant


def _wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not all was delivered within {PATIENCE_SECONDS} seconds")
        time.sleep(0.1)


def _p95(figures: Sequence[float]) -> float:
    return quantiles(figures, n=20)[-1]
