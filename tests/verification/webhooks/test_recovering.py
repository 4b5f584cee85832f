"""The test event, the delivery log, and recovery since a moment."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from django.db import transaction
from django.test import Client
from django.utils import timezone

from tests.fixtures.merchants import inside
from tests.verification.webhooks.conftest import a_change, a_ping, later
from tests.verification.webhooks.receivers import answering, receiving
from tests.verification.webhooks.test_endpoints_api import PATH, URL, ask
from verification.events.models import Event
from verification.webhooks.models import WebhookDelivery
from verification.workflow import recovering
from verification.workflow.notifying import deliver_due


def deliveries(key: str, endpoint_id: str, query: str = "") -> list[dict[str, Any]]:
    answer = ask(key, "get", f"{PATH}/{endpoint_id}/deliveries{query}")
    assert answer.status_code == 200, answer.content
    return list(answer.json()["data"])


def recover(key: str, endpoint_id: str, since: datetime) -> tuple[int, bool]:
    answer = ask(key, "post", f"{PATH}/{endpoint_id}/recover", {"since": since.isoformat()})
    assert answer.status_code == 202, answer.content
    assert answer.json()["livemode"] is True
    return answer.json()["recovered"], answer.json()["has_more"]


def test_a_test_event_goes_to_one_endpoint_alone_whatever_types_it_asked_for(merchant, live_key):
    with receiving() as wanted, receiving() as other:
        endpoint_id = ask(live_key, "post", body={"url": wanted.url, "event_types": ["customer.created"]}).json()["id"]
        ask(live_key, "post", body={"url": other.url})

        answer = ask(live_key, "post", f"{PATH}/{endpoint_id}/test")
        with inside(merchant):
            deliver_due()
            event = Event.objects.get(type="test.ping")

    assert (answer.status_code, answer.json()) == (202, {"event_id": event.uid, "type": "test.ping", "livemode": True})
    assert event.data == {"webhook_endpoint_id": endpoint_id, "livemode": True}
    assert (wanted.ids, other.ids) == ([event.uid], [])
    assert [(one["event_id"], one["state"]) for one in deliveries(live_key, endpoint_id)] == [(event.uid, "delivered")]


def test_the_log_shows_every_attempt_with_the_start_of_its_answer_as_text(merchant, live_key):
    answers = iter([web.Response(status=503, body=b"\xff\x00<b>no</b> " + "å".encode()[:1]), web.Response(text="ok " + "å" * 1100)])
    with receiving(lambda _: next(answers)) as receiver:
        endpoint_id = ask(live_key, "post", body={"url": receiver.url}).json()["id"]
        with inside(merchant):
            event = a_ping()
            deliver_due()
        (failed,) = deliveries(live_key, endpoint_id, "?state=owed")
        with inside(merchant):
            deliver_due(clock=later(seconds=6))
    (delivered,) = deliveries(live_key, endpoint_id)

    assert (failed["event_id"], failed["event_type"], failed["state"], failed["delivered_at"]) == (event.uid, "test.ping", "owed", None)
    assert failed["next_attempt_at"] is not None
    (first,) = failed["attempts"]
    assert (first["number"], first["status"], first["failure"], first["answer_start"]) == (1, 503, "status", "\ufffd\x00<b>no</b> ")
    assert delivered["attempts"][0] == first
    second = delivered["attempts"][1]
    assert (second["number"], second["status"], second["failure"]) == (2, 200, None)
    assert second["answer_start"] == "ok " + "å" * 1022
    assert (delivered["state"], delivered["next_attempt_at"]) == ("delivered", None)
    assert deliveries(live_key, endpoint_id, "?state=owed") == []


def test_the_log_comes_in_pages_newest_first(merchant, live_key):
    endpoint_id = ask(live_key, "post", body={"url": URL}).json()["id"]
    with inside(merchant):
        uids = [a_ping(number).uid for number in range(5)]

    seen, cursor = [], ""
    while True:
        page = ask(live_key, "get", f"{PATH}/{endpoint_id}/deliveries?limit=2{cursor}").json()
        seen += [one["event_id"] for one in page["data"]]
        if not page["has_more"]:
            break
        cursor = f"&cursor={page['next_cursor']}"

    assert seen == uids[::-1]
    refused = ask(live_key, "get", f"{PATH}/{endpoint_id}/deliveries?state=lost")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/state")


def test_what_was_given_up_cancelled_or_never_owed_is_delivered_under_its_own_id(merchant, live_key):
    statuses = {"now": 500}
    with receiving(lambda arrived: answering(statuses["now"])(arrived)) as receiver:
        endpoint_id = ask(live_key, "post", body={"url": receiver.url, "event_types": ["customer.updated"]}).json()["id"]
        with inside(merchant):
            before = a_change("cus-1", 1)
            since = timezone.now()
            given_up = a_change("cus-1", 2)
            WebhookDelivery.objects.filter(event__in=(before, given_up)).update(state="exhausted", due_at=None, attempt_count=10)
            cancelled = a_change("cus-1", 3)
            deliver_due()
        ask(live_key, "put", f"{PATH}/{endpoint_id}", {"state": "disabled"})
        with inside(merchant):
            missed = a_change("cus-1", 4)
            a_ping()
        ask(live_key, "put", f"{PATH}/{endpoint_id}", {"state": "enabled"})
        statuses["now"] = 200
        with inside(merchant):
            delivered = a_change("cus-1", 5)
            deliver_due()
            receiver.arrived.clear()

        assert recover(live_key, endpoint_id, since) == (3, False)
        assert recover(live_key, endpoint_id, since) == (0, False)
        with inside(merchant):
            deliver_due()

    assert sorted(receiver.ids) == sorted([given_up.uid, cancelled.uid, missed.uid])
    assert delivered.uid not in receiver.ids and before.uid not in receiver.ids
    with inside(merchant):
        states = dict(WebhookDelivery.objects.values_list("event__uid", "state"))
        assert states == {before.uid: "exhausted"} | dict.fromkeys((given_up.uid, cancelled.uid, missed.uid, delivered.uid), "delivered")
        audits = Event.objects.filter(type="audit.webhook_events_recovered").order_by("pk")
        assert [(audit.data["recovered"], audit.data["since"]) for audit in audits] == [(3, since.isoformat()), (0, since.isoformat())]


def test_what_is_recovered_is_tried_as_often_as_anything_new(merchant, live_key):
    with receiving(answering(500)) as receiver:
        endpoint_id = ask(live_key, "post", body={"url": receiver.url}).json()["id"]
        with inside(merchant):
            event = a_change("cus-1", 1)
            WebhookDelivery.objects.update(state="exhausted", due_at=None, attempt_count=10)
        assert recover(live_key, endpoint_id, event.at) == (1, False)
        with inside(merchant):
            deliver_due()
            delivery = WebhookDelivery.objects.get()

    assert (delivery.state, delivery.attempt_count) == ("owed", 1)
    assert delivery.due_at is not None and delivery.due_at - timezone.now() < timedelta(seconds=6)


def test_much_is_recovered_in_parts_the_oldest_first(merchant, live_key, monkeypatch):
    monkeypatch.setattr(recovering, "RECOVERED_MAX", 4)
    endpoint_id = ask(live_key, "post", body={"url": URL}).json()["id"]
    ask(live_key, "put", f"{PATH}/{endpoint_id}", {"state": "disabled"})
    with inside(merchant):
        since = timezone.now()
        with transaction.atomic():
            events = [a_change("cus-1", number + 1) for number in range(10)]
    ask(live_key, "put", f"{PATH}/{endpoint_id}", {"state": "enabled"})

    answers = [recover(live_key, endpoint_id, since) for _ in range(4)]

    assert answers == [(4, True), (4, True), (2, False), (0, False)]
    with inside(merchant):
        assert list(WebhookDelivery.objects.order_by("pk").values_list("event_id", flat=True)) == [event.pk for event in events]


def test_an_event_that_another_endpoint_was_tested_with_is_not_recovered(merchant, live_key):
    tested, recovered = (ask(live_key, "post", body={"url": URL}).json()["id"] for _ in range(2))
    since = timezone.now()
    ask(live_key, "post", f"{PATH}/{tested}/test")

    assert recover(live_key, recovered, since) == (0, False)


def test_to_a_disabled_endpoint_nothing_is_sent_whatever_is_asked_for(merchant, live_key):
    endpoint_id = ask(live_key, "post", body={"url": URL}).json()["id"]
    ask(live_key, "put", f"{PATH}/{endpoint_id}", {"state": "disabled"})

    for action, body in (("test", None), ("recover", {"since": "2026-01-01T00:00:00Z"})):
        answer = ask(live_key, "post", f"{PATH}/{endpoint_id}/{action}", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "webhook_endpoint_disabled")
    with inside(merchant):
        assert not Event.objects.filter(type__in=("test.ping", "audit.webhook_events_recovered")).exists()
        assert not WebhookDelivery.objects.exists()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "required"),
        ({"since": "yesterday"}, "invalid_moment"),
        ({"since": "2026-01-31T09:30:00"}, "invalid_moment"),
        ({"since": 1769851800}, "invalid_moment"),
        ({"since": "0001-01-01T00:00:00+14:00"}, "invalid_moment"),
    ],
)
def test_a_moment_that_is_none_is_refused(live_key, body, code):
    endpoint_id = ask(live_key, "post", body={"url": URL}).json()["id"]

    answer = ask(live_key, "post", f"{PATH}/{endpoint_id}/recover", body)

    assert (answer.status_code, [(e["pointer"], e["code"]) for e in answer.json()["errors"]]) == (422, [("/since", code)])


def test_of_an_endpoint_of_another_merchant_or_mode_nothing_is_shown_or_done(live_key, other_live_key, test_key):
    endpoint_id = ask(live_key, "post", body={"url": URL}).json()["id"]
    since = {"since": "2026-01-01T00:00:00Z"}

    for key in (other_live_key, test_key):
        for method, action, body in (("get", "deliveries", None), ("post", "test", None), ("post", "recover", since)):
            answer = ask(key, method, f"{PATH}/{endpoint_id}/{action}", body)
            assert (answer.status_code, answer.json()["code"]) == (404, "webhook_endpoint_not_found")
        assert ask(key, "put", f"{PATH}/{endpoint_id}", {"state": "disabled"}).status_code == 404
    assert ask(live_key, "get", f"{PATH}/{endpoint_id}").json()["state"] == "enabled"
    assert deliveries(live_key, endpoint_id) == []


def test_a_repeated_request_sends_no_second_test_event(merchant, live_key):
    endpoint_id = ask(live_key, "post", body={"url": URL}).json()["id"]
    headers = {"Authorization": f"Api-Key {live_key}", "Idempotency-Key": "once"}

    from_both = [Client().post(f"{PATH}/{endpoint_id}/test", {}, content_type="application/json", headers=headers) for _ in range(2)]

    assert [answer.status_code for answer in from_both] == [202, 202]
    assert from_both[0].json() == from_both[1].json()
    with inside(merchant):
        assert Event.objects.filter(type="test.ping").count() == 1
