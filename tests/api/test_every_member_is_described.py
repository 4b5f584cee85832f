"""Nothing is answered or posted that the document does not describe: its shapes are closed here, and real answers held to them."""

import copy
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.api.asking import ask
from tests.api.operations import Operation, document, operations
from tests.fixtures.merchants import a_key, inside
from tests.fixtures.way import DOC_TYPES, Way
from tests.verification.webhooks.receivers import receiving
from verification import tasks
from verification.events.models import Event
from verification.events.types import EventType
from verification.webhooks.payloads import payload

ROOT = "urn:openapi"
BY_NAME = {operation.name: operation for operation in operations()}


def closed() -> Registry[Any]:
    """Return the document with every shape closed: a member that it does not describe is a fault."""
    whole = copy.deepcopy(document())
    for schema in whole["components"]["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    registry: Registry[Any] = Registry().with_resource(ROOT, DRAFT202012.create_resource(whole))
    return registry


def hold(answer: Any, operation: Operation) -> Any:
    """Hold a real answer to what its operation describes, and return its value."""
    media_type = answer.headers["Content-Type"]
    keys = ["paths", operation.path, operation.method, "responses", str(answer.status_code), "content", media_type, "schema"]
    value = orjson.loads(answer.data)
    check(value, "".join("/" + key.replace("/", "~1").replace("{", "%7B").replace("}", "%7D") for key in keys))
    return value


def check(value: Any, pointer: str) -> None:
    """Hold a value to the schema at a place of the closed document."""
    validator = Draft202012Validator({"$ref": f"{ROOT}#{pointer}"}, registry=closed(), format_checker=Draft202012Validator.FORMAT_CHECKER)
    assert [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(value)] == []


def ask_for(name: str, key: str, *, json: Any = None, query: str = "", **ids: str) -> Any:
    """Make a call and hold its answer to the document."""
    operation = BY_NAME[name]
    return hold(ask(operation.method.upper(), operation.filled(**ids) + query, key, json=json), operation)


@pytest.fixture
def history(way: Way) -> list[str]:
    """Customers who went every way there is: verified and changed, asked again, reviewed, declined."""
    approved = way.verified()
    again, unsure, declined = (way.register(metadata={"sandbox_scenario": s}) for s in ("reject:SELFIE:image_blurred", "unsure", "decline"))
    for customer_id in (again, unsure, declined):
        way.submit_all(customer_id)
        way.until_answered()
    assert way.submit(again, "SELFIE").status_code == 201
    return [approved, again, unsure, declined]


def test_every_answer_of_the_merchant_api(way: Way, history: list[str]):
    key = f"Api-Key {way.key}"
    members = BY_NAME["create_customer"].described["requestBody"]["content"]["application/json"]["examples"]["InParts"]["value"]
    new = ask_for("create_customer", key, json=members)["customer_id"]
    for customer_id in (new, *history):
        for name in ("read_customer", "read_kyc_status", "list_documents", "list_verifications"):
            ask_for(name, key, customer_id=customer_id)
    ask_for("replace_customer", key, json={**members, "name": "Anna Lindqvist"}, customer_id=new)
    ask_for("list_customers", key, query="?limit=2")
    ask_for("issue_access_token", key, json={}, customer_id=new)
    ask_for("start_verification", key, json={}, customer_id=new)  # 409
    ask_for("read_report", key, query="?start=2026-01-01&end=2026-12-31")
    run = ask_for("read_kyc_status", key, customer_id=history[2])["verification_id"]
    ask_for("decide_verification", key, json={"decision": "approve"}, customer_id=history[2], verification_id=run)
    ask_for("list_verifications", key, customer_id=history[2])
    endpoint = ask_for("create_webhook_endpoint", key, json={"url": "https://93.184.215.14/kyc", "event_types": ["test.ping"]})
    ask_for("read_webhook_endpoint", key, endpoint_id=endpoint["id"])
    ask_for("list_webhook_endpoints", key)
    for name in ("send_test_event", "rotate_webhook_secret", "recover_webhook_events", "update_webhook_endpoint"):
        for body in (None, {}, {"since": "2026-01-01T00:00:00Z"}, {"state": "disabled"}):
            ask_for(name, key, json=body, endpoint_id=endpoint["id"])
    ask_for("list_webhook_deliveries", key, endpoint_id=endpoint["id"])
    events = ask_for("list_events", key, query="?limit=100")["data"]
    ask_for("read_event", key, event_id=events[-1]["id"])
    ask_for("resend_event", key, json={}, event_id=events[-1]["id"])
    believed = [{"customer_id": customer_id, "status": "pending", "sequence": 0} for customer_id in (*history, "nobody")]
    assert len(ask_for("reconcile_customers", key, json=believed)["differing"]) == len(history)
    for order in ({"action": "approve"}, {"action": "reject_document", "doc_type": "SELFIE"}, {"action": "reopen"}, {"action": "bribe"}):
        ask_for("simulate_customer", key, json=order, customer_id=new)
    ask_for("advance_sandbox_clock", key, json={"seconds": 60})
    ask_for("read_sandbox_clock", key)
    ask_for("cause_webhook_chaos", key, json={"faults": ["drop", "delay"], "deliveries": 2})
    ask_for("read_integration_check", key)  # 404
    with receiving() as receiver:
        listening = ask_for("create_webhook_endpoint", key, json={"url": receiver.url})
        started = ask_for("start_integration_check", key, json={"endpoint_id": listening["id"]})
        ask_for("start_integration_check", key, json={"endpoint_id": listening["id"]})  # 409
        ask_for("read_integration_check", key)
        with inside(way.merchant.sandbox):
            tasks.grade_integration(uid=started["id"])
        assert ask_for("read_integration_check", key)["state"] == "finished"
    bodies: tuple[Any, ...] = ({}, {"customer_id": ""}, [], members)
    for body in bodies:
        ask_for("create_customer", key, json=body)
    ask_for("list_customers", "Api-Key nothing")
    ask_for("list_customers", f"Api-Key {a_key(way.merchant.sandbox, 'reports:read')}")


def test_every_answer_to_an_end_user(way: Way, history: list[str]):
    for customer_id in (way.register(), *history):
        token = f"JWT {way.ask('POST', f'/api/v1/customers/{customer_id}/access-tokens', {}).json()['token']}"
        ask_for("read_my_status", token)
        ask_for("submit_my_document", token, json={"doc_type": "SELFIE", "doc_body": "aGVsbG8="})
    ask_for("read_my_status", "JWT nothing")


def test_every_answer_beside_the_api():
    ask_for("read_liveness", "")
    ask_for("read_readiness", "")
    ask_for("receive_provider_callback", "", json={}, provider="sandbox", route_token="none")


def test_every_event_that_is_posted(way: Way, history: list[str]):
    key = f"Api-Key {way.key}"
    way.until_answered()  # the document that came again
    ask_for("simulate_customer", key, json={"action": "expire"}, customer_id=way.verified())
    members = ask_for("read_customer", key, customer_id=history[0])
    told = {name: members[name] for name in ("name", "email", "phone_number", "date_of_birth", "address", "identity_document", "level")}
    ask_for("replace_customer", key, json={**told, "name": "Anna Lindqvist"}, customer_id=history[0])
    endpoint = ask_for("create_webhook_endpoint", key, json={"url": "https://93.184.215.14/kyc"})
    ask_for("send_test_event", key, endpoint_id=endpoint["id"])
    ask_for("update_webhook_endpoint", key, json={"state": "disabled"}, endpoint_id=endpoint["id"])
    with inside(way.merchant.sandbox):
        events = list(Event.objects.exclude(type__startswith="audit.").order_by("pk"))

    for event in events:
        body = orjson.loads(payload(event_type=event.type, at=event.at, data=event.data))
        check(body, f"/webhooks/{event.type}/post/requestBody/content/application~1json/schema")

    assert {event.type for event in events} == set(document()["webhooks"])
    assert {event.type for event in events} < {event_type.value for event_type in EventType}
    assert len([event for event in events if event.type == "document.submitted"]) == 5 * len(DOC_TYPES) + 1
