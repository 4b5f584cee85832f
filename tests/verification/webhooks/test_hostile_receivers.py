"""Receivers that are slow, gone or broken: they get what they asked for, and nobody else waits for them."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from aiohttp import web
from django.db import connection, transaction
from django.utils import timezone

from kyc_platform.actor import SYSTEM
from kyc_platform.background import doorbell_answered
from kyc_platform.doors import NetworkInsideTransaction
from kyc_platform.embedded.programs import SENDER_CONCURRENCY
from kyc_platform.redis_client import redis_client
from tenants.merchants.models import Merchant
from tenants.routing.entry import leave_merchant
from tests.fixtures.jobs import take_jobs
from tests.fixtures.merchants import a_merchant, inside
from tests.fixtures.sandbox_provider import eventually
from tests.verification.webhooks.conftest import a_ping, an_endpoint, later, the_delivery
from tests.verification.webhooks.receivers import Arrived, Receiver, answering, receiving
from verification import jobs
from verification.events.models import Event
from verification.webhooks import turns
from verification.webhooks.claiming import claim
from verification.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from verification.webhooks.sender import Sender
from verification.webhooks.turns import SLOW_MAX
from verification.workflow import notifying
from verification.workflow.notifying import deliver_due
from verification.workflow.subscribing import delete_endpoint
from verification.workflow.warning import warn_members


def until(event: threading.Event):
    """Return the behaviour of answering 200 once the event has happened, and 500 when it does not."""

    async def answer(_: Arrived) -> web.StreamResponse:
        has_happened = await asyncio.get_running_loop().run_in_executor(None, event.wait, 14)
        return web.Response(status=200 if has_happened else 500)

    return answer


def test_a_receiver_that_hangs_does_not_hold_up_the_others(acme):
    others_are_done = threading.Event()

    def count(arrived: Arrived) -> web.StreamResponse:
        if len(fast.arrived) == 300:
            others_are_done.set()
        return web.Response()

    with receiving(until(others_are_done)) as slow, receiving(count) as fast:
        an_endpoint(slow.url)
        an_endpoint(fast.url)
        with transaction.atomic():
            for number in range(300):
                a_ping(number)
        deliver_due()

    assert len(set(fast.ids)) == len(set(slow.ids)) == 300
    assert WebhookDelivery.objects.filter(state="delivered").count() == 600


def test_an_event_that_comes_while_a_receiver_hangs_reaches_the_others_at_once(acme):
    second_has_come, announced = threading.Event(), []

    def announce_another() -> None:
        with inside(acme):
            announced.append(a_ping(2))
        connection.close()

    def note(arrived: Arrived) -> web.StreamResponse:
        if len(fast.arrived) == 1:
            threading.Thread(target=announce_another).start()
        else:
            second_has_come.set()
        return web.Response()

    with receiving(until(second_has_come)) as slow, receiving(note) as fast:
        an_endpoint(slow.url)
        an_endpoint(fast.url)
        first = a_ping(1)
        deliver_due()

    assert fast.ids == [first.uid, announced[0].uid]
    assert WebhookDelivery.objects.filter(state="delivered").count() == 4


def test_a_receiver_that_is_gone_is_disabled_and_the_others_are_told(acme):
    with receiving(answering(410)) as gone, receiving() as other:
        endpoint = an_endpoint(gone.url).endpoint
        an_endpoint(other.url, "webhook_endpoint.disabled")
        with transaction.atomic():
            events = [a_ping(number) for number in range(3)]
        WebhookDelivery.objects.filter(event=events[2]).update(due_at=timezone.now() + timedelta(hours=2))
        deliver_due()
        a_ping()
        deliver_due(clock=later(days=1))

    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.disabled_because) == ("disabled", "gone")
    assert endpoint.disabled_at is not None
    assert sorted(gone.ids) == sorted(event.uid for event in events[:2])
    assert set(WebhookDelivery.objects.filter(endpoint=endpoint).values_list("state", flat=True)) == {"cancelled"}
    told = Event.objects.get(type="webhook_endpoint.disabled")
    assert other.ids == [told.uid]
    assert told.data["webhook_endpoint_id"] == endpoint.uid
    assert told.data["because"] == "gone"
    assert (told.actor_kind, told.data["livemode"]) == ("system", True)


def test_a_receiver_that_fails_for_five_days_is_disabled(acme):
    with receiving(answering(500)) as receiver:
        endpoint = an_endpoint(receiver.url).endpoint
        event = a_ping()
        deliver_due()
        for hours, state in ((5 * 24 - 1, "enabled"), (5 * 24 + 1, "disabled")):
            WebhookDelivery.objects.update(due_at=timezone.now())
            warn_members(at=timezone.now() + timedelta(hours=hours))
            deliver_due(clock=later(hours=hours))
            endpoint.refresh_from_db()
            assert endpoint.state == state

    assert endpoint.disabled_because == "failing"
    assert the_delivery(event).state == "cancelled"


def test_an_endpoint_that_is_deleted_in_the_middle_of_a_backlog_gets_no_more_of_it(acme):
    def delete() -> None:
        with inside(acme):
            delete_endpoint(endpoint.uid, actor=SYSTEM, at=timezone.now())
        connection.close()

    async def delete_first(_: Arrived) -> web.StreamResponse:
        if len(receiver.arrived) == 1:
            await asyncio.get_running_loop().run_in_executor(None, delete)
        await asyncio.sleep(0.1)
        return web.Response()

    with receiving(delete_first) as receiver:
        endpoint = an_endpoint(receiver.url).endpoint
        with transaction.atomic():
            for number in range(300):
                a_ping(number)
        deliver_due()

    assert 32 <= len(receiver.arrived) < 300
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) <= {"cancelled", "delivered"}
    assert WebhookAttempt.objects.count() == len(receiver.arrived)


def test_without_redis_everything_is_delivered_all_the_same(acme, settings):
    redis_client.cache_clear()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    try:
        with receiving() as receiver:
            an_endpoint(receiver.url)
            event = a_ping()
            deliver_due()
    finally:
        redis_client.cache_clear()

    assert receiver.ids == [event.uid]
    assert the_delivery(event).state == "delivered"


def test_one_success_ends_the_days_of_failing(acme):
    with receiving() as receiver:
        endpoint = an_endpoint(receiver.url).endpoint
        WebhookEndpoint.objects.update(failing_since=timezone.now() - timedelta(days=6))
        for number in range(20):
            a_ping(number)
        deliver_due()

    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.failing_since) == ("enabled", None)
    assert len(receiver.arrived) == 20


def test_a_failing_receiver_gets_a_few_at_a_time(acme):
    most, at_once = [0], [0]

    async def fail_slowly(_: Arrived) -> web.StreamResponse:
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        await asyncio.sleep(0.05)
        at_once[0] -= 1
        return web.Response(status=500)

    with receiving(fail_slowly) as receiver:
        an_endpoint(receiver.url)
        WebhookEndpoint.objects.update(failing_since=timezone.now())
        for number in range(10):
            a_ping(number)
        deliver_due()

    assert len(receiver.arrived) == 10
    assert most[0] <= notifying.HELD_MAX_WHILE_FAILING


def test_parcels_that_wait_too_long_behind_a_receiver_that_hangs_can_be_taken_back(acme):
    is_over = threading.Event()
    with receiving(until(is_over)) as receiver:
        endpoint = an_endpoint(receiver.url).endpoint
        with transaction.atomic():
            for number in range(40):
                a_ping(number)
        now = timezone.now()
        with transaction.atomic():
            parcels = claim(endpoint, limit=40, at=now)
        with Sender(clock=timezone.now) as sender:
            sender.add(parcels)
            assert sender.wait(0.2) == []
            assert sender.held(endpoint.pk) == 40
            assert sender.take_back(claimed_before=now - timedelta(seconds=1)) == []

            stale = sender.take_back(claimed_before=now)

            assert len(stale) == 8
            is_over.set()
            posted = []
            while sender.is_busy:
                posted += sender.wait(1)
    assert sorted(one.parcel.delivery_pk for one in posted) == sorted(parcel.delivery_pk for parcel in parcels if parcel not in stale)
    assert {one.status_code for one in posted} == {200}


def test_nobody_waits_for_a_receiver_in_a_transaction(acme):
    with transaction.atomic(), pytest.raises(NetworkInsideTransaction):
        Sender(clock=timezone.now)
    with Sender(clock=timezone.now) as sender, transaction.atomic(), pytest.raises(NetworkInsideTransaction):
        sender.wait(0)


def test_of_a_long_answer_the_first_two_kilobytes_are_kept(acme):
    with receiving(lambda _: web.Response(status=500, body=b"x" * 1_000_000)) as receiver:
        an_endpoint(receiver.url)
        a_ping()
        deliver_due()

    assert bytes(WebhookAttempt.objects.get().answer_start) == b"x" * 2048
    assert len(receiver.arrived) == 1


def test_a_sender_whose_time_is_over_lets_another_one_go_on(acme, monkeypatch, run_jobs):
    monkeypatch.setattr(notifying, "TURN_SECONDS_MAX", 0.0)
    with receiving() as receiver:
        an_endpoint(receiver.url)
        event = a_ping()
        take_jobs({acme.schema_name})  # the announcement's own bell: only the one that is rung now counts
        doorbell_answered(jobs.DELIVER_WEBHOOKS)
        deliver_due()
        assert receiver.arrived == []
        monkeypatch.setattr(notifying, "TURN_SECONDS_MAX", 30.0)

        with leave_merchant():
            assert run_jobs(acme) == [jobs.DELIVER_WEBHOOKS]

    assert receiver.ids == [event.uid]


def test_ten_merchants_whose_receivers_hang_leave_room_for_another_in_a_process_of_eight_threads(merchant):
    hangs_no_more = threading.Event()
    hostile = [a_merchant() for _ in range(10)]
    with receiving(until(hangs_no_more)) as slow:
        for one in hostile:
            with inside(one):
                an_endpoint(slow.url)
                WebhookEndpoint.objects.update(failing_since=timezone.now())

        assert_room_is_left(merchant, hostile, slow, hangs_no_more)


def test_ten_merchants_whose_receivers_answer_well_but_late_leave_that_room_too(merchant, monkeypatch):
    hangs_no_more = threading.Event()
    hostile = [a_merchant() for _ in range(10)]

    async def answer_late(_: Arrived) -> web.StreamResponse:
        await asyncio.get_running_loop().run_in_executor(None, hangs_no_more.wait, 0.2 if len(slow.arrived) <= len(hostile) else 14)
        return web.Response()

    with receiving(answer_late) as slow:
        monkeypatch.setattr(turns, "SLOW_SECONDS", 0.1)
        for one in hostile:
            with inside(one):
                an_endpoint(slow.url)
                a_ping()
                deliver_due()
        assert_room_is_left(merchant, hostile, slow, hangs_no_more)


def assert_room_is_left(merchant: Merchant, hostile: list[Merchant], slow: Receiver, hangs_no_more: threading.Event) -> None:
    """Owe an event to each of the hostile and to a merchant whose receiver is well, and have them served by all threads of a process."""

    def serve(one: Merchant) -> None:
        with inside(one):
            deliver_due()
        connection.close()

    came_before = len(slow.arrived)
    with receiving() as fast, ThreadPoolExecutor(SENDER_CONCURRENCY) as threads:
        for one in hostile:
            with inside(one):
                a_ping()
        with inside(merchant):
            an_endpoint(fast.url)
            event = a_ping()
        served = [threads.submit(serve, one) for one in (*hostile, merchant)]
        served[-1].result(5)

        assert fast.ids == [event.uid]
        eventually(lambda: len(slow.arrived) - came_before == SLOW_MAX, seconds=5)
        assert [one.done() for one in served].count(False) == SLOW_MAX
        hangs_no_more.set()
    assert len(slow.arrived) - came_before == SLOW_MAX
