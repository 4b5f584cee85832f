"""Deliveries that go wrong because their merchant has asked for it."""

import json
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from django.db import transaction
from django.utils import timezone
from standardwebhooks import Webhook

from tests.api.asking import ask
from tests.api.operations import operations
from tests.fixtures.merchants import a_key, inside
from tests.fixtures.way import Way
from tests.verification.webhooks.conftest import a_ping, an_endpoint
from tests.verification.webhooks.receivers import Arrived, Receiver, is_genuine, receiving
from verification.events.models import Event
from verification.sandbox.chaos import Fault
from verification.sandbox.models import WebhookChaos
from verification.webhooks.models import WebhookAttempt, WebhookDelivery
from verification.workflow.notifying import deliver_due

CHAOS = "/api/v1/sandbox/webhooks/chaos"


class Shop:
    """A merchant's sandbox with one endpoint, whose receiver remembers what came."""

    def __init__(self, way: Way, receiver: Receiver) -> None:
        self.way, self.receiver, self.sandbox = way, receiver, way.merchant.sandbox
        with inside(self.sandbox):
            self.secret = an_endpoint(receiver.url, "test.ping").secret

    def cause(self, deliveries: int, *faults: str) -> None:
        answer = self.way.ask("POST", CHAOS, {"faults": list(faults), "deliveries": deliveries})
        assert (answer.status_code, answer.json()) == (200, {"faults": list(faults), "deliveries": deliveries})

    def announce(self, count: int = 1) -> list[str]:
        """Announce so many pings in one transaction, have them sent, and return their ids."""
        with inside(self.sandbox), transaction.atomic():
            ids = [a_ping(number).uid for number in range(count)]
        self.way.run_jobs()
        return ids

    def wait(self, seconds: int) -> None:
        self.way.ask("POST", "/api/v1/sandbox/clock/advance", {"seconds": seconds})
        self.way.run_jobs()

    def attempts(self, event: str) -> list[tuple[int | None, str]]:
        with inside(self.sandbox):
            rows = WebhookAttempt.objects.filter(delivery__event__uid=event).order_by("number")
            return list(rows.values_list("status_code", "failure"))

    def state(self, event: str) -> str:
        with inside(self.sandbox):
            return WebhookDelivery.objects.get(event__uid=event).state

    def is_genuine(self, arrived: Arrived) -> bool:
        """Tell what the standard's own library says of it."""
        return is_genuine(arrived, self.secret)


@pytest.fixture
def shop(way: Way) -> Any:
    with receiving() as receiver:
        yield Shop(way, receiver)


@pytest.fixture
def careful(way: Way) -> Any:
    """A shop whose receiver refuses what the standard's library refuses."""
    shops: list[Shop] = []

    def answer(arrived: Arrived) -> web.Response:
        return web.Response(status=204 if shops[0].is_genuine(arrived) else 400)

    with receiving(answer) as receiver:
        shops.append(Shop(way, receiver))
        yield shops[0]


def test_a_duplicate_comes_twice_under_one_id_although_it_was_received(shop: Shop):
    shop.cause(1, "duplicate")

    (first,) = shop.announce()
    (second,) = shop.announce()

    assert sorted(shop.receiver.ids) == sorted([first, first, second])
    assert all(shop.is_genuine(arrived) for arrived in shop.receiver.arrived)
    assert (shop.attempts(first), shop.state(first)) == ([(200, ""), (200, "")], "delivered")


def test_reordered_ones_arrive_in_the_opposite_order(shop: Shop):
    shop.cause(3, "reorder")

    ids = shop.announce(4)
    assert shop.receiver.ids == [ids[3]]
    for _ in range(3):
        shop.wait(1)

    assert shop.receiver.ids == [ids[3], ids[2], ids[1], ids[0]]
    assert [shop.attempts(event) for event in ids] == [[(200, "")]] * 4


def test_a_delayed_one_comes_five_minutes_later_by_the_sandboxs_clock(shop: Shop):
    shop.cause(1, "delay")
    (event,) = shop.announce()

    shop.wait(290)
    assert shop.receiver.ids == []
    shop.wait(10)

    assert shop.receiver.ids == [event]
    assert shop.is_genuine(shop.receiver.arrived[0])


def test_a_dropped_one_is_not_posted_and_comes_with_the_retry(shop: Shop):
    shop.cause(1, "drop")
    (event,) = shop.announce()
    assert (shop.receiver.ids, shop.attempts(event), shop.state(event)) == ([], [(None, "dropped")], "owed")

    shop.wait(6)

    assert (shop.receiver.ids, shop.attempts(event)) == ([event], [(None, "dropped"), (200, "")])


@pytest.mark.parametrize("fault", ["wrong_signature", "stale_timestamp"])
def test_what_a_careful_receiver_refuses_is_right_the_next_time(careful: Shop, fault: str):
    careful.cause(1, fault)
    (event,) = careful.announce()
    assert careful.attempts(event) == [(400, "status")]

    careful.wait(6)

    assert careful.attempts(event) == [(400, "status"), (204, "")]
    assert [careful.is_genuine(arrived) for arrived in careful.receiver.arrived] == [False, True]


def test_a_stale_one_is_signed_rightly_an_hour_ago(shop: Shop):
    shop.cause(1, "stale_timestamp")
    shop.announce()

    (arrived,) = shop.receiver.arrived
    assert 3590 < timezone.now().timestamp() - int(arrived.headers["webhook-timestamp"]) < 3660
    signed_at = timezone.now() - timedelta(hours=1)
    at = signed_at.fromtimestamp(int(arrived.headers["webhook-timestamp"]), tz=signed_at.tzinfo)
    assert arrived.headers["webhook-signature"] == Webhook(shop.secret).sign(arrived.webhook_id, at, arrived.body.decode())


def test_so_many_deliveries_meet_the_faults_in_turn_and_the_next_none(shop: Shop):
    shop.cause(5, "drop", "delay")

    ids = shop.announce(7)

    assert sorted(shop.receiver.ids) == sorted(ids[5:])
    assert [shop.attempts(event) for event in ids[:5]] == [[(None, "dropped")], [], [(None, "dropped")], [], [(None, "dropped")]]
    shop.wait(6)
    shop.wait(300)
    assert sorted(shop.receiver.ids) == sorted(ids)
    assert {shop.state(event) for event in ids} == {"delivered"}


def test_asking_again_replaces_and_zero_ends_it(shop: Shop):
    shop.cause(100, "drop")
    shop.cause(2, "delay")
    (delayed,) = shop.announce()
    shop.cause(0, "drop")
    (plain,) = shop.announce()

    assert shop.receiver.ids == [plain]
    assert shop.attempts(delayed) == []


def test_two_endpoints_use_up_what_was_asked_for_together(shop: Shop):
    with receiving() as other:
        with inside(shop.sandbox):
            an_endpoint(other.url, "test.ping")
        shop.cause(3, "drop")
        shop.announce(2)

        assert len(shop.receiver.ids) + len(other.ids) == 1
        with inside(shop.sandbox):
            assert WebhookChaos.objects.get().deliveries_left == 0


def test_live_deliveries_meet_nothing_even_if_a_row_stood_there(way: Way):
    with receiving() as receiver, inside(way.merchant):
        WebhookChaos.objects.create(pk=1, faults=["drop"], deliveries_left=10)
        an_endpoint(receiver.url, "test.ping")
        event = a_ping()
        deliver_due()

        assert receiver.ids == [event.uid]
        assert WebhookChaos.objects.get().deliveries_left == 10


def test_a_live_key_causes_no_chaos(way: Way, live_key: str):
    answer = ask("POST", CHAOS, f"Api-Key {live_key}", json={"faults": ["drop"], "deliveries": 1})

    assert (answer.status_code, answer.get_json(force=True)["code"]) == (403, "sandbox_only")
    with inside(way.merchant):
        assert not WebhookChaos.objects.exists()


def test_it_is_the_sandbox_of_that_merchant_only(shop: Shop, other_merchant: Any):
    answer = ask("POST", CHAOS, f"Api-Key {a_key(other_merchant.sandbox)}", json={"faults": ["drop"], "deliveries": 9})
    assert answer.status_code == 200

    (event,) = shop.announce()

    assert shop.receiver.ids == [event]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/faults"]),
        ({"faults": ["drop"]}, ["/deliveries"]),
        ({"faults": "drop", "deliveries": 1}, ["/faults"]),
        ({"faults": [], "deliveries": 1}, ["/faults"]),
        ({"faults": ["drop", "rust", 7], "deliveries": 1}, ["/faults/1", "/faults/2"]),
        ({"faults": [["drop"]], "deliveries": 1}, ["/faults/0"]),
        ({"faults": ["drop"] * 21, "deliveries": 1001}, ["/faults", "/deliveries"]),
        ({"faults": ["drop"], "deliveries": -1}, ["/deliveries"]),
        ({"faults": ["drop"], "deliveries": True}, ["/deliveries"]),
        ({"faults": ["drop"], "deliveries": 1, "endpoint": "all"}, ["/endpoint"]),
    ],
)
def test_what_cannot_be_asked_for_is_refused_by_the_member_that_is_wrong(merchant: Any, test_key: str, body: Any, pointers: list[str]):
    answer = ask("POST", CHAOS, f"Api-Key {test_key}", json=body)

    assert (answer.status_code, [error["pointer"] for error in json.loads(answer.data)["errors"]]) == (422, pointers)
    with inside(merchant.sandbox):
        assert not WebhookChaos.objects.exists()
        assert not Event.objects.exists()


def test_every_fault_is_explained_in_the_document():
    (described,) = [operation.described["description"] for operation in operations() if operation.name == "cause_webhook_chaos"]
    assert [line.split("`")[1] for line in described.splitlines() if line.startswith("| `")] == [fault.value for fault in Fault]
