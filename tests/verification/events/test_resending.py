"""`POST /events/{id}/resend`: posted once more under its own id, whatever became of it before."""

from typing import Any

import pytest

from tests.api.asking import ask
from tests.fixtures.merchants import inside
from tests.verification.events.test_events_api import PATH, an_endpoint, ping
from tests.verification.webhooks.receivers import receiving
from verification.events.models import Event
from verification.idempotency.models import IdempotentRequest
from verification.webhooks.models import DeliveryState, WebhookDelivery
from verification.webhooks.schedule import ATTEMPTS_MAX
from verification.workflow.notifying import deliver_due


def resend(key: str, event_id: str, body: Any = None, **headers: str) -> Any:
    """Ask for it once more."""
    return ask("POST", f"{PATH}/{event_id}/resend", f"Api-Key {key}", json={} if body is None else body, headers=headers)


def deliver(merchant: Any) -> list[tuple[str, int]]:
    """Post what is due, and return state and number of attempts of each delivery."""
    with inside(merchant):
        deliver_due()
        return list(WebhookDelivery.objects.order_by("pk").values_list("state", "attempt_count"))


def test_what_was_delivered_is_posted_again_the_same_under_its_own_id(merchant, live_key):
    with receiving() as receiver:
        endpoint = an_endpoint(live_key, receiver.url)
        with inside(merchant):
            event_id = ping(1)
        assert deliver(merchant) == [("delivered", 1)]

        answer = resend(live_key, event_id)

        assert (answer.status_code, answer.json) == (202, {"event_id": event_id, "webhook_endpoint_ids": [endpoint], "livemode": True})
        assert deliver(merchant) == [("delivered", 1)]
    first, second = receiver.arrived
    assert (first.webhook_id, first.body) == (second.webhook_id, second.body)
    assert first.webhook_id == event_id
    listed = ask("GET", f"/api/v1/webhook-endpoints/{endpoint}/deliveries", f"Api-Key {live_key}").json["data"]
    assert [len(delivery["attempts"]) for delivery in listed] == [2]


@pytest.mark.parametrize("state", [DeliveryState.EXHAUSTED, DeliveryState.CANCELLED])
def test_what_was_given_up_is_tried_again_as_if_for_the_first_time(merchant, live_key, state: DeliveryState):
    with receiving() as receiver:
        an_endpoint(live_key, receiver.url)
        with inside(merchant):
            event_id = ping(1)
            WebhookDelivery.objects.update(state=state, due_at=None, attempt_count=ATTEMPTS_MAX)

        assert resend(live_key, event_id).status_code == 202
        assert deliver(merchant) == [("delivered", 1)]
    assert receiver.ids == [event_id]


def test_an_endpoint_that_came_later_gets_it_and_one_that_wants_other_types_does_not(merchant, live_key):
    with inside(merchant):
        event_id = ping(1)
    with receiving() as later, receiving() as other:
        wanted = an_endpoint(live_key, later.url)
        an_endpoint(live_key, other.url, "customer.created")

        assert resend(live_key, event_id).json["webhook_endpoint_ids"] == [wanted]
        deliver(merchant)
    assert (later.ids, other.ids) == ([event_id], [])


def test_the_endpoint_that_is_named_alone_gets_it_whatever_its_types(merchant, live_key):
    with inside(merchant):
        event_id = ping(1)
    with receiving() as all_types, receiving() as named:
        an_endpoint(live_key, all_types.url)
        endpoint = an_endpoint(live_key, named.url, "customer.created")

        assert resend(live_key, event_id, {"webhook_endpoint_id": endpoint}).json["webhook_endpoint_ids"] == [endpoint]
        deliver(merchant)
    assert (all_types.ids, named.ids) == ([], [event_id])


def test_without_an_endpoint_that_wants_it_the_answer_says_so(merchant, live_key):
    with inside(merchant):
        event_id = ping(1)

    assert resend(live_key, event_id).json == {"event_id": event_id, "webhook_endpoint_ids": [], "livemode": True}


def test_nothing_is_owed_to_a_disabled_an_unknown_or_another_merchants_endpoint(merchant, live_key, other_live_key):
    with inside(merchant):
        event_id = ping(1)
    with receiving() as receiver:
        disabled, foreign = an_endpoint(live_key, receiver.url), an_endpoint(other_live_key, receiver.url)
    assert ask("PUT", f"/api/v1/webhook-endpoints/{disabled}", f"Api-Key {live_key}", json={"state": "disabled"}).status_code == 200

    answers = [resend(live_key, event_id, {"webhook_endpoint_id": endpoint}) for endpoint in (disabled, foreign, "whe_never")]

    assert [(answer.status_code, answer.get_json(force=True)["code"]) for answer in answers] == [
        (409, "webhook_endpoint_disabled"),
        (404, "webhook_endpoint_not_found"),
        (404, "webhook_endpoint_not_found"),
    ]
    assert resend(live_key, event_id).json["webhook_endpoint_ids"] == []
    with inside(merchant):
        assert not WebhookDelivery.objects.exists()


@pytest.mark.parametrize("body", [{"webhook_endpoint_id": 1}, {"webhook_endpoint_id": "a\x00"}, {"endpoint": "whe_1"}, []])
def test_what_is_wrong_is_refused(merchant, live_key, body: Any):
    with inside(merchant):
        event_id = ping(1)

    assert resend(live_key, event_id, body).status_code == 422


def test_another_merchants_event_and_one_that_never_was_are_the_same_404(other_merchant, live_key):
    with inside(other_merchant):
        foreign = ping(1)

    answers = [resend(live_key, event_id) for event_id in (foreign, "evt_never")]

    assert [(answer.status_code, answer.get_json(force=True)["code"]) for answer in answers] == [(404, "event_not_found")] * 2


def test_under_one_idempotency_key_it_is_posted_once_also_after_a_crash_between_commit_and_answer(merchant, live_key):
    with receiving() as receiver:
        an_endpoint(live_key, receiver.url)
        with inside(merchant):
            event_id = ping(1)
        deliver(merchant)
        key = {"Idempotency-Key": "once"}
        first = resend(live_key, event_id, **key)
        deliver(merchant)
        with inside(merchant):  # as a process leaves it that dies after its commit, and long enough ago
            row = IdempotentRequest.objects.get()
            row.answered_at, row.status_code, row.body_sealed = None, None, None
            row.leased_until = row.created_at.replace(year=row.created_at.year - 1)
            row.save()

        again = [resend(live_key, event_id, **key), resend(live_key, event_id, **key)]
        deliver(merchant)

    assert {(answer.status_code, answer.data) for answer in again} == {(202, first.data)}
    assert [answer.headers["Idempotent-Replayed"] for answer in again] == ["true", "true"]
    assert receiver.ids == [event_id] * 2
    with inside(merchant):
        assert Event.objects.filter(type="audit.event_resent").count() == 1
