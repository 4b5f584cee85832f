"""From an event that is owed to an attempt that is recorded, against real receivers."""

import asyncio
import json
import threading
from datetime import timedelta

import pytest
from aiohttp import web
from django.db import connection, transaction
from django.utils import timezone
from standardwebhooks import Webhook

from kyc_platform.actor import SYSTEM
from kyc_platform.background import doorbell_answered, ring
from tenants.routing.entry import leave_merchant
from tests.fixtures.jobs import take_jobs
from tests.fixtures.merchants import inside
from tests.verification.webhooks.conftest import a_change, a_ping, an_endpoint, due_at, later, the_delivery
from tests.verification.webhooks.receivers import Arrived, answering, receiving
from verification import jobs
from verification.customers import status_floor
from verification.webhooks.claiming import LEASE, claim
from verification.webhooks.endpoints import cancel_deliveries
from verification.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from verification.webhooks.turns import Turn
from verification.workflow.notifying import deliver_due
from verification.workflow.subscribing import delete_endpoint


def test_an_event_arrives_signed_once_and_is_recorded(acme):
    with receiving() as receiver:
        secret = an_endpoint(receiver.url).secret
        event = a_ping(7)
        deliver_due()
        deliver_due()

    (arrived,) = receiver.arrived
    assert arrived.webhook_id == event.uid
    assert arrived.headers["content-type"] == "application/json"
    body = Webhook(secret).verify(arrived.body, arrived.headers)
    at = event.at.isoformat().replace("+00:00", "Z")
    assert body == {"type": "test.ping", "timestamp": at, "data": {"number": 7, "livemode": True}}
    delivery = the_delivery(event)
    assert (delivery.state, delivery.due_at, delivery.attempt_count) == ("delivered", None, 1)
    assert delivery.delivered_at is not None
    attempt = WebhookAttempt.objects.get(delivery=delivery)
    assert (attempt.number, attempt.status_code, attempt.failure, bytes(attempt.answer_start)) == (1, 200, "", b"said")


def test_only_the_event_types_that_were_asked_for_arrive(acme):
    with receiving() as receiver:
        an_endpoint(receiver.url, "customer.updated", "verification.approved")
        a_ping()
        change = a_change("cus-1", 1)
        deliver_due()

    assert receiver.ids == [change.uid]


def test_a_backlog_arrives_whole_over_few_connections(acme):
    with receiving() as receiver:
        an_endpoint(receiver.url)
        with transaction.atomic():
            events = [a_ping(number) for number in range(1200)]
        deliver_due()

    assert sorted(receiver.ids) == sorted(event.uid for event in events)
    assert len(receiver.peers) <= 64
    assert WebhookDelivery.objects.filter(state="delivered", due_at=None, attempt_count=1).count() == 1200
    assert WebhookAttempt.objects.filter(number=1, status_code=200).count() == 1200


def test_a_failed_delivery_is_tried_again_with_the_same_id_and_the_same_bytes(acme):
    statuses = iter([500, 200])
    with receiving(lambda arrived: answering(next(statuses))(arrived)) as receiver:
        secret = an_endpoint(receiver.url).secret
        event = a_ping()
        deliver_due()
        delivery = the_delivery(event)
        first = WebhookAttempt.objects.get()
        assert (delivery.state, delivery.attempt_count, first.status_code, first.failure) == ("owed", 1, 500, "status")
        assert timedelta(seconds=5) <= due_at(event) - first.at <= timedelta(seconds=5.5)
        assert WebhookEndpoint.objects.get().failing_since == first.at

        deliver_due(clock=later(seconds=4))
        assert len(receiver.arrived) == 1
        deliver_due(clock=later(seconds=6))

    one, other = receiver.arrived
    assert one.webhook_id == other.webhook_id == event.uid
    assert one.body == other.body
    assert int(other.headers["webhook-timestamp"]) - int(one.headers["webhook-timestamp"]) in (5, 6, 7)
    Webhook(secret).verify(other.body, other.headers)
    assert [row.number for row in WebhookAttempt.objects.order_by("at")] == [1, 2]
    assert the_delivery(event).state == "delivered"
    assert WebhookEndpoint.objects.get().failing_since is None


def test_a_receiver_that_is_down_is_tried_again(acme):
    with receiving() as receiver:
        an_endpoint(receiver.url)
    event = a_ping()

    deliver_due()

    attempt = WebhookAttempt.objects.get()
    assert (attempt.status_code, attempt.failure, bytes(attempt.answer_start)) == (None, "connection", b"")
    assert the_delivery(event).state == "owed"


def test_after_ten_failures_a_delivery_is_kept_and_not_tried_again(acme):
    with receiving(answering(500)) as receiver:
        an_endpoint(receiver.url)
        event = a_ping()
        moments = [timezone.now()]
        for _ in range(10):
            deliver_due(clock=lambda: moments[-1])
            moments.append(due_at(event) if len(moments) < 10 else moments[-1])

        delivery = the_delivery(event)
        assert (delivery.state, delivery.due_at, delivery.attempt_count) == ("exhausted", None, 10)
        deliver_due(clock=later(days=30))
        assert len(receiver.arrived) == 10
    assert moments[-1] - event.at > timedelta(hours=75)
    assert WebhookAttempt.objects.filter(failure="status").count() == 10


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured(acme, status):
    with receiving(answering(status, Retry_After="120")) as receiver:
        an_endpoint(receiver.url)
        event = a_ping()
        deliver_due()

    wait = due_at(event) - WebhookAttempt.objects.get().at
    assert timedelta(seconds=120) <= wait <= timedelta(seconds=132)


def test_a_redirect_is_a_failure_and_is_not_followed(acme):
    with receiving() as elsewhere, receiving(answering(302, Location=elsewhere.url)) as receiver:
        an_endpoint(receiver.url)
        event = a_ping()
        deliver_due()

    assert elsewhere.arrived == []
    assert the_delivery(event).state == "owed"
    assert WebhookAttempt.objects.get().status_code == 302


def test_a_status_that_is_older_than_what_is_posted_is_gone_before_the_receiver_hears_of_it(acme):
    seen = []

    def look(arrived):
        seen.append(status_floor.read(acme.schema_name, json.loads(arrived.body)["data"]["customer_id"]))
        return answering(200)(arrived)

    word = status_floor.recall(acme.schema_name)
    status_floor.store(acme.schema_name, "cus-1", 3, b"three", 60, word=word)
    status_floor.store(acme.schema_name, "cus-2", 4, b"four", 60, word=word)
    with receiving(look) as receiver:
        an_endpoint(receiver.url)
        a_change("cus-1", 4)
        deliver_due()
        a_change("cus-2", 2)
        deliver_due()

    assert seen == [None, b"four"]
    assert not status_floor.store(acme.schema_name, "cus-1", 3, b"three", 60, word=word)


def test_two_senders_take_different_deliveries_without_waiting(acme):
    with receiving() as receiver:
        endpoint = an_endpoint(receiver.url).endpoint
    for number in range(10):
        a_ping(number)
    taken = []

    def take_the_rest() -> None:
        with inside(acme), transaction.atomic():
            taken.extend(claim(endpoint, limit=10, at=timezone.now()))
        connection.close()

    with transaction.atomic():
        first = claim(endpoint, limit=4, at=timezone.now())
        thread = threading.Thread(target=take_the_rest)
        thread.start()
        thread.join(5)
        assert not thread.is_alive()

    ids = [parcel.delivery_pk for parcel in (*first, *taken)]
    assert (len(first), len(taken), len(set(ids))) == (4, 6, 10)


def test_what_was_taken_by_a_sender_that_died_is_due_again_after_its_lease(acme):
    with receiving() as receiver:
        endpoint = an_endpoint(receiver.url).endpoint
        event = a_ping()
        now = timezone.now()
        with transaction.atomic():
            assert len(claim(endpoint, limit=10, at=now)) == 1
        deliver_due(clock=lambda: now + LEASE - timedelta(seconds=1))
        assert receiver.arrived == []

        deliver_due(clock=lambda: now + LEASE)

    assert receiver.ids == [event.uid]


def test_while_another_sender_has_the_merchants_turn_nothing_is_sent_and_nothing_lost(acme):
    with receiving() as receiver:
        an_endpoint(receiver.url)
        a_ping()
        turn = Turn(acme.schema_name)
        assert turn.take()
        deliver_due()
        assert receiver.arrived == []

        turn.give_back()
        deliver_due()

    assert len(receiver.arrived) == 1


def test_deliveries_of_an_endpoint_that_was_deleted_are_cancelled(acme):
    with receiving() as receiver:
        endpoint = an_endpoint(receiver.url).endpoint
        event = a_ping()
        delete_endpoint(endpoint.uid, actor=SYSTEM, at=timezone.now())
        assert the_delivery(event).state == "cancelled"

        deliver_due()

    assert receiver.arrived == []


def test_a_delivery_that_was_owed_just_as_its_endpoint_was_deleted_is_cancelled_too(acme):
    with receiving() as receiver:
        endpoint = an_endpoint(receiver.url).endpoint
        event = a_ping()
        delete_endpoint(endpoint.uid, actor=SYSTEM, at=timezone.now())
        WebhookDelivery.objects.update(state="owed", due_at=timezone.now())

        deliver_due()

    assert receiver.arrived == []
    assert the_delivery(event).state == "cancelled"


def test_a_delivery_that_is_cancelled_while_it_is_posted_stays_cancelled_and_its_attempt_is_kept(acme):
    def cancel() -> None:
        with inside(acme), transaction.atomic():
            cancel_deliveries(WebhookEndpoint.objects.get())
        connection.close()

    async def cancel_first(_: Arrived) -> web.StreamResponse:
        await asyncio.get_running_loop().run_in_executor(None, cancel)
        return web.Response(status=500)

    with receiving(cancel_first) as receiver:
        an_endpoint(receiver.url)
        event = a_ping()
        deliver_due()

    delivery = the_delivery(event)
    assert (delivery.state, delivery.due_at) == ("cancelled", None)
    assert WebhookAttempt.objects.get().status_code == 500


def test_a_delivery_whose_bell_was_lost_is_found_by_the_sweep(acme, run_jobs):
    with receiving() as receiver:
        an_endpoint(receiver.url)
        event = a_ping()
        take_jobs({acme.schema_name})
        doorbell_answered(jobs.DELIVER_WEBHOOKS)
        with leave_merchant():
            ring(jobs.SWEEP, acme.schema_name)
            assert run_jobs(acme) == [jobs.SWEEP, jobs.DELIVER_WEBHOOKS]
            ring(jobs.SWEEP, acme.schema_name)
            assert run_jobs(acme) == [jobs.SWEEP]

    assert receiver.ids == [event.uid]
