"""A sandbox is driven over HTTP as its merchant's engineer would, and the platform's own processes do the rest."""

from typing import Any

import pytest
from aiohttp import web

from tests.fixtures.way import DOC_TYPES, members_of_customer
from tests.system.customers import PatientClient
from tests.system.running import RunningPlatform, until
from tests.verification.webhooks.receivers import Arrived, Receiver, is_genuine, receiving

HOUR = 3600


@pytest.fixture
def engineer(platform: RunningPlatform) -> Any:
    """A new merchant's engineer, with a test key."""
    with PatientClient(platform, platform.open_merchant("driven")["test_api_key"]) as client:
        yield client


def drive(engineer: PatientClient, path: str, **members: Any) -> dict[str, Any]:
    answer = engineer.call("POST", f"/api/v1/sandbox/{path}", members)
    assert answer.status_code in (200, 202), answer.text
    return dict(answer.json())


def submitted(engineer: PatientClient, scenario: str) -> str:
    members = members_of_customer(metadata={"sandbox_scenario": scenario})
    engineer.do("/api/v1/customers", members)
    for doc_type in DOC_TYPES:
        engineer.submit(members["customer_id"], doc_type)
    return str(members["customer_id"])


def listen(engineer: PatientClient, url: str, *event_types: str) -> str:
    answer = engineer.call("POST", "/api/v1/webhook-endpoints", {"url": url, "event_types": list(event_types) or None})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["secret"])


def ids_of(receiver: Receiver, number: int) -> list[str]:
    until(lambda: len(receiver.arrived) >= number, f"{number} webhooks")
    return receiver.ids


def test_a_customer_goes_wherever_the_engineer_says(engineer: PatientClient) -> None:
    customer_id = submitted(engineer, "never_answers")
    engineer.wait_for_stage(customer_id, "checking")
    for order, stage in (
        ({"action": "reject_document", "doc_type": "SELFIE"}, "resubmit"),
        ({"action": "review"}, "resubmit"),
        (None, "in_review"),
        ({"action": "approve"}, "approved"),
        ({"action": "reopen"}, "checking"),
        ({"action": "approve"}, "approved"),
        ({"action": "expire", "doc_type": "ID_FRONT"}, "expired"),
    ):
        if order is None:
            engineer.submit(customer_id, "SELFIE")
        else:
            drive(engineer, f"customers/{customer_id}/simulate", **order)
        engineer.wait_for_stage(customer_id, stage)


def test_a_day_passes_and_the_check_that_nobody_answered_is_a_review(engineer: PatientClient) -> None:
    customer_id = submitted(engineer, "never_answers")
    engineer.wait_for_stage(customer_id, "checking")

    assert drive(engineer, "clock/advance", seconds=25 * HOUR)["advanced_seconds"] == 25 * HOUR

    engineer.wait_for_stage(customer_id, "in_review")


def test_an_endpoint_is_graded(engineer: PatientClient) -> None:
    with receiving(lambda _: web.Response(status=200)) as receiver:  # it takes whatever comes
        answer = engineer.call("POST", "/api/v1/webhook-endpoints", {"url": receiver.url})
        drive(engineer, "integration-check", endpoint_id=answer.json()["id"])

        def report() -> dict[str, Any] | None:
            found = engineer.call("GET", "/api/v1/sandbox/integration-check").json()
            return found if found["state"] == "finished" else None

        cases = until(report, "the report")["cases"]

    believed = ["wrong_signature", "no_signature", "altered_body", "stale", "future"]
    assert [case["name"] for case in cases if not case["passed"]] == believed
    assert all(case["remedy"] for case in cases if case["name"] in believed)


def test_every_fault_is_met_and_a_careful_receiver_has_everything_in_the_end(engineer: PatientClient) -> None:
    secret: list[str] = []

    def answer(arrived: Arrived) -> web.Response:
        if not is_genuine(arrived, secret[0]):
            return web.Response(status=400)
        taken.append(arrived.webhook_id)
        return web.Response(status=204)

    taken: list[str] = []
    with receiving(answer) as receiver:
        secret.append(listen(engineer, receiver.url, "customer.created"))
        faults = ["duplicate", "reorder", "delay", "drop", "wrong_signature", "stale_timestamp"]
        drive(engineer, "webhooks/chaos", faults=faults, deliveries=len(faults))
        for _ in faults:
            engineer.do("/api/v1/customers", members_of_customer())
        events = engineer.call("GET", "/api/v1/events?type=customer.created&limit=100").json()["data"]
        assert len(events) == len(faults)

        drive(engineer, "clock/advance", seconds=360)
        until(lambda: set(taken) == {event["id"] for event in events}, "every event")

        assert taken.count(events[0]["id"]) == 2
        until(lambda: len(taken) == len(faults) + 1, "the duplicate")
        assert len(receiver.arrived) == len(taken) + 2  # two were refused
