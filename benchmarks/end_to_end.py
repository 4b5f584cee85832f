"""Customers verified per second, from the registration to the last webhook, and where the time goes.

All of it is real: the web process, one worker, the sandbox provider as a process that answers at once, its signed callbacks, S3,
and a receiver of the webhooks. The same steps are then taken one after the other by this process, each measured alone.
"""

import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import psutil
from django.conf import settings
from django.utils import timezone

from benchmarks.harness import Baseline, Row, compare, report
from benchmarks.merchants import Caller
from benchmarks.processes import Web, running, serving
from kyc_platform.actor import SYSTEM
from kyc_platform.celery import app
from kyc_platform.embedded.platform import answers
from kyc_platform.embedded.programs import ALONE, CELERY
from tenants.merchants.models import Merchant
from tenants.merchants.plans import PlanName
from tests.fixtures.merchants import a_key, a_merchant, inside
from tests.fixtures.way import DOC_TYPES, a_picture
from verification.callbacks.models import ProviderCallback
from verification.customers.models import Customer
from verification.lifecycle.models import Verification
from verification.webhooks.models import DeliveryState, WebhookDelivery
from verification.workflow.checking import start_check
from verification.workflow.notifying import deliver_due
from verification.workflow.receiving import handle_callback
from verification.workflow.subscribing import create_endpoint

CUSTOMERS = 40  # of one measurement
CALLERS = 4  # at once
ALONE_CUSTOMERS = 15
PATIENCE_SECONDS = 300
WORKER = (*CELERY, "worker", "--pool", "prefork", "--concurrency", "1", "--loglevel", "WARNING", *ALONE)
SCHEDULER = (*CELERY, "beat", "--pidfile", "", "--loglevel", "WARNING")
PROVIDER = (sys.executable, "-m", "verification.providers.sandbox.service")
PARTS = ("register", "submit four documents", "put to the provider", "the provider, and its callback in", "fetch and decide", "webhooks")


@dataclass
class Stand:
    """The running processes but for the worker, and a merchant that calls them."""

    merchant: Merchant
    caller: Caller
    web: Web
    provider: psutil.Process
    pictures: list[bytes]
    parts: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    cpu: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def in_flight(self) -> int:
        """Return how many customers are not verified, or have webhooks under way."""
        with inside(self.merchant):
            owed = WebhookDelivery.objects.filter(state=DeliveryState.OWED).values("event__customer_pk").distinct().count()
            return max(owed, Customer.objects.exclude(status="verified").count())

    def bring(self) -> str:
        """Register one customer and submit the four documents; return the customer_id."""
        customer_id = self.caller.register()
        for doc_type, picture in zip(DOC_TYPES, self.pictures, strict=True):
            self.caller.submit(customer_id, doc_type, picture)
        return customer_id

    def together(self) -> float:
        """Return customers verified per second, by all processes at work at once."""
        app.control.purge()  # what the measurement of the parts has asked for and done itself
        with worker_and_scheduler() as worker:
            self.bring()
            wait_until(lambda: not self.in_flight())  # the worker is there, and warm
            used = self.cpu_seconds(worker)
            began = time.perf_counter()
            with ThreadPoolExecutor(CALLERS) as callers:
                list(callers.map(lambda _: self.bring(), range(CUSTOMERS)))
            wait_until(lambda: not self.in_flight())
            passed = time.perf_counter() - began
            for name, seconds in self.cpu_seconds(worker).items():
                self.cpu[name].append((seconds - used[name]) * 1000 / CUSTOMERS)
        return CUSTOMERS / passed

    def one_by_one(self) -> float:
        """Return customers verified per second, when each step of each is taken alone by this process, without a worker."""
        spent: dict[str, float] = defaultdict(float)
        for _ in range(ALONE_CUSTOMERS):
            for part, seconds in self.steps_of_one():
                spent[part] += seconds
        for part in PARTS:
            self.parts[part].append(spent[part] * 1000 / ALONE_CUSTOMERS)
        return ALONE_CUSTOMERS / sum(spent.values())

    def steps_of_one(self) -> Iterator[tuple[str, float]]:
        """Walk one customer the whole way and yield each part with the seconds it took."""
        clock = time.perf_counter
        began = clock()
        customer_id = self.caller.register()
        yield PARTS[0], clock() - began
        began = clock()
        for doc_type, picture in zip(DOC_TYPES, self.pictures, strict=True):
            self.caller.submit(customer_id, doc_type, picture)
        yield PARTS[1], clock() - began
        with inside(self.merchant):
            run = Verification.objects.get(customer__customer_id=customer_id)
            began = clock()
            start_check(verification_pk=run.pk, at=timezone.now())
            yield PARTS[2], clock() - began
            began = clock()
            wait_until(ProviderCallback.objects.filter(handled_at__isnull=True).exists, every_seconds=0.002)
            yield PARTS[3], clock() - began
            began = clock()
            handle_callback(callback_pk=ProviderCallback.objects.get(handled_at__isnull=True).pk, at=timezone.now())
            yield PARTS[4], clock() - began
            began = clock()
            deliver_due()
            yield PARTS[5], clock() - began
            if Customer.objects.get(customer_id=customer_id).status != "verified":
                raise RuntimeError("the customer was not verified, so that something else was measured")

    def cpu_seconds(self, worker: psutil.Process) -> dict[str, float]:
        """Return the processor time that each process has used so far, its children's included."""
        processes = {"web": self.web.worker, "worker": worker, "provider": self.provider}
        siblings = psutil.Process(os.getppid()).children()  # the servers: the same process has started them and this one
        processes |= {sibling.name(): sibling for sibling in siblings if sibling.pid != os.getpid()}
        return {name: sum(map(_used, [process, *process.children(recursive=True)])) for name, process in processes.items()}


def measure(rounds: int) -> list[Row]:
    """Compare all processes at work at once with the same steps one after the other, and report each step and each process."""
    with standing() as stand:
        note = f"{CUSTOMERS} customers, {CALLERS} callers at once; one web process, one worker; documents of 320 by 240 pixels"
        baseline = Baseline("its parts, one after the other", stand.one_by_one)
        rows = compare("customers verified, end to end", stand.together, [baseline], unit="customers/s", rounds=rounds, note=note)
        for figures in (*stand.parts.values(), *stand.cpu.values()):
            del figures[:-rounds]  # those of the warm-up
        total = sum(median(stand.parts[part]) for part in PARTS)
        rows += [_part(f"… {part}", stand.parts[part], total, "of the sum of the parts") for part in PARTS]
        total = sum(map(median, stand.cpu.values()))
        busiest = sorted(stand.cpu, key=lambda name: -median(stand.cpu[name]))
        return rows + [_part(f"… processor time of {name}", stand.cpu[name], total, "of all processor time") for name in busiest]


@contextmanager
def standing() -> Iterator[Stand]:
    """Start the provider, the web process and the receiver, and open the merchant."""
    provider_url, web_url = urlsplit(settings.SANDBOX_PROVIDER_URL), urlsplit(settings.PUBLIC_BASE_URL)
    with TemporaryDirectory() as folder:
        environment = {
            "SANDBOX_PROVIDER_PORT": str(provider_url.port),
            "SANDBOX_PROVIDER_STATE": str(Path(folder, "provider.sqlite3")),
            "SANDBOX_PROVIDER_DELAY_SECONDS": "0",
        }
        is_up = f"{settings.SANDBOX_PROVIDER_URL}/healthz"
        with (
            running(PROVIDER, is_ready=lambda: answers(is_up), environment=environment) as provider,
            serving(port=web_url.port or 0) as web,
            serving("benchmarks.receiver:application", interface="asgi") as receiver,
        ):
            merchant = a_merchant(plan=PlanName.UNLIMITED).sandbox
            with inside(merchant):
                create_endpoint(url=f"{receiver.url}/hook", event_types=None, actor=SYSTEM, at=timezone.now())
            pictures = [a_picture() for _ in DOC_TYPES]
            yield Stand(merchant, Caller(web.url, a_key(merchant)), web, psutil.Process(provider), pictures)


@contextmanager
def worker_and_scheduler() -> Iterator[psutil.Process]:
    """Run one worker, and the scheduler that looks after what was lost or postponed."""
    with (
        TemporaryDirectory() as folder,
        running(WORKER, is_ready=lambda: bool(app.control.ping(timeout=0.5))) as worker,
        running((*SCHEDULER, "--schedule", str(Path(folder, "schedule"))), is_ready=lambda: True),
    ):
        yield psutil.Process(worker)


def wait_until(is_so: Callable[[], object], *, every_seconds: float = 0.1) -> None:
    """Ask again and again, not so often that asking is what is measured. Raises TimeoutError."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError("it did not come about")
        time.sleep(every_seconds)


def _part(what: str, figures: list[float], total: float, of: str) -> Row:
    return report(what, figures, unit="ms a customer", note=f"{median(figures) / total:.0%} {of}")


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
