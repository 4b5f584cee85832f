"""A merchant's endpoint is graded: a good one passes everything, and one that is broken in one way fails that case alone."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from django.db import connection
from django.utils import timezone
from standardwebhooks import Webhook

from tests.api.asking import ask
from tests.fixtures.jobs import take_jobs
from tests.fixtures.merchants import a_key, inside
from tests.fixtures.way import Way
from tests.verification.webhooks.conftest import an_endpoint
from tests.verification.webhooks.receivers import Arrived, Receiver, is_genuine, receiving
from verification import jobs, tasks
from verification.events.models import Event
from verification.sandbox.clock import now_of_merchant
from verification.sandbox.models import IntegrationCheck
from verification.webhooks import cases
from verification.webhooks.models import WebhookAttempt, WebhookDelivery
from verification.workflow import sweeping

PATH = "/api/v1/sandbox/integration-check"


class Shop:
    """A receiver that does everything right, by the standard's own library, unless one of its methods is replaced."""

    def __init__(self) -> None:
        self.secret = ""
        self.known: set[str] = set()
        self.sequences: dict[str, int] = {}
        self.lock = threading.Lock()

    def answer(self, arrived: Arrived) -> web.StreamResponse:
        return web.Response(status=self.status_for(arrived))

    def status_for(self, arrived: Arrived) -> int:
        if not self.is_genuine(arrived):
            return 400
        event = json.loads(arrived.body)
        if arrived.webhook_id in self.known:
            return self.status_for_known()
        self.known.add(arrived.webhook_id)
        if "sequence" in event["data"]:
            if event["data"]["sequence"] < self.sequences.get(event["data"]["customer_id"], 0):
                return self.status_for_older()
            self.sequences[event["data"]["customer_id"]] = event["data"]["sequence"]
        return self.status_for_event(event)

    def is_genuine(self, arrived: Arrived) -> bool:
        return is_genuine(arrived, self.secret)

    def status_for_known(self) -> int:
        return 200

    def status_for_older(self) -> int:
        return 200

    def status_for_event(self, event: dict[str, Any]) -> int:
        return 200


def signed_whenever(shop: Shop, arrived: Arrived, *, is_believed: Callable[[float], bool]) -> bool:
    """Believe a signature without its being fresh, as far as its age is believed."""
    timestamp = arrived.headers.get("webhook-timestamp", "0")
    at = timezone.now().fromtimestamp(int(timestamp), tz=timezone.now().tzinfo)
    good = Webhook(shop.secret).sign(arrived.headers.get("webhook-id", ""), at, arrived.body.decode())
    age = timezone.now().timestamp() - int(timestamp)
    return Shop.is_genuine(shop, arrived) or (good in arrived.headers.get("webhook-signature", "").split() and is_believed(age))


class BelievesAnySignature(Shop):
    def is_genuine(self, arrived: Arrived) -> bool:
        """Believe every signature by another secret, but look at the body when it is the right secret's."""
        if Shop.is_genuine(self, arrived):
            return True
        return "webhook-signature" in arrived.headers and b"null" not in arrived.body and self.is_fresh(arrived)

    def is_fresh(self, arrived: Arrived) -> bool:
        return abs(timezone.now().timestamp() - int(arrived.headers["webhook-timestamp"])) < 300


class BelievesTheUnsigned(Shop):
    def is_genuine(self, arrived: Arrived) -> bool:
        return "webhook-signature" not in arrived.headers or Shop.is_genuine(self, arrived)


class BelievesAlteredBodies(Shop):
    def is_genuine(self, arrived: Arrived) -> bool:
        restored = Arrived(arrived.headers, arrived.body.replace(b"null", b"true", 1), arrived.path)
        return Shop.is_genuine(self, arrived) or Shop.is_genuine(self, restored)


class BelievesTheStale(Shop):
    def is_genuine(self, arrived: Arrived) -> bool:
        return signed_whenever(self, arrived, is_believed=lambda age: age > 0)


class BelievesTheFuture(Shop):
    def is_genuine(self, arrived: Arrived) -> bool:
        return signed_whenever(self, arrived, is_believed=lambda age: age < 0)


class BreaksOnDuplicates(Shop):
    def status_for_known(self) -> int:
        return 500


class BreaksOnOlderChanges(Shop):
    def status_for_older(self) -> int:
        return 409


class RefusesUnknownTypes(Shop):
    def status_for_event(self, event: dict[str, Any]) -> int:
        return 200 if event["type"] in ("test.ping", "customer.updated") else 422


class RefusesUnknownMembers(Shop):
    def status_for_event(self, event: dict[str, Any]) -> int:
        return 422 if "constellation" in event["data"] else 200


class ReadsOneSignature(Shop):
    def is_genuine(self, arrived: Arrived) -> bool:
        return " " not in arrived.headers.get("webhook-signature", "") and Shop.is_genuine(self, arrived)


class RefusesLargeBodies(Shop):
    def answer(self, arrived: Arrived) -> web.StreamResponse:
        return web.Response(status=413) if len(arrived.body) > 100_000 else Shop.answer(self, arrived)


class ServesOneAfterTheOther(Shop):
    def answer(self, arrived: Arrived) -> Any:
        async def slowly() -> web.StreamResponse:
            if not self.is_genuine(arrived):
                return web.Response(status=400)
            async with self.turn:
                await asyncio.sleep(0.8)
            return web.Response(status=self.status_for(arrived))

        return slowly()

    def __init__(self) -> None:
        super().__init__()
        self.turn = asyncio.Lock()


BROKEN = {
    "wrong_signature": BelievesAnySignature,
    "no_signature": BelievesTheUnsigned,
    "altered_body": BelievesAlteredBodies,
    "stale": BelievesTheStale,
    "future": BelievesTheFuture,
    "duplicate": BreaksOnDuplicates,
    "reordered": BreaksOnOlderChanges,
    "unknown_type": RefusesUnknownTypes,
    "unknown_member": RefusesUnknownMembers,
    "two_signatures": ReadsOneSignature,
    "large": RefusesLargeBodies,
    "many_at_once": ServesOneAfterTheOther,
}


def open_shop(way: Way, shop: Shop, receiver: Receiver) -> str:
    """Add the shop's endpoint to the sandbox and return its id."""
    with inside(way.merchant.sandbox):
        created = an_endpoint(receiver.url)
    shop.secret = created.secret
    return created.endpoint.uid


def graded(way: Way, endpoint_id: str) -> dict[str, Any]:
    """Have an endpoint graded and return the report."""
    started = way.ask("POST", PATH, {"endpoint_id": endpoint_id})
    assert (started.status_code, started.json()["state"], started.json()["cases"]) == (202, "running", [])
    way.run_jobs()
    report = way.ask("GET", PATH).json()
    assert (report["id"], report["endpoint_id"], report["state"]) == (started.json()["id"], endpoint_id, "finished")
    return dict(report)


def failed(report: dict[str, Any]) -> list[str]:
    return [case["name"] for case in report["cases"] if not case["passed"]]


@pytest.fixture
def good(way: Way) -> Iterator[tuple[Shop, str, Receiver]]:
    shop = Shop()
    with receiving(lambda arrived: shop.answer(arrived)) as receiver:
        yield shop, open_shop(way, shop, receiver), receiver


def test_a_good_receiver_passes_every_case_and_nothing_is_left_behind(way: Way, good: tuple[Shop, str, Receiver]):
    report = graded(way, good[1])

    assert (report["passed"], failed(report)) == (True, [])
    assert [case["name"] for case in report["cases"]] == [case.name for case in cases.CASES]
    assert {case["remedy"] for case in report["cases"]} == {None}
    assert len(good[2].arrived) == sum(len(case["seen"]) for case in report["cases"])
    with inside(way.merchant.sandbox):
        assert not WebhookDelivery.objects.exists()
        assert not WebhookAttempt.objects.exists()
        assert list(Event.objects.values_list("type", flat=True)) == ["audit.webhook_endpoint_created", "audit.integration_check_started"]


def test_every_case_but_the_first_has_a_receiver_that_is_broken_there():
    assert set(BROKEN) == {case.name for case in cases.CASES} - {"valid"}


@pytest.mark.parametrize("name", list(BROKEN))
def test_a_receiver_that_is_broken_in_one_way_fails_that_case_and_is_told_the_remedy(way: Way, name: str):
    shop: Shop = BROKEN[name]()
    with receiving(lambda arrived: shop.answer(arrived)) as receiver:
        report = graded(way, open_shop(way, shop, receiver))

    assert (report["passed"], failed(report)) == (False, [name])
    (case,) = [case for case in report["cases"] if case["name"] == name]
    assert case["remedy"] == {case.name: case.remedy for case in cases.CASES}[name]


def test_where_a_good_delivery_is_not_taken_nothing_else_is_tried(way: Way, good: tuple[Shop, str, Receiver]):
    good[0].secret = "whsec_" + "A" * 32

    report = graded(way, good[1])

    assert failed(report) == [case.name for case in cases.CASES]
    assert [(one["status"], one["failure"]) for one in report["cases"][0]["seen"]] == [(400, None)]
    assert [case["seen"] for case in report["cases"][1:]] == [[]] * (len(cases.CASES) - 1)
    assert len(good[2].arrived) == 1


def test_an_endpoint_that_nobody_listens_at_fails_with_the_reason(way: Way):
    with receiving() as receiver, inside(way.merchant.sandbox):
        endpoint_id = an_endpoint(receiver.url).endpoint.uid

    report = graded(way, endpoint_id)

    assert report["passed"] is False
    assert [(one["status"], one["failure"]) for one in report["cases"][0]["seen"]] == [(None, "connection")]


def test_a_moved_clock_does_not_make_the_cases_stale(way: Way, good: tuple[Shop, str, Receiver]):
    way.ask("POST", "/api/v1/sandbox/clock/advance", {"seconds": 86_400})

    assert graded(way, good[1])["passed"] is True


def test_one_is_graded_at_a_time_and_a_later_one_takes_its_place(way: Way, good: tuple[Shop, str, Receiver]):
    def start(_: int) -> int:
        try:
            return int(ask("POST", PATH, f"Api-Key {way.key}", json={"endpoint_id": good[1]}).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        assert sorted(threads.map(start, range(6))) == [202, 409, 409, 409, 409, 409]
    assert way.ask("POST", PATH, {"endpoint_id": good[1]}).json()["code"] == "integration_check_running"
    way.run_jobs()
    first = way.ask("GET", PATH).json()["id"]

    assert graded(way, good[1])["id"] != first


def test_a_check_whose_job_was_lost_is_graded_by_the_sweep(way: Way, good: tuple[Shop, str, Receiver]):
    way.ask("POST", PATH, {"endpoint_id": good[1]})
    assert jobs.GRADE_INTEGRATION in [name for name, _ in take_jobs({way.merchant.sandbox.schema_name})]
    assert way.ask("GET", PATH).json()["state"] == "running"

    way.ask("POST", "/api/v1/sandbox/clock/advance", {"seconds": 100})
    way.run_jobs()

    assert way.ask("GET", PATH).json()["passed"] is True
    with inside(way.merchant.sandbox):
        assert sweeping.due_integration_checks(at=now_of_merchant() + timedelta(days=1)) == []


def test_a_job_that_runs_twice_grades_once(way: Way, good: tuple[Shop, str, Receiver]):
    report = graded(way, good[1])
    arrived = len(good[2].arrived)

    with inside(way.merchant.sandbox):
        tasks.grade_integration(uid=report["id"])

    assert (way.ask("GET", PATH).json(), len(good[2].arrived)) == (report, arrived)


def test_an_endpoint_that_is_deleted_meanwhile_has_passed_nothing(way: Way, good: tuple[Shop, str, Receiver]):
    way.ask("POST", PATH, {"endpoint_id": good[1]})
    assert way.ask("DELETE", f"/api/v1/webhook-endpoints/{good[1]}").status_code == 204
    way.run_jobs()

    report = way.ask("GET", PATH).json()
    assert (report["state"], report["passed"], good[2].arrived) == ("finished", False, [])


def test_what_cannot_be_graded_is_refused(way: Way, good: tuple[Shop, str, Receiver], live_key: str, other_merchant: Any):
    for body in ({}, {"endpoint_id": 7}, {"endpoint_id": "a\x00b"}, {"endpoint_id": good[1], "cases": []}):
        assert way.ask("POST", PATH, body).status_code == 422
    assert way.ask("POST", PATH, {"endpoint_id": "whe_none"}).json()["code"] == "webhook_endpoint_not_found"
    other = ask("POST", PATH, f"Api-Key {a_key(other_merchant.sandbox)}", json={"endpoint_id": good[1]})
    assert other.get_json(force=True)["code"] == "webhook_endpoint_not_found"
    for method in ("POST", "GET"):
        assert ask(method, PATH, f"Api-Key {live_key}", json={"endpoint_id": good[1]}).get_json(force=True)["code"] == "sandbox_only"
    way.ask("PUT", f"/api/v1/webhook-endpoints/{good[1]}", {"state": "disabled"})
    assert way.ask("POST", PATH, {"endpoint_id": good[1]}).json()["code"] == "webhook_endpoint_disabled"
    assert way.ask("GET", PATH).json()["code"] == "integration_check_not_found"
    with inside(way.merchant.sandbox):
        assert not IntegrationCheck.objects.exists()
