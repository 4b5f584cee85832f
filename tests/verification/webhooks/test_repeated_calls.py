"""Every call that changes an endpoint, made again under its Idempotency-Key: in parallel, and after a crash between commit and answer."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.api.test_idempotency import lose_answer
from tests.fixtures.merchants import inside
from tests.fixtures.way import Way
from tests.verification.webhooks.test_endpoints_api import PATH, URL
from tests.workflow.test_at_once import at_once
from verification.events.models import Event

AT_ONCE = 50
CALLS = [
    ("PUT", "", {"event_types": ["test.ping"]}, "audit.webhook_endpoint_updated"),
    ("POST", "/rotate-secret", {"expires_in_seconds": 60}, "audit.webhook_secret_rotated"),
    ("POST", "/test", {}, "test.ping"),
    ("POST", "/recover", {"since": "2026-01-01T00:00:00Z"}, "audit.webhook_events_recovered"),
]
each_call = pytest.mark.parametrize(("method", "action", "body", "effect"), CALLS, ids=[effect for *_, effect in CALLS])


@pytest.fixture
def path(way: Way) -> str:
    """An endpoint's path."""
    return f"{PATH}/{way.ask('POST', PATH, {'url': URL}).json()['id']}"


def calling(way: Way, method: str, path: str, body: dict[str, Any]) -> Callable[[], Any]:
    """Return the call, made with a client of its own."""

    def call() -> Any:
        own = Way(way.merchant, way.key, way.listener, way.provider, way.run, Client())
        return own.ask(method, path, body, headers={"Idempotency-Key": "once"})

    return call


def effects(way: Way, event_type: str) -> int:
    with inside(way.merchant.sandbox):
        return Event.objects.filter(type=event_type).count()


@each_call
def test_of_fifty_at_once_one_takes_effect(way: Way, path: str, method: str, action: str, body: dict[str, Any], effect: str):
    call = calling(way, method, path + action, body)

    answers = at_once(*[call] * AT_ONCE)

    succeeded = {answer.content for answer in answers if answer.status_code in (200, 202)}
    assert len(succeeded) == 1
    assert {answer.json()["code"] for answer in answers if answer.status_code not in (200, 202)} <= {"idempotency_key_in_use"}
    assert effects(way, effect) == 1
    assert call().content in succeeded


@each_call
def test_after_a_crash_the_repetition_returns_what_happened(
    way: Way, path: str, method: str, action: str, body: dict[str, Any], effect: str
):
    first = calling(way, method, path + action, body)()
    lose_answer(way)

    again = calling(way, method, path + action, body)()

    assert (again.status_code, again.json(), again.headers["Idempotent-Replayed"]) == (first.status_code, first.json(), "true")
    assert effects(way, effect) == 1
