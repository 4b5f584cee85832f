"""A merchant that has lost webhooks is right again after one call."""

import time
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.api.asking import ask
from tests.fixtures.merchants import inside
from tests.fixtures.way import Way
from tests.verification.webhooks.receivers import receiving
from verification.customers.models import Customer
from verification.events.models import Event
from verification.levels.models import Level
from verification.workflow.notifying import deliver_due
from verification.workflow.reconciling import Known, reconcile

PATH = "/api/v1/reconcile"


def reconciled(key: str, entries: Any) -> dict[str, Any]:
    """Ask what differs."""
    answer = ask("POST", PATH, f"Api-Key {key}", json=entries)
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def shown(way: Way, customer_id: str) -> dict[str, Any]:
    """Return what the status shows, as an entry."""
    status = way.status(customer_id)
    return {name: status[name] for name in ("customer_id", "status", "sequence")}


def test_whoever_knows_what_is_so_is_told_of_no_difference(way: Way):
    entries = [shown(way, way.verified()), shown(way, way.register())]

    nothing = {"checked": 2, "differing": [], "unknown": [], "livemode": False}
    assert reconciled(way.key, entries) == nothing
    assert reconciled(way.key, {"customers": entries}) == nothing
    assert reconciled(way.key, []) == {**nothing, "checked": 0}


@pytest.mark.parametrize("changed", [{"status": "rejected"}, {"sequence": 0}, {"sequence": 1}, {"sequence": 10**12}])
def test_exactly_those_that_differ_are_told_as_they_are(way: Way, changed: dict[str, Any]):
    right, wrong = shown(way, way.register()), shown(way, way.verified())

    found = reconciled(way.key, [right, {**wrong, **changed}])

    status = way.status(wrong["customer_id"])
    expected = {name: status[name] for name in ("customer_id", "status", "stage", "final", "sequence", "updated_at")}
    assert found == {"checked": 2, "differing": [expected], "unknown": [], "livemode": False}


def test_a_change_that_no_webhook_tells_of_makes_nobody_differ(way: Way):
    customer_id = way.register()
    way.submit_all(customer_id)
    told = shown(way, customer_id)
    way.run_jobs()  # the check is submitted: the stage changes and takes a number, and no webhook tells of it
    now = shown(way, customer_id)
    assert now["sequence"] == told["sequence"] + 1

    assert reconciled(way.key, [told])["differing"] == []
    assert reconciled(way.key, [now])["differing"] == []
    assert len(reconciled(way.key, [{**told, "sequence": told["sequence"] - 1}])["differing"]) == 1


def test_ids_of_nobody_and_of_other_merchants_and_modes_are_the_same_unknown(way: Way, live_key: str, other_live_key: str):
    mine = shown(way, way.register())
    never = {"customer_id": "cus-never", "status": "pending", "sequence": 1}

    assert reconciled(way.key, [never, mine])["unknown"] == ["cus-never"]
    for key in (live_key, other_live_key):
        assert reconciled(key, [mine, never]) == {
            "checked": 2,
            "differing": [],
            "unknown": [mine["customer_id"], "cus-never"],
            "livemode": True,
        }


def test_a_merchant_that_lost_a_third_of_its_webhooks_is_right_after_one_call(way: Way):
    with receiving() as receiver:
        endpoint = way.ask("POST", "/api/v1/webhook-endpoints", {"url": receiver.url})
        assert endpoint.status_code == 201
        rejected = {"sandbox_scenario": "reject:SELFIE:image_blurred"}
        customers = [way.verified() for _ in range(4)] + [way.register() for _ in range(4)]
        for _ in range(2):
            customers.append(way.register(metadata=rejected))
            way.submit_all(customers[-1])
            way.until_answered()
        with inside(way.merchant.sandbox):
            deliver_due()
        changes = [data for one in receiver.arrived if "sequence" in (data := orjson.loads(one.body)["data"])]
    believed = {customer_id: {"customer_id": customer_id, "status": "pending", "sequence": 0} for customer_id in customers}
    for number, data in enumerate(sorted(changes, key=lambda data: (data["customer_id"], data["sequence"]))):
        if number % 3 != 2:  # each third one is lost
            believed[data["customer_id"]] = {name: data[name] for name in ("customer_id", "status", "sequence")}

    differing = reconciled(way.key, list(believed.values()))["differing"]

    assert 0 < len(differing) < len(customers)
    for one in differing:
        believed[one["customer_id"]] = {name: one[name] for name in ("customer_id", "status", "sequence")}
    for customer_id, entry in believed.items():
        assert entry["status"] == way.status(customer_id)["status"]
    assert reconciled(way.key, list(believed.values()))["differing"] == []


def ten_thousand(level: Level) -> list[Customer]:
    """Write customers as fast as the database takes them, each with two changes that were told and one that was not."""
    now = timezone.now()
    sealed = dict.fromkeys(
        ("name_sealed", "email_sealed", "phone_number_sealed", "date_of_birth_sealed", "address_sealed", "identity_document_sealed"), b"x"
    )
    same = {"level": level, "created_at": now, "updated_at": now, "tokens_valid_from": now, "metadata_sealed": b"x", **sealed}
    customers = Customer.objects.bulk_create(
        [
            Customer(uid=f"cus_{number}", customer_id=f"c-{number}", sequence=3, status="pending", stage="checking", **same)
            for number in range(10_000)
        ],
        batch_size=2000,
    )
    types = ((1, "customer.created"), (2, "verification.submitted"), (3, "audit.check_submitted"))
    Event.objects.bulk_create(
        [
            Event(uid=f"evt_{customer.pk}_{sequence}", type=kind, at=now, customer_pk=customer.pk, sequence=sequence, actor_kind="system")
            for customer in customers
            for sequence, kind in types
        ],
        batch_size=5000,
    )
    return customers


def test_ten_thousand_are_held_against_the_rows_in_one_query_and_in_a_moment(merchant, live_key):
    with inside(merchant):
        customers = ten_thousand(Level.objects.get(name="standard"))
        with CaptureQueriesContext(connection) as queries:
            reconcile([Known(customer.customer_id, "pending", 2) for customer in customers])
        assert len([query for query in queries if query["sql"].startswith("SELECT")]) == 1
    entries = [{"customer_id": one.customer_id, "status": "pending", "sequence": 2 + number % 2} for number, one in enumerate(customers)]
    wrong = range(0, 10_000, 997)
    for number in wrong:
        entries[number]["sequence"] = 1

    began = time.perf_counter()
    found = reconciled(live_key, {"customers": entries})
    took = time.perf_counter() - began

    assert [one["customer_id"] for one in found["differing"]] == [f"c-{number}" for number in wrong]
    assert (found["checked"], found["unknown"]) == (10_000, [])
    assert took < 5, took


def test_one_more_than_ten_thousand_is_refused(live_key):
    entries = [{"customer_id": f"c-{number}", "status": "pending", "sequence": 1} for number in range(10_001)]

    answer = ask("POST", PATH, f"Api-Key {live_key}", json=entries)

    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.get_json(force=True)["errors"]] == [("", "too_many")]


GOOD = {"customer_id": "c", "status": "pending", "sequence": 1}


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, [("/customers", "required")]),
        ({"customers": {}}, [("/customers", "wrong_type")]),
        ({"customers": [], "limit": 3}, [("/limit", "unknown_member")]),
        ("all", [("", "wrong_type")]),
        ([GOOD, GOOD], [("/1/customer_id", "duplicate")]),
        (["c"], [("/0", "wrong_type")]),
        ([{}], [("/0/customer_id", "required"), ("/0/status", "required"), ("/0/sequence", "required")]),
        ({"customers": [{**GOOD, "stage": "checking"}]}, [("/customers/0/stage", "unknown_member")]),
        ([{**GOOD, "customer_id": "a\x00b"}], [("/0/customer_id", "invalid_character")]),
        ([{**GOOD, "status": ["verified"]}], [("/0/status", "invalid_choice")]),
        ([{**GOOD, "sequence": True}], [("/0/sequence", "out_of_range")]),
        ([{**GOOD, "sequence": -1}], [("/0/sequence", "out_of_range")]),
        ([{**GOOD, "sequence": 2**63}], [("/0/sequence", "out_of_range")]),
        ([{**GOOD, "sequence": "1"}], [("/0/sequence", "out_of_range")]),
    ],
)
def test_what_is_wrong_is_named(live_key, body: Any, faults: list[tuple[str, str]]):
    answer = ask("POST", PATH, f"Api-Key {live_key}", json=body)

    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.get_json(force=True)["errors"]] == faults


def test_of_many_faults_a_hundred_are_named(live_key):
    answer = ask("POST", PATH, f"Api-Key {live_key}", json=["c"] * 5000)

    assert len(answer.get_json(force=True)["errors"]) == 100
