"""Whoever hears of a change and asks, is shown it, by every web process, also by one that was asked for the same customer all the while."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from aiohttp import web

from tests.fixtures.way import DOC_TYPES, members_of_customer
from tests.system.customers import PatientClient
from tests.system.running import RunningPlatform
from tests.verification.webhooks.receivers import Arrived, receiving

CUSTOMERS, TURNS, ASKED_AT_ONCE = 2, 12, 4
PAUSE_SECONDS = 0.002  # between two polls of one connection: shorter than anything is believed


@contextmanager
def polled_all_the_while(platform: RunningPlatform, key: str, customer_ids: list[str]) -> Iterator[list[tuple[str, int]]]:
    """Have each customer polled on two connections until the block ends. Yields what was seen, each connection's in its order."""
    seen: list[tuple[str, int]] = []
    is_over = threading.Event()

    def poll(name: str, customer_id: str) -> None:
        with PatientClient(platform, key) as client:
            while not is_over.wait(PAUSE_SECONDS):
                seen.append((name, client.status(customer_id)["sequence"]))

    pollers = [(f"{customer_id}/{number}", customer_id) for customer_id in customer_ids for number in range(2)]
    with ThreadPoolExecutor(len(pollers)) as pool:
        futures = [pool.submit(poll, *poller) for poller in pollers]
        try:
            yield seen
        finally:
            is_over.set()
        for future in futures:
            future.result()


def test_who_hears_of_a_change_and_asks_is_shown_it_by_every_web_process(platform: RunningPlatform) -> None:
    key = platform.open_merchant("lags")["test_api_key"]
    told: list[tuple[int, int]] = []  # what a webhook said, and the lowest that was read after it

    def ask(customer_id: str) -> int:
        with PatientClient(platform, key) as client:  # a connection of its own: any of the web processes may take it
            return int(client.status(customer_id)["sequence"])

    async def hear(arrived: Arrived) -> web.Response:
        data = json.loads(arrived.body)["data"]
        found = await asyncio.gather(*(asyncio.to_thread(ask, data["customer_id"]) for _ in range(ASKED_AT_ONCE)))
        told.append((data["sequence"], min(found)))
        return web.Response()

    with PatientClient(platform, key) as merchant, receiving(hear) as receiver:
        merchant.do("/api/v1/webhook-endpoints", {"url": receiver.url})
        members = [members_of_customer(metadata={"sandbox_scenario": "never_answers"}) for _ in range(CUSTOMERS)]
        customer_ids = [str(one["customer_id"]) for one in members]
        for one in members:
            merchant.do("/api/v1/customers", one)
        with polled_all_the_while(platform, key, customer_ids) as seen:
            for customer_id in customer_ids:
                for doc_type in DOC_TYPES:
                    merchant.submit(customer_id, doc_type)
                merchant.wait_for_stage(customer_id, "checking")
            for turn in range(TURNS):
                for customer_id in customer_ids:
                    action = ("approve", "reopen")[turn % 2]
                    answer = merchant.call("POST", f"/api/v1/sandbox/customers/{customer_id}/simulate", {"action": action})
                    assert answer.status_code in (200, 202), answer.text
                    merchant.wait_for_stage(customer_id, ("approved", "checking")[turn % 2])
            expected = CUSTOMERS * (TURNS + len(DOC_TYPES))
            deadline = time.monotonic() + 30
            while len(told) < expected and time.monotonic() < deadline:
                time.sleep(0.05)

    assert len(told) >= expected
    assert [pair for pair in told if pair[1] < pair[0]] == []
    assert len(seen) > 200
    of_connection: dict[str, list[int]] = {}
    for name, sequence in seen:
        of_connection.setdefault(name, []).append(sequence)
    assert {name: sequences == sorted(sequences) for name, sequences in of_connection.items()} == dict.fromkeys(of_connection, True)
