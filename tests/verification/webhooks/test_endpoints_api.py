"""The webhook endpoints of the merchant API."""

import threading
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from standardwebhooks import Webhook

from kyc_platform.actor import SYSTEM
from tests.fixtures.merchants import a_key, inside
from tests.verification.webhooks.conftest import a_ping
from tests.verification.webhooks.receivers import receiving
from verification.customers.keys import merchant_binding, merchant_keyring
from verification.events.models import Event
from verification.webhooks.endpoints import TooManyEndpoints
from verification.webhooks.models import WebhookDelivery, WebhookEndpoint
from verification.webhooks.signing import signing_key
from verification.workflow.notifying import deliver_due
from verification.workflow.subscribing import create_endpoint

PATH = "/api/v1/webhook-endpoints"
URL = "http://127.0.0.1:9/hook"


def ask(key: str, method: str, path: str = PATH, body: Any = None) -> Any:
    """Send one request to the merchant API."""
    content = {} if body is None else {"data": body, "content_type": "application/json"}
    return getattr(Client(), method)(path, headers={"Authorization": f"Api-Key {key}"}, **content)


def test_an_endpoint_is_created_with_a_secret_that_is_shown_once(merchant, live_key):
    answer = ask(live_key, "post", body={"url": URL, "event_types": ["verification.declined", "verification.approved"]})

    assert answer.status_code == 201
    created = answer.json()
    secret = created.pop("secret")
    assert len(signing_key(secret)) == 32
    assert created["id"].startswith("whe_")
    assert created["url"] == URL
    assert created["event_types"] == ["verification.approved", "verification.declined"]
    assert (created["state"], created["failing_since"], created["disabled_at"], created["disabled_because"]) == (
        "enabled",
        None,
        None,
        None,
    )
    assert created["livemode"] is True
    assert ask(live_key, "get", f"{PATH}/{created['id']}").json() == created
    assert ask(live_key, "get").json() == {"data": [created], "next_cursor": None, "has_more": False}
    with inside(merchant):
        row = WebhookEndpoint.objects.get()
        assert secret.encode() not in bytes(row.secret_sealed)
        binding = merchant_binding("webhook_endpoint", "secret", row.uid)
        assert merchant_keyring().open(bytes(row.secret_sealed), binding).decode() == secret
        audit = Event.objects.get()
        assert (audit.type, audit.actor_kind, audit.actor_id) == ("audit.webhook_endpoint_created", "api_key", live_key.split(".")[0])
        assert audit.data == {
            "webhook_endpoint_id": row.uid,
            "event_types": ["verification.approved", "verification.declined"],
            "livemode": True,
        }


def test_what_the_shown_secret_verifies_is_what_arrives(merchant, live_key):
    with receiving() as receiver:
        secret = ask(live_key, "post", body={"url": receiver.url}).json()["secret"]
        with inside(merchant):
            a_ping()
            deliver_due()

    assert Webhook(secret).verify(receiver.arrived[0].body, receiver.arrived[0].headers)["type"] == "test.ping"


@pytest.mark.parametrize("event_types", [{}, {"event_types": None}])
def test_without_event_types_every_one_is_meant(live_key, event_types):
    assert ask(live_key, "post", body={"url": URL, **event_types}).json()["event_types"] is None


@pytest.mark.parametrize(
    ("body", "code", "errors"),
    [
        ({}, "invalid_request", [("/url", "required")]),
        ([], "invalid_request", [("", "wrong_type")]),
        ({"url": 7}, "invalid_request", [("/url", "wrong_type")]),
        ({"url": ""}, "invalid_request", [("/url", "wrong_type")]),
        ({"url": URL, "secret": "whsec_mine"}, "invalid_request", [("/secret", "unknown_member")]),
        ({"url": URL, "event_types": "test.ping"}, "invalid_request", [("/event_types", "wrong_type")]),
        ({"url": URL, "event_types": []}, "invalid_request", [("/event_types", "required")]),
        ({"url": URL, "event_types": ["test.ping", "customer.approved"]}, "invalid_request", [("/event_types/1", "unknown_event_type")]),
        ({"url": URL, "event_types": ["audit.document_viewed"]}, "invalid_request", [("/event_types/0", "unknown_event_type")]),
        (
            {"url": URL, "event_types": [7, None, ["test.ping"], "\x00", {}]},
            "invalid_request",
            [(f"/event_types/{n}", "unknown_event_type") for n in range(5)],
        ),
        ({"url": "http://example.com/hook"}, "url_not_allowed", [("/url", "url_not_allowed")]),
        ({"url": "https://10.0.0.1/hook"}, "url_not_allowed", [("/url", "url_not_allowed")]),
        ({"url": "https://169.254.169.254/latest"}, "url_not_allowed", [("/url", "url_not_allowed")]),
        ({"url": "https://user:pass@example.com/"}, "url_not_allowed", [("/url", "url_not_allowed")]),
        ({"url": "https://host.invalid/"}, "url_not_allowed", [("/url", "url_not_allowed")]),
        ({"url": "https://example.com/\x00"}, "url_not_allowed", [("/url", "url_not_allowed")]),
        ({"url": f"https://example.com/{'x' * 2048}"}, "url_not_allowed", [("/url", "url_not_allowed")]),
    ],
)
def test_what_cannot_be_an_endpoint_is_refused_by_name_and_leaves_no_trace(merchant, live_key, body, code, errors):
    answer = ask(live_key, "post", body=body)

    assert answer.status_code == 422, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == errors
    with inside(merchant):
        assert not WebhookEndpoint.objects.exists()
        assert not Event.objects.exists()


def test_an_unknown_event_type_is_named_with_the_known_ones(live_key):
    detail = ask(live_key, "post", body={"url": URL, "event_types": ["customer.approved"]}).json()["errors"][0]["detail"]

    assert detail.startswith("customer.approved is no event type. Event types: customer.created, customer.updated,")
    assert "verification.approved" in detail


def test_a_deleted_endpoint_is_gone_and_what_it_was_owed_is_cancelled(merchant, live_key):
    endpoint_id = ask(live_key, "post", body={"url": URL}).json()["id"]
    with inside(merchant):
        a_ping()

    answer = ask(live_key, "delete", f"{PATH}/{endpoint_id}")

    assert (answer.status_code, answer.content) == (204, b"")
    for method in ("get", "delete"):
        again = ask(live_key, method, f"{PATH}/{endpoint_id}")
        assert (again.status_code, again.json()["code"]) == (404, "webhook_endpoint_not_found")
    assert ask(live_key, "get").json()["data"] == []
    with inside(merchant):
        row = WebhookEndpoint.objects.get(uid=endpoint_id)
        assert (row.state, bytes(row.secret_sealed)) == ("deleted", b"")
        assert WebhookDelivery.objects.get(endpoint=row).state == "cancelled"
        a_ping()
        assert WebhookDelivery.objects.count() == 1
        audit = Event.objects.get(type="audit.webhook_endpoint_deleted")
        assert audit.data == {"webhook_endpoint_id": endpoint_id, "deliveries_cancelled": 1, "livemode": True}


def test_the_list_comes_in_pages_newest_first(live_key):
    ids = [ask(live_key, "post", body={"url": URL}).json()["id"] for _ in range(5)]

    seen, page = [], ask(live_key, "get", f"{PATH}?limit=2").json()
    while True:
        seen += [endpoint["id"] for endpoint in page["data"]]
        assert page["has_more"] == (page["next_cursor"] is not None)
        if not page["has_more"]:
            break
        page = ask(live_key, "get", f"{PATH}?limit=2&cursor={page['next_cursor']}").json()

    assert seen == ids[::-1]
    assert ask(live_key, "get", f"{PATH}?limit=0").status_code == 422
    assert ask(live_key, "get", f"{PATH}?cursor=x").status_code == 422
    assert ask(live_key, "get", f"{PATH}?page=2").status_code == 422


def test_there_are_sixteen_places_and_a_deleted_endpoint_gives_its_own_back(live_key):
    ids = [ask(live_key, "post", body={"url": URL}).json()["id"] for _ in range(16)]

    refused = ask(live_key, "post", body={"url": URL})

    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_webhook_endpoints")
    ask(live_key, "delete", f"{PATH}/{ids[3]}")
    assert ask(live_key, "post", body={"url": URL}).status_code == 201
    assert ask(live_key, "post", body={"url": URL}).status_code == 409


def test_of_many_who_create_at_once_no_more_than_sixteen_succeed(merchant):
    results: list[bool] = []

    def create() -> None:
        try:
            with inside(merchant):
                for _ in range(4):
                    create_endpoint(url=URL, event_types=None, actor=SYSTEM, at=timezone.now())
                    results.append(True)
        except TooManyEndpoints:
            results.append(False)
        finally:
            connection.close()

    threads = [threading.Thread(target=create) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results.count(True) == 16
    with inside(merchant):
        assert set(WebhookEndpoint.objects.values_list("place", flat=True)) == set(range(1, 17))
        assert Event.objects.filter(type="audit.webhook_endpoint_created").count() == 16


def test_another_merchant_and_the_other_mode_see_nothing_and_delete_nothing(merchant, live_key, other_live_key, test_key):
    endpoint_id = ask(live_key, "post", body={"url": URL}).json()["id"]

    for foreign_key in (other_live_key, test_key):
        assert ask(foreign_key, "get").json()["data"] == []
        for method in ("get", "delete"):
            foreign = ask(foreign_key, method, f"{PATH}/{endpoint_id}")
            unknown = ask(foreign_key, method, f"{PATH}/whe_aaaaaaaaaaaaaaaaaaaaaaaaaa")
            assert (foreign.status_code, foreign.json()["code"]) == (404, "webhook_endpoint_not_found")
            assert foreign.json()["detail"] == unknown.json()["detail"]

    assert ask(live_key, "get", f"{PATH}/{endpoint_id}").json()["state"] == "enabled"


@pytest.mark.parametrize("endpoint_id", ["%00", "whe_%00", "%FF", "x" * 500, "%F0%9F%92%A9", "..%2F"])
def test_a_strange_id_is_an_id_that_does_not_exist(live_key, endpoint_id):
    for method in ("get", "delete"):
        answer = ask(live_key, method, f"{PATH}/{endpoint_id}")
        assert answer.status_code == 404
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_only_a_key_that_may_manage_webhooks_is_let_in(merchant):
    key = a_key(merchant, "customers:read", "events:read")

    for method, path in (("post", PATH), ("get", PATH), ("get", f"{PATH}/whe_x"), ("delete", f"{PATH}/whe_x")):
        answer = ask(key, method, path, body={"url": URL} if method == "post" else None)
        assert answer.status_code == 403
        assert "webhooks:manage" in answer.json()["detail"]
        assert Client().get(path).status_code == 401


def test_the_second_seeds_bare_paths_are_the_same_endpoints(live_key):
    endpoint_id = ask(live_key, "post", "/webhook-endpoints", body={"url": URL}).json()["id"]

    assert ask(live_key, "get", f"{PATH}/{endpoint_id}").json()["id"] == endpoint_id
