"""An endpoint that fails for five days, and a merchant that lost a third of its webhooks, watched in seconds through the sandbox clock."""

import json
import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from tests.fixtures.way import members_of_customer
from tests.system.customers import PatientClient
from tests.system.running import until
from tests.system.test_driven_sandbox import drive, engineer, submitted
from tests.verification.webhooks.receivers import Arrived, Receiver, receiving
from verification.webhooks.schedule import ATTEMPTS_MAX, JITTER_PART, WAITS

__all__ = ["engineer"]  # a fixture

A_MINUTE = timedelta(minutes=1)
SOON = timedelta(seconds=30)  # what a sweep and a posting take on a busy machine
WARNED = {"failing_for_an_hour": timedelta(hours=1), "failing_for_a_day": timedelta(days=1), "disabled_in_a_day": timedelta(days=4)}
DISABLED_AFTER = timedelta(days=5)


@dataclass
class Observer:
    """The engineer who watches one endpoint."""

    engineer: PatientClient
    endpoint_id: str
    seen: list[str] = field(default_factory=list)  # the warnings, in their order

    @property
    def endpoint(self) -> dict[str, Any]:
        return dict(self.engineer.call("GET", f"/api/v1/webhook-endpoints/{self.endpoint_id}").json())

    def delivery(self, event_id: str) -> dict[str, Any]:
        listed = self.engineer.call("GET", f"/api/v1/webhook-endpoints/{self.endpoint_id}/deliveries").json()["data"]
        (found,) = [delivery for delivery in listed if delivery["event_id"] == event_id]
        return dict(found)

    def after_attempt(self, event_id: str, number: int) -> dict[str, Any]:
        """Return the delivery once that attempt is written down."""

        def found() -> dict[str, Any] | None:
            delivery = self.delivery(event_id)
            return delivery if len(delivery["attempts"]) >= number else None

        return until(found, f"attempt {number}")

    def advance_to(self, moment: datetime) -> None:
        """Let it become this moment, unless it is later already."""
        now = at(self.engineer.call("GET", "/api/v1/sandbox/clock").json()["now"])
        if moment > now:
            drive(self.engineer, "clock/advance", seconds=math.ceil((moment - now).total_seconds()))

    def watch_until(self, moment: datetime) -> None:
        """Let it become this moment, and meet every warning on the way just when it is given."""
        began = at(self.endpoint["failing_since"])
        for code, wait in WARNED.items():
            if code not in self.seen and began + wait < moment:
                self.advance_to(began + wait - A_MINUTE)
                assert [warning["code"] for warning in self.endpoint["warnings"]] == self.seen
                self.advance_to(began + wait)
                self.seen.append(code)
                until(lambda: len(self.endpoint["warnings"]) == len(self.seen), f"the warning {code}")
                warning = self.endpoint["warnings"][-1]
                assert warning["code"] == code
                assert began + wait <= at(warning["warned_at"]) < began + wait + SOON
                assert self.endpoint["state"] == "enabled"
        self.advance_to(moment)

    def register(self) -> tuple[str, str]:
        """Register a customer, and return its id and that of the event."""
        members = members_of_customer()
        self.engineer.do("/api/v1/customers", members)
        return members["customer_id"], self.events()[-1]["id"]

    def events(self) -> list[dict[str, Any]]:
        """Return all events that webhooks tell of; they are few."""
        return list(self.engineer.call("GET", "/api/v1/events?limit=100").json()["data"])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_an_endpoint_that_fails_for_five_days_and_what_its_merchant_does_then(engineer: PatientClient) -> None:
    answers = {"now": 503}
    with receiving(lambda _: web.Response(status=answers["now"])) as receiver:
        members = {"url": receiver.url, "event_types": ["customer.created"]}
        observer = Observer(engineer, engineer.call("POST", "/api/v1/webhook-endpoints", members).json()["id"])

        # Three days of retries, each at its time.
        _, first = observer.register()
        for number, wait in enumerate(WAITS, start=1):
            delivery = observer.after_attempt(first, number)
            assert len(delivery["attempts"]) == number
            tried_at, due_at = at(delivery["attempts"][-1]["at"]), at(delivery["next_attempt_at"])
            assert wait <= due_at - tried_at <= wait * (1 + JITTER_PART)
            if wait > A_MINUTE:
                observer.watch_until(due_at - A_MINUTE)
                assert len(observer.delivery(first)["attempts"]) == number
            observer.advance_to(due_at)
            next_at = at(observer.after_attempt(first, number + 1)["attempts"][number]["at"])
            assert due_at <= next_at < due_at + SOON
        delivery = observer.delivery(first)
        assert (delivery["state"], delivery["next_attempt_at"], len(delivery["attempts"])) == ("exhausted", None, ATTEMPTS_MAX)
        assert receiver.ids == [first] * ATTEMPTS_MAX
        assert timedelta(hours=75) < at(delivery["attempts"][-1]["at"]) - at(delivery["attempts"][0]["at"]) < timedelta(hours=84)

        # The fifth day: another event is tried, in vain, and nothing more is posted.
        began = at(observer.endpoint["failing_since"])
        assert began == at(delivery["attempts"][0]["at"])
        _, second = observer.register()
        while (due_at := at(observer.delivery(second)["next_attempt_at"])) < began + DISABLED_AFTER:
            number = len(observer.delivery(second)["attempts"])
            observer.watch_until(due_at)
            observer.after_attempt(second, number + 1)
        observer.watch_until(began + DISABLED_AFTER - A_MINUTE)
        assert observer.endpoint["state"] == "enabled"
        observer.advance_to(due_at)
        until(lambda: observer.endpoint["state"] == "disabled", "the endpoint to be disabled")
        assert observer.endpoint["disabled_because"] == "failing"
        assert due_at <= at(observer.endpoint["disabled_at"]) < due_at + SOON
        assert [warning["code"] for warning in observer.endpoint["warnings"]] == [*WARNED, "disabled"]
        assert observer.delivery(second)["state"] == "cancelled"
        assert observer.events()[-1]["type"] == "webhook_endpoint.disabled"
        _, third = observer.register()
        assert third not in str(engineer.call("GET", f"/api/v1/webhook-endpoints/{observer.endpoint_id}/deliveries").json())

        # It is mended: enabled, and given what it has missed.
        answers["now"] = 204
        posted = len(receiver.arrived)
        path = f"/api/v1/webhook-endpoints/{observer.endpoint_id}"
        enabled = engineer.call("PUT", path, {"state": "enabled"}).json()
        assert (enabled["state"], enabled["failing_since"], enabled["warnings"]) == ("enabled", None, [])
        recovered = engineer.call("POST", f"{path}/recover", {"since": (began - A_MINUTE).isoformat()}).json()
        assert (recovered["recovered"], recovered["has_more"]) == (3, False)
        until(lambda: len(receiver.arrived) == posted + 3, "what it had missed")
        assert sorted(receiver.ids[posted:]) == sorted([first, second, third])
        until(lambda: {observer.delivery(event)["state"] for event in (first, second, third)} == {"delivered"}, "the three to be settled")


class Bookkeeper:
    """A merchant's server that believes its webhooks, by the three lines of the documentation, and loses every third."""

    def __init__(self) -> None:
        self.taken: dict[str, dict[str, Any]] = {}  # customer_id → what is believed of it
        self.seen: set[str] = set()
        self.lost: set[str] = set()

    def answer(self, arrived: Arrived) -> web.Response:
        body = json.loads(arrived.body)
        if len(self.seen | {arrived.webhook_id}) % 3 == 0:
            self.lost.add(arrived.webhook_id)
        elif body["data"]["sequence"] > self.believed(body["data"]["customer_id"])["sequence"]:
            self.taken[body["data"]["customer_id"]] = {name: body["data"][name] for name in ("customer_id", "status", "sequence")}
        self.seen.add(arrived.webhook_id)
        return web.Response(status=204)

    def believed(self, customer_id: str) -> dict[str, Any]:
        return self.taken.get(customer_id, {"customer_id": customer_id, "status": "pending", "sequence": 0})


def test_a_merchant_that_lost_a_third_of_its_webhooks_is_right_again_after_one_call(engineer: PatientClient) -> None:
    books = Bookkeeper()
    with receiving(books.answer) as receiver:
        engineer.call("POST", "/api/v1/webhook-endpoints", {"url": receiver.url})
        scenarios = {submitted(engineer, scenario): stage for scenario, stage in [("approve", "approved"), ("decline", "declined")] * 4}
        for customer_id, stage in scenarios.items():
            engineer.wait_for_stage(customer_id, stage)
        told = until(lambda: all_told(engineer, receiver), "every webhook")

    last = {event["data"]["customer_id"]: event["id"] for event in told}
    wrong = {customer_id for customer_id, event_id in last.items() if event_id in books.lost}
    assert len(told) // 5 < len(books.lost) < len(told) // 2
    entries = [books.believed(customer_id) for customer_id in scenarios]
    found = engineer.call("POST", "/api/v1/reconcile", {"customers": entries}).json()

    assert {customer["customer_id"] for customer in found["differing"]} == wrong
    assert found["unknown"] == []
    for customer in found["differing"]:
        books.taken[customer["customer_id"]] = {name: customer[name] for name in ("customer_id", "status", "sequence")}
    for customer_id in scenarios:
        status = engineer.status(customer_id)
        assert books.believed(customer_id) == {name: status[name] for name in ("customer_id", "status", "sequence")}
    again = engineer.call("POST", "/api/v1/reconcile", {"customers": [books.believed(customer_id) for customer_id in scenarios]}).json()
    assert (again["differing"], again["unknown"]) == ([], [])


def all_told(engineer: PatientClient, receiver: Receiver) -> list[dict[str, Any]] | None:
    """Return the events of customers, once each has come to the receiver."""
    events, after, has_more = [], 0, True
    while has_more:
        page = engineer.call("GET", f"/api/v1/events?after={after}&limit=100").json()
        events += page["data"]
        after, has_more = page["next_after"], page["has_more"]
    return events if set(receiver.ids) == {event["id"] for event in events} else None
