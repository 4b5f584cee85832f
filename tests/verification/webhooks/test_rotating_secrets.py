"""`POST /webhook-endpoints/{id}/rotate-secret`: a new secret without a gap."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.fixtures.merchants import inside
from tests.verification.webhooks.conftest import a_ping
from tests.verification.webhooks.receivers import Arrived, is_genuine, receiving
from tests.verification.webhooks.test_endpoints_api import PATH, URL, ask
from verification.events.models import Event
from verification.webhooks.models import WebhookEndpoint
from verification.workflow.notifying import deliver_due


def rotate(key: str, endpoint_id: str, **members: Any) -> dict[str, Any]:
    answer = ask(key, "post", f"{PATH}/{endpoint_id}/rotate-secret", members)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def signed_by(arrived: Arrived, *secrets: str) -> list[bool]:
    """Tell for each secret whether the public package accepts the request with it."""
    return [is_genuine(arrived, secret) for secret in secrets]


def test_both_secrets_sign_until_the_old_one_expires(merchant, live_key):
    with receiving() as receiver:
        created = ask(live_key, "post", body={"url": receiver.url}).json()
        rotated = rotate(live_key, created["id"], expires_in_seconds=3600)
        with inside(merchant):
            a_ping()
            deliver_due()
            WebhookEndpoint.objects.update(previous_secret_until=timezone.now())
            a_ping()
            deliver_due()

    old, new = created["secret"], rotated["secret"]
    assert old != new
    first, second = receiver.arrived
    assert len(first.headers["webhook-signature"].split(" ")) == 2
    assert signed_by(first, old, new) == [True, True]
    assert signed_by(second, old, new) == [False, True]
    shown = ask(live_key, "get", f"{PATH}/{created['id']}").json()
    assert "secret" not in shown
    with inside(merchant):
        audit = Event.objects.get(type="audit.webhook_secret_rotated")
        expires_at = audit.at + timedelta(seconds=3600)
        assert audit.data["previous_secret_expires_at"] == expires_at.isoformat()
        assert rotated["previous_secret_expires_at"] == expires_at.isoformat().replace("+00:00", "Z")
        row = WebhookEndpoint.objects.get()
        assert old.encode() not in bytes(row.previous_secret_sealed or b"") and new.encode() not in bytes(row.secret_sealed)


def test_unless_said_the_old_secret_signs_for_a_day(merchant, live_key):
    endpoint_id = ask(live_key, "post", body={"url": URL}).json()["id"]

    rotate(live_key, endpoint_id)

    with inside(merchant):
        until = WebhookEndpoint.objects.get().previous_secret_until
        assert until is not None
        assert timedelta(hours=23, minutes=59) < until - timezone.now() <= timedelta(hours=24)


def test_a_secret_that_somebody_has_stolen_can_be_stopped_at_once(merchant, live_key):
    with receiving() as receiver:
        created = ask(live_key, "post", body={"url": receiver.url}).json()
        rotate(live_key, created["id"])
        rotated = rotate(live_key, created["id"], expires_in_seconds=0)
        with inside(merchant):
            a_ping()
            deliver_due()

    assert rotated["previous_secret_expires_at"] is None
    assert len(receiver.arrived[0].headers["webhook-signature"].split(" ")) == 1
    assert signed_by(receiver.arrived[0], rotated["secret"], created["secret"]) == [True, False]
    with inside(merchant):
        assert WebhookEndpoint.objects.get().previous_secret_sealed is None


def test_there_are_never_more_than_two(merchant, live_key):
    with receiving() as receiver:
        created = ask(live_key, "post", body={"url": receiver.url}).json()
        second, third = rotate(live_key, created["id"]), rotate(live_key, created["id"])
        with inside(merchant):
            a_ping()
            deliver_due()

    assert signed_by(receiver.arrived[0], created["secret"], second["secret"], third["secret"]) == [False, True, True]


@pytest.mark.parametrize("seconds", [-1, 604_801, 1.5, "3600", True, None])
def test_a_time_that_is_none_is_refused_and_the_secret_stays(merchant, live_key, seconds):
    with receiving() as receiver:
        created = ask(live_key, "post", body={"url": receiver.url}).json()
        answer = ask(live_key, "post", f"{PATH}/{created['id']}/rotate-secret", {"expires_in_seconds": seconds})
        with inside(merchant):
            a_ping()
            deliver_due()

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/expires_in_seconds")
    assert signed_by(receiver.arrived[0], created["secret"]) == [True]


def test_another_merchant_and_the_other_mode_rotate_nothing(merchant, live_key, other_live_key, test_key):
    endpoint_id = ask(live_key, "post", body={"url": URL}).json()["id"]
    with inside(merchant):
        before = bytes(WebhookEndpoint.objects.get().secret_sealed)

    for key in (other_live_key, test_key):
        assert ask(key, "post", f"{PATH}/{endpoint_id}/rotate-secret", {}).status_code == 404
    with inside(merchant):
        assert bytes(WebhookEndpoint.objects.get().secret_sealed) == before
