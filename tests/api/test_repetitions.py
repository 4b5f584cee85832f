"""Every call that changes something, made again under its Idempotency-Key: fifty times at once, and after the process was killed.

What a call does is counted in rows, table by table, and in objects of the store; a merchant for whom it was made once says how many.
"""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.db import connection
from django.utils import timezone

from kyc_platform.storage import objects
from kyc_platform.storage.names import own_prefix
from tenants.merchants.models import Merchant
from tests.api.dying_web import BEFORE_COMMIT, BEFORE_KEEPING, BEFORE_SENDING, DEATHS
from tests.api.operations import merchant_operations
from tests.api.unsafe_calls import CALLS, Call, Ready
from tests.fixtures.merchants import a_key, a_merchant, inside
from tests.fixtures.sandbox_provider import ROOT, Listener, SandboxProcess, eventually, free_port
from tests.fixtures.way import Way
from tests.workflow.test_at_once import at_once
from verification.idempotency.models import IdempotentRequest
from verification.idempotency.records import LEASE_SECONDS
from verification.request_log.models import ApiRequest
from verification.workflow.collecting import ORPHAN_HOURS, sweep_orphans

AT_ONCE = 50
EVERY_DEATH = "EVERY_DEATH" in os.environ  # a minute or two more: each call dies in three places, not two calls alone
OF_THIS_ANSWER = ("Request-Id", "Idempotent-Replayed", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
NOT_COUNTED = {ApiRequest._meta.db_table, "django_migrations"}  # of each attempt; and never
each_call = pytest.mark.parametrize(
    "ready", [pytest.param(ready, id=f"{name} {special}".strip()) for name, calls in CALLS.items() for special, ready in calls.items()]
)


def counted(merchant: Merchant) -> dict[str, int]:
    """Return how many rows each table of a merchant's schema has, and how many objects there are."""
    with inside(merchant), connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [merchant.schema_name])
        tables = sorted({name for (name,) in cursor.fetchall()} - NOT_COUNTED)
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}', count(*) FROM \"{name}\"" for name in tables))  # names from the catalogue
        return {**dict(cursor.fetchall()), "objects": len(list(objects.keys(own_prefix())))}


def changes_something(single: "Single") -> bool:
    """Tell whether a call has led to more than the row of its key: what has not has no commit to die before."""
    return set(single.effect) > {IdempotentRequest._meta.db_table}


def more(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """Return what has become more, or fewer."""
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


def told(answer: Any) -> tuple[int, bytes, dict[str, str]]:
    """Return what an answer says, but for what only names its own request."""
    headers = {name: value for name, value in answer.headers.items() if name not in OF_THIS_ANSWER}
    return answer.status_code, answer.data, headers


def lose_answer(way: Way) -> None:
    """Make the stored request look as a process leaves it that dies after its commit, and long enough ago."""
    with inside(way.merchant.sandbox):
        long_ago = timezone.now() - timedelta(seconds=LEASE_SECONDS + 1)
        rows = IdempotentRequest.objects.filter(answered_at__isnull=False)
        assert rows.update(answered_at=None, status_code=None, body_sealed=None, leased_until=long_ago) == 1


@dataclass(frozen=True)
class Single:
    """A call that was made once, for a merchant of its own: its answer, and what it has led to."""

    way: Way
    call: Call
    answer: Any
    effect: dict[str, int]


SINGLE: dict[Ready, Single] = {}


@pytest.fixture
def single(request: pytest.FixtureRequest, ready: Ready, settings: Any) -> Single:
    """The call, made once; that is done when it is first asked for, and not for each test."""
    if ready not in SINGLE:
        way: Way = request.getfixturevalue("way")
        merchant, listener = a_merchant("Charlie"), Listener()
        settings.PUBLIC_BASE_URL, callbacks_come_to = listener.url, settings.PUBLIC_BASE_URL
        other = Way(merchant, a_key(merchant.sandbox), listener, way.provider, way.run)
        call = ready(other)
        before = counted(merchant.sandbox)
        answer = call.send(other.key, "single")
        SINGLE[ready] = Single(other, call, answer, more(before, counted(merchant.sandbox)))
        settings.PUBLIC_BASE_URL = callbacks_come_to
        listener.stop()
    return SINGLE[ready]


def test_every_operation_that_changes_something_is_called_here():
    changing = {operation.name for operation in merchant_operations() if operation.method != "get"}

    assert changing == set(CALLS)


@each_call
def test_fifty_at_once_have_one_effect_and_one_answer(way: Way, single: Single, ready: Ready):
    call = ready(way)
    before = counted(way.merchant.sandbox)

    answers = at_once(*[lambda: call.send(way.key, "fifty", boundary=secrets.token_hex(8))] * AT_ONCE)

    assert more(before, counted(way.merchant.sandbox)) == single.effect
    (answered,) = {(status, body, tuple(sorted(headers.items()))) for status, body, headers in map(told, answers) if status < 300}
    assert answered[0] == single.answer.status_code
    others = [answer for answer in answers if answer.status_code >= 300]
    assert {(answer.status_code, answer.get_json(force=True)["code"]) for answer in others} <= {(409, "idempotency_key_in_use")}
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in others)
    assert [answer.headers.get("Idempotent-Replayed") for answer in answers if answer.status_code < 300].count(None) == 1
    again = call.send(way.key, "fifty")
    assert told(again)[:2] == answered[:2]
    assert again.headers["Idempotent-Replayed"] == "true"


@each_call
def test_when_the_answer_is_lost_the_repetition_is_given_the_same(single: Single):
    home = single.way.merchant.sandbox
    after = counted(home)
    lose_answer(single.way)

    again = single.call.send(single.way.key, "single")

    assert single.answer.status_code < 300
    assert told(again) == told(single.answer)
    assert again.headers.get("Idempotent-Replayed") == ("true" if changes_something(single) else None)  # None: it is asked anew
    assert counted(home) == after


@pytest.fixture(scope="module")
def dying_web(sandbox_provider: SandboxProcess) -> Iterator[str]:
    """Where a web process listens that dies on request."""
    port = free_port()
    provider = {"SANDBOX_PROVIDER_URL": sandbox_provider.url, "SANDBOX_PROVIDER_API_KEY": sandbox_provider.api_key}
    secret = {"SANDBOX_PROVIDER_CALLBACK_SECRET": sandbox_provider.callback_secret}
    process = subprocess.Popen([sys.executable, "-m", "tests.api.dying_web", str(port)], cwd=ROOT, env={**os.environ, **provider, **secret})
    url = f"http://127.0.0.1:{port}"

    def is_up() -> bool:
        try:
            return requests.get(f"{url}/healthz", timeout=5).ok
        except requests.ConnectionError:
            return False

    eventually(is_up, seconds=60)
    yield url
    process.terminate()
    process.wait(10)


def send_to(url: str, call: Call, way: Way, *, die: str = "") -> requests.Response:
    """Send a call over the network, with another boundary each time."""
    body = call.body(secrets.token_hex(8))
    headers = {"Authorization": f"Api-Key {way.key}", "Idempotency-Key": "killed", **({"X-Die": die} if die else {})}
    headers |= {"Content-Type": body["content_type"]} if body else {}
    return requests.request(call.method, url + call.path, data=body.get("data"), headers=headers, timeout=30)


def let_the_lease_pass(way: Way) -> None:
    """Half a minute later."""
    with inside(way.merchant.sandbox):
        rows = IdempotentRequest.objects.filter(answered_at__isnull=True)
        assert rows.update(leased_until=timezone.now() - timedelta(seconds=1)) == 1


@pytest.mark.parametrize("death", DEATHS if EVERY_DEATH else [BEFORE_KEEPING])
@each_call
def test_after_a_kill_the_repetition_returns_what_happened_and_nothing_happens_twice(
    way: Way, single: Single, dying_web: str, ready: Ready, death: str
):
    hold_through_a_kill(way, single, dying_web, ready(way), death)


@pytest.mark.parametrize("death", DEATHS)
@pytest.mark.parametrize("ready", [CALLS["create_customer"][""], CALLS["submit_document"]["as a form"]], ids=["a customer", "a document"])
def test_wherever_the_kill_comes_nothing_is_lost_and_nothing_happens_twice(
    way: Way, single: Single, dying_web: str, ready: Ready, death: str
):
    hold_through_a_kill(way, single, dying_web, ready(way), death)


def hold_through_a_kill(way: Way, single: Single, url: str, call: Call, death: str) -> None:
    """Send a call to a process that dies of it, and again as a merchant's server would, until it is answered."""
    before = counted(way.merchant.sandbox)
    if changes_something(single) or death != BEFORE_COMMIT:
        with pytest.raises(requests.ConnectionError):
            send_to(url, call, way, die=death)
        if death != BEFORE_SENDING:
            running = send_to(url, call, way)
            assert (running.status_code, running.json()["code"]) == (409, "idempotency_key_in_use")
            assert 1 <= int(running.headers["Retry-After"]) <= LEASE_SECONDS
            let_the_lease_pass(way)

    answer, again = send_to(url, call, way), send_to(url, call, way)

    assert (answer.status_code, again.status_code) == (single.answer.status_code, single.answer.status_code), answer.text
    assert again.content == answer.content
    assert again.headers["Idempotent-Replayed"] == "true"
    if answer.content:
        assert set(answer.json()) == set(single.answer.get_json())
    with inside(way.merchant.sandbox):
        sweep_orphans(at=timezone.now() + timedelta(hours=ORPHAN_HOURS + 1))  # a document whose transaction was never committed
    assert more(before, counted(way.merchant.sandbox)) == single.effect
