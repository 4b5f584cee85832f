"""The sandbox's clock: what it shows, who may move it, and what follows it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kyc_platform.due import HINTS
from kyc_platform.redis_client import redis_client
from tenants.merchants.models import Merchant
from tests.api.asking import ask
from tests.fixtures.merchants import a_key, inside
from tests.fixtures.way import Way, members_of_customer
from tests.verification.webhooks.conftest import a_ping, an_endpoint, the_delivery
from tests.verification.webhooks.receivers import answering, receiving
from verification.events.models import Event
from verification.sandbox.clock import AHEAD_MAX, now_of_merchant
from verification.sandbox.models import SandboxClock
from verification.webhooks.models import WebhookAttempt
from verification.webhooks.schedule import ATTEMPTS_MAX
from verification.workflow import sweeping

CLOCK, ADVANCE = "/api/v1/sandbox/clock", "/api/v1/sandbox/clock/advance"
HOUR, DAY = 3600, 86_400


def advance(way: Way, seconds: int) -> dict[str, Any]:
    """Move the sandbox's clock and let everything happen that follows."""
    answer = way.ask("POST", ADVANCE, {"seconds": seconds})
    assert answer.status_code == 200, answer.content
    way.run_jobs()
    return dict(answer.json())


def seconds_from_now(moment: str) -> float:
    return (datetime.fromisoformat(moment) - timezone.now()).total_seconds()


def test_a_clock_that_nobody_moved_shows_the_worlds_time(test_key):
    shown = ask("GET", CLOCK, f"Api-Key {test_key}").get_json()

    assert shown["advanced_seconds"] == 0
    assert -10 < seconds_from_now(shown["now"]) <= 0


def test_advances_add_up_and_date_what_happens_from_then_on(test_key):
    key = f"Api-Key {test_key}"

    first = ask("POST", ADVANCE, key, json={"seconds": DAY})
    second = ask("POST", ADVANCE, key, json={"seconds": 2 * DAY})

    assert (first.status_code, first.get_json()["advanced_seconds"]) == (200, DAY)
    assert (second.status_code, second.get_json()["advanced_seconds"]) == (200, 3 * DAY)
    assert ask("GET", CLOCK, key).get_json()["advanced_seconds"] == 3 * DAY
    registered = ask("POST", "/api/v1/customers", key, json=members_of_customer()).get_json()
    for moment in (second.get_json()["now"], registered["created_at"]):
        assert 3 * DAY - 20 < seconds_from_now(moment) <= 3 * DAY


@pytest.mark.parametrize("seconds", [0, -1, 1.5, True, "60", None, 10 * 366 * DAY + 1, 2**62])
def test_time_does_not_go_back_nor_stand_still_nor_in_leaps_of_more_than_ten_years(merchant, test_key, seconds):
    answer = ask("POST", ADVANCE, f"Api-Key {test_key}", json={"seconds": seconds})

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.get_json(force=True)["errors"]] == ["/seconds"]
    with inside(merchant.sandbox):
        assert not SandboxClock.objects.exists()
        assert not Event.objects.exists()


def test_the_clock_stops_a_century_ahead(merchant, test_key):
    almost = int(AHEAD_MAX.total_seconds()) - 10
    with inside(merchant.sandbox):
        SandboxClock.objects.create(pk=1, advanced_seconds=almost)

    assert ask("POST", ADVANCE, f"Api-Key {test_key}", json={"seconds": 11}).status_code == 422
    assert ask("POST", ADVANCE, f"Api-Key {test_key}", json={"seconds": 10}).get_json()["advanced_seconds"] == almost + 10
    passport = {"type": "passport", "number": "L898902C3", "issuing_country": "SE", "expiry_date": "2190-04-15"}
    members = members_of_customer(identity_document=passport, date_of_birth="2074-08-12")
    assert ask("POST", "/api/v1/customers", f"Api-Key {test_key}", json=members).status_code == 201


def test_a_live_key_moves_no_clock(merchant, live_key):
    for method, path, body in (("GET", CLOCK, None), ("POST", ADVANCE, {"seconds": 60}), ("POST", ADVANCE, {"seconds": "no"})):
        answer = ask(method, path, f"Api-Key {live_key}", json=body)
        assert (answer.status_code, answer.get_json(force=True)["code"]) == (403, "sandbox_only")
    with inside(merchant):
        assert not SandboxClock.objects.exists()


def test_live_data_have_the_worlds_time_and_read_no_row_for_it(merchant):
    with inside(merchant), CaptureQueriesContext(connection) as live:
        assert abs(now_of_merchant() - timezone.now()) < timedelta(seconds=1)
    with inside(merchant.sandbox), CaptureQueriesContext(connection) as sandbox:
        now_of_merchant()

    asked = [sum("verification_" in query["sql"] for query in captured) for captured in (live, sandbox)]
    assert asked == [0, 1]


def test_one_merchants_clock_moves_nobody_elses(merchant, other_merchant, test_key):
    ask("POST", ADVANCE, f"Api-Key {test_key}", json={"seconds": DAY})

    assert ask("GET", CLOCK, f"Api-Key {a_key(other_merchant.sandbox)}").get_json()["advanced_seconds"] == 0
    with inside(merchant):
        assert abs(now_of_merchant() - timezone.now()) < timedelta(seconds=1)


def test_of_ten_advances_at_once_all_count(test_key):
    def advance_one(_: int) -> int:
        try:
            return int(ask("POST", ADVANCE, f"Api-Key {test_key}", json={"seconds": 7}).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as threads:
        assert list(threads.map(advance_one, range(10))) == [200] * 10

    assert ask("GET", CLOCK, f"Api-Key {test_key}").get_json()["advanced_seconds"] == 70


def test_a_repeated_advance_moves_once_and_its_key_lives_by_the_worlds_time(test_key):
    def advance_once() -> Any:
        return ask("POST", ADVANCE, f"Api-Key {test_key}", json={"seconds": 30 * HOUR}, headers={"Idempotency-Key": "thirty-hours"})

    first, again = advance_once(), advance_once()

    assert again.get_json() == first.get_json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert ask("GET", CLOCK, f"Api-Key {test_key}").get_json()["advanced_seconds"] == 30 * HOUR


def test_a_check_that_is_never_answered_becomes_a_review_while_one_watches(way: Way):
    customer_id = way.register(metadata={"sandbox_scenario": "never_answers"})
    way.submit_all(customer_id)
    way.run_jobs()

    advance(way, 23 * HOUR)
    assert way.status(customer_id)["stage"] == "checking"

    advance(way, 2 * HOUR)
    assert way.status(customer_id)["stage"] == "in_review"


def test_a_provider_signs_by_the_worlds_time_and_is_believed(way: Way):
    advance(way, 400 * DAY)

    assert way.status(way.verified())["stage"] == "approved"


def test_an_access_token_expires_by_the_sandboxs_clock(way: Way):
    customer_id = way.register()
    issued = way.ask("POST", f"/api/v1/customers/{customer_id}/access-tokens", {"expires_in_seconds": HOUR}).json()

    def read() -> int:
        return int(ask("GET", "/api/v1/user/me/kyc/status", f"JWT {issued['token']}").status_code)

    assert read() == 200
    advance(way, HOUR - 60)
    assert read() == 200
    advance(way, 60)
    assert read() == 401
    fresh = way.ask("POST", f"/api/v1/customers/{customer_id}/access-tokens", {"expires_in_seconds": HOUR}).json()
    assert ask("GET", "/api/v1/user/me/kyc/status", f"JWT {fresh['token']}").status_code == 200


def test_three_days_of_retries_are_watched_in_seconds(way: Way):
    sandbox: Merchant = way.merchant.sandbox
    with receiving(answering(500)) as receiver:
        with inside(sandbox):
            an_endpoint(receiver.url, "test.ping")
            event = a_ping()
        way.run_jobs()
        for hours in (0.003, 0.1, 0.6, 2.3, 5.6, 11, 15.5, 22.1):
            advance(way, int(hours * HOUR))
        assert len(receiver.arrived) == ATTEMPTS_MAX - 1
        advance(way, 27 * HOUR)

    assert receiver.ids == [event.uid] * ATTEMPTS_MAX
    for arrived in receiver.arrived:  # a receiver compares it with its own clock
        assert abs(int(arrived.headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60
    with inside(sandbox):
        delivery = the_delivery(event)
        assert (delivery.state, delivery.attempt_count) == ("exhausted", ATTEMPTS_MAX)
        moments = list(WebhookAttempt.objects.filter(delivery=delivery).order_by("number").values_list("at", flat=True))
        assert timedelta(days=3) < moments[-1] - moments[0] < timedelta(days=4)


def test_hints_are_in_the_worlds_time_however_they_were_made(way: Way):
    schema = way.merchant.sandbox.schema_name
    advance(way, 10 * DAY)
    way.submit_all(way.register())

    hinted = redis_client().zscore(HINTS, schema)
    redis_client().zrem(HINTS, schema)
    sweeping.rebuild_hints()
    rebuilt = redis_client().zscore(HINTS, schema)
    redis_client().zrem(HINTS, schema)
    with inside(way.merchant.sandbox):
        sweeping.end_sweep()
    swept = redis_client().zscore(HINTS, schema)

    now = timezone.now().timestamp()
    for moment in (hinted, rebuilt, swept):
        assert moment is not None
        assert now - 5 < moment < now + 60  # the check is started again after some seconds, not after ten days


def test_moving_the_clock_leaves_a_trace_for_the_auditor(merchant, test_key):
    ask("POST", ADVANCE, f"Api-Key {test_key}", json={"seconds": DAY})

    with inside(merchant.sandbox):
        event = Event.objects.get()
        assert (event.type, event.data) == ("audit.sandbox_clock_advanced", {"livemode": False, "seconds": DAY, "advanced_seconds": DAY})
