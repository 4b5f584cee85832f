"""`GET /events`: gap-free, ascending, never changed, and never behind."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from kyc_platform.actor import SYSTEM
from tenants.merchants.models import Merchant
from tests.api.asking import ask
from tests.fixtures.merchants import a_key, inside
from tests.fixtures.way import Way, members_of_customer
from tests.verification.events.writing import a_change, a_look
from tests.verification.webhooks.receivers import receiving
from verification.events import positions
from verification.events.models import EventPosition
from verification.events.types import EventType
from verification.webhooks.payloads import payload
from verification.workflow import sequencing
from verification.workflow.announcing import announce_of_merchant
from verification.workflow.notifying import deliver_due

PATH = "/api/v1/events"


def listed(key: str, query: str = "") -> dict[str, Any]:
    """Ask for a page of events."""
    answer = ask("GET", f"{PATH}{query}", f"Api-Key {key}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def pings(merchant: Merchant, number: int) -> list[str]:
    """Announce so many events and return their ids."""
    with inside(merchant):
        return [ping(count) for count in range(number)]


def ping(number: int) -> str:
    """Announce an event of no customer and return its id."""
    with transaction.atomic():
        return announce_of_merchant(EventType.TEST_PING, actor=SYSTEM, at=timezone.now(), data={"number": number}).uid


def test_before_anything_happened_the_list_is_empty(live_key):
    assert listed(live_key) == {"data": [], "next_after": 0, "has_more": False}
    assert listed(live_key, "?after=7") == {"data": [], "next_after": 7, "has_more": False}


def test_a_customers_whole_way_is_told_in_its_order_and_without_what_is_for_the_auditor(way: Way):
    way.verified()
    page = listed(way.key, "?limit=100")

    assert [event["position"] for event in page["data"]] == list(range(1, len(page["data"]) + 1))
    assert [event["type"] for event in page["data"]] == (
        ["customer.created"]
        + ["document.submitted"] * 4
        + ["verification.submitted"]
        + ["document.verified"] * 4
        + ["verification.approved"]
    )
    sequences = [event["data"]["sequence"] for event in page["data"]]
    assert sequences == sorted(set(sequences))
    assert (page["next_after"], page["has_more"]) == (len(page["data"]), False)


def test_an_event_says_what_its_webhook_said(merchant, live_key):
    with receiving() as receiver:
        an_endpoint(live_key, receiver.url)
        with inside(merchant):
            ping(1)
            deliver_due()
    (event,) = listed(live_key)["data"]

    arrived = receiver.arrived[0]
    assert event["id"] == arrived.webhook_id
    assert payload(event_type=event["type"], at=event["timestamp"], data=event["data"]) == arrived.body
    assert (event["position"], event["livemode"]) == (1, True)
    assert ask("GET", f"{PATH}/{event['id']}", f"Api-Key {live_key}").json == event


def an_endpoint(key: str, url: str, *event_types: str) -> str:
    """Add an endpoint and return its id."""
    body = {"url": url, **({"event_types": list(event_types)} if event_types else {})}
    answer = ask("POST", "/api/v1/webhook-endpoints", f"Api-Key {key}", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def test_pages_follow_each_other_by_next_after(merchant, live_key):
    ids = pings(merchant, 7)

    first = listed(live_key, "?limit=3")
    second = listed(live_key, f"?limit=3&after={first['next_after']}")
    third = listed(live_key, f"?limit=3&after={second['next_after']}")

    assert [event["id"] for page in (first, second, third) for event in page["data"]] == ids
    assert [(page["next_after"], page["has_more"]) for page in (first, second, third)] == [(3, True), (6, True), (7, False)]
    assert listed(live_key, "?after=2&limit=4")["data"] == [*first["data"][2:], *second["data"]]
    assert listed(live_key, "?after=7") == {"data": [], "next_after": 7, "has_more": False}


def test_events_of_one_type_keep_their_positions_and_the_next_page_begins_after_all_that_were_looked_through(merchant, live_key):
    with inside(merchant):
        for number in range(1, 5):
            a_change(number, 1, seconds=number, event_type=EventType.CUSTOMER_CREATED)
            a_change(number, 2, seconds=number, event_type=EventType.CUSTOMER_UPDATED)

    first = listed(live_key, "?type=customer.created&limit=3")
    second = listed(live_key, f"?type=customer.created&limit=3&after={first['next_after']}")

    assert [event["position"] for event in first["data"]] == [1, 3, 5]
    assert (first["next_after"], first["has_more"]) == (5, True)
    assert [event["position"] for event in second["data"]] == [7]
    assert (second["next_after"], second["has_more"]) == (8, False)
    assert listed(live_key, "?type=report.ready") == {"data": [], "next_after": 8, "has_more": False}


def test_while_a_backlog_is_worked_off_the_list_says_that_there_is_more(merchant, live_key, monkeypatch):
    monkeypatch.setattr(positions, "BATCH", 2)
    monkeypatch.setattr(sequencing, "BATCHES_MAX", 1)
    ids = pings(merchant, 5)

    pages = [listed(live_key, f"?after={after}") for after in (0, 2, 4)]

    assert [event["id"] for page in pages for event in page["data"]] == ids
    assert [page["has_more"] for page in pages] == [True, True, False]


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("after=-1", "/after", "invalid_position"),
        ("after=first", "/after", "invalid_position"),
        ("after=9223372036854775808", "/after", "invalid_position"),
        ("after=", "/after", "invalid_position"),
        ("limit=0", "/limit", "invalid_limit"),
        ("limit=101", "/limit", "invalid_limit"),
        ("type=customer.vanished", "/type", "unknown_event_type"),
        ("type=audit.document_viewed", "/type", "unknown_event_type"),
        ("cursor=abc", "/cursor", "unknown_member"),
    ],
)
def test_a_wrong_query_is_refused_by_the_parameters_name(live_key, query: str, pointer: str, code: str):
    answer = ask("GET", f"{PATH}?{query}", f"Api-Key {live_key}")

    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.get_json(force=True)["errors"]] == [(pointer, code)]


def test_an_event_for_the_auditor_and_one_that_never_was_are_the_same_404(merchant, live_key):
    with inside(merchant):
        look = a_look().uid

    answers = [ask("GET", f"{PATH}/{event_id}", f"Api-Key {live_key}") for event_id in (look, "evt_never")]

    assert [(answer.status_code, answer.get_json(force=True)["code"]) for answer in answers] == [(404, "event_not_found")] * 2


def test_the_sandbox_counts_its_own_positions(merchant, live_key, test_key):
    live, test = pings(merchant, 2), pings(merchant.sandbox, 1)

    assert [event["id"] for event in listed(live_key)["data"]] == live
    assert [(event["id"], event["position"], event["livemode"]) for event in listed(test_key)["data"]] == [(test[0], 1, False)]


def test_readers_that_poll_while_many_write_see_no_gap_no_change_and_no_other_order(merchant):
    key = f"Api-Key {a_key(merchant)}"
    registering, each, readers = 4, 12, 3
    is_over = threading.Event()
    failures: list[BaseException] = []

    def register() -> None:
        for _ in range(each):
            assert ask("POST", "/api/v1/customers", key, json=members_of_customer()).status_code == 201

    def poll(seen: list[Any]) -> None:
        after = 0
        while not is_over.is_set() or len(seen) < registering * each:
            page = listed(key.removeprefix("Api-Key "), f"?after={after}&limit=10")
            seen += page["data"]
            after = page["next_after"]

    def as_thread(work: Callable[..., None], *given: Any) -> threading.Thread:
        def run() -> None:
            try:
                work(*given)
            except BaseException as failure:
                failures.append(failure)
            finally:
                connection.close()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    seen: list[list[Any]] = [[] for _ in range(readers)]
    polling = [as_thread(poll, mine) for mine in seen]
    for writer in [as_thread(register) for _ in range(registering)]:
        writer.join()
    is_over.set()
    for reader in polling:
        reader.join(30)

    assert failures == []
    assert [event["position"] for event in seen[0]] == list(range(1, registering * each + 1))
    assert seen[1] == seen[0] and seen[2] == seen[0]
    with inside(merchant):
        stored = EventPosition.objects.order_by("position").values_list("event__uid", flat=True)
        assert [event["id"] for event in seen[0]] == list(stored)
