"""`PUT /webhook-endpoints/{id}`: another URL, other types, disabled and enabled again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.fixtures.merchants import inside
from tests.verification.webhooks.conftest import a_change, a_ping
from tests.verification.webhooks.receivers import answering, receiving
from tests.verification.webhooks.test_endpoints_api import PATH, URL, ask
from verification.events.models import Event
from verification.webhooks.models import WebhookDelivery, WebhookEndpoint
from verification.workflow.notifying import deliver_due


@pytest.fixture
def endpoint_id(live_key: str) -> str:
    """An endpoint that wants every type."""
    return str(ask(live_key, "post", body={"url": URL}).json()["id"])


def test_what_is_left_out_stays_as_it_is(merchant, live_key, endpoint_id):
    before = ask(live_key, "get", f"{PATH}/{endpoint_id}").json()

    answer = ask(live_key, "put", f"{PATH}/{endpoint_id}", {"event_types": ["test.ping"]})

    assert (answer.status_code, answer.json()) == (200, {**before, "event_types": ["test.ping"]})
    other = ask(live_key, "put", f"{PATH}/{endpoint_id}", {"url": "http://127.0.0.1:10/hook"}).json()
    assert other == {**before, "event_types": ["test.ping"], "url": "http://127.0.0.1:10/hook"}
    assert ask(live_key, "put", f"{PATH}/{endpoint_id}", {"event_types": None}).json()["event_types"] is None
    with inside(merchant):
        audits = Event.objects.filter(type="audit.webhook_endpoint_updated").order_by("pk")
        assert [audit.data["given"] for audit in audits] == [["event_types"], ["url"], ["event_types"]]


def test_what_is_owed_goes_to_the_new_url_and_to_the_types_that_were_asked_for_when_it_happened(merchant, live_key):
    with receiving(answering(500)) as old, receiving() as new:
        endpoint_id = ask(live_key, "post", body={"url": old.url}).json()["id"]
        with inside(merchant):
            first = a_ping()
            deliver_due()
            assert WebhookEndpoint.objects.get().failing_since is not None
        changed = ask(live_key, "put", f"{PATH}/{endpoint_id}", {"url": new.url, "event_types": ["customer.updated"]}).json()
        with inside(merchant):
            a_ping()
            second = a_change("cus-1", 1)
            WebhookDelivery.objects.filter(event=first).update(due_at=timezone.now())
            deliver_due()

    assert changed["failing_since"] is None
    assert old.ids == [first.uid]
    assert sorted(new.ids) == sorted([first.uid, second.uid])


def test_a_disabled_endpoint_is_owed_nothing_and_the_others_hear_of_it(merchant, live_key, endpoint_id):
    other_id = ask(live_key, "post", body={"url": URL, "event_types": ["webhook_endpoint.disabled"]}).json()["id"]
    with inside(merchant):
        a_ping()

    disabled = ask(live_key, "put", f"{PATH}/{endpoint_id}", {"state": "disabled"}).json()

    assert (disabled["state"], disabled["disabled_because"], disabled["disabled_at"] is not None) == ("disabled", "requested", True)
    with inside(merchant):
        a_ping()
        assert list(WebhookDelivery.objects.filter(endpoint__uid=endpoint_id).values_list("state", flat=True)) == ["cancelled"]
        told = Event.objects.get(type="webhook_endpoint.disabled")
        assert told.data == {"webhook_endpoint_id": endpoint_id, "because": "requested", "deliveries_cancelled": 1, "livemode": True}
        assert (told.actor_kind, told.actor_id) == ("api_key", live_key.split(".")[0])
        assert WebhookDelivery.objects.get(endpoint__uid=other_id).event == told
    assert ask(live_key, "put", f"{PATH}/{endpoint_id}", {"state": "disabled"}).json() == disabled
    with inside(merchant):
        assert Event.objects.filter(type="webhook_endpoint.disabled").count() == 1


def test_an_endpoint_that_is_enabled_again_begins_as_if_it_had_never_failed(merchant, live_key, endpoint_id):
    since = timezone.now() - timedelta(days=6)
    with inside(merchant):
        endpoint = WebhookEndpoint.objects.get()
        endpoint.failing_since = since
        endpoint.save()
        endpoint.disable("failing", at=timezone.now())

    answer = ask(live_key, "put", f"{PATH}/{endpoint_id}", {"state": "enabled"}).json()

    members = ("state", "failing_since", "disabled_at", "disabled_because")
    assert tuple(answer[name] for name in members) == ("enabled", None, None, None)
    with inside(merchant):
        a_ping()
        assert WebhookDelivery.objects.get().state == "owed"


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, [("", "required")]),
        ([], [("", "wrong_type")]),
        ({"secret": "whsec_mine"}, [("/secret", "unknown_member")]),
        ({"url": None}, [("/url", "required")]),
        ({"url": 7}, [("/url", "wrong_type")]),
        ({"url": "https://10.0.0.1/hook", "state": "disabled"}, [("/url", "url_not_allowed")]),
        ({"url": "http://example.com/hook"}, [("/url", "url_not_allowed")]),
        ({"event_types": []}, [("/event_types", "required")]),
        ({"event_types": ["customer.approved"]}, [("/event_types/0", "unknown_event_type")]),
        ({"state": "deleted"}, [("/state", "invalid_choice")]),
        ({"state": None}, [("/state", "required")]),
        ({"state": ["enabled"]}, [("/state", "invalid_choice")]),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_changes_nothing(merchant, live_key, endpoint_id, body, errors):
    before = ask(live_key, "get", f"{PATH}/{endpoint_id}").json()

    answer = ask(live_key, "put", f"{PATH}/{endpoint_id}", body)

    assert answer.status_code == 422, answer.content
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == errors
    assert ask(live_key, "get", f"{PATH}/{endpoint_id}").json() == before
    with inside(merchant):
        assert not Event.objects.exclude(type="audit.webhook_endpoint_created").exists()
