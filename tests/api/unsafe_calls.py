"""One call, or several, of every operation of the merchant API that changes something, made ready so that it will succeed."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from tests.api.asking import ask, multipart
from tests.fixtures.way import Way, a_picture, members_of_customer

HOOK = "http://127.0.0.1:9/hook"  # nobody listens; nothing is posted, because no test here runs the jobs afterwards
JSON = "application/json"


@dataclass(frozen=True)
class Call:
    """A request; sent under a key it is the same request each time, a form with another boundary each time."""

    method: str
    path: str
    members: Any = None
    parts: tuple[tuple[str, str | None, bytes], ...] = ()

    def body(self, boundary: str) -> dict[str, Any]:
        """Return `data` and `content_type`, as `ask` takes them."""
        if self.parts:
            return multipart(*self.parts, boundary=boundary)
        return {} if self.members is None else {"data": orjson.dumps(self.members), "content_type": JSON}

    def send(self, key: str, idempotency_key: str, *, boundary: str = "frontier") -> Any:
        """Send it to the application in this process."""
        return ask(self.method, self.path, f"Api-Key {key}", headers={"Idempotency-Key": idempotency_key}, **self.body(boundary))


Ready = Callable[[Way], Call]


def at_a_customer(method: str, rest: str = "", members: Any = None) -> Ready:
    """Return a call below a customer who has just been registered."""
    return lambda way: Call(method, f"/api/v1/customers/{way.register()}{rest}", members)


def at_an_endpoint(method: str, rest: str = "", members: Any = None) -> Ready:
    """Return a call below an endpoint that is owed an event."""
    return lambda way: Call(method, f"/api/v1/webhook-endpoints/{an_endpoint(way)}{rest}", members)


def an_endpoint(way: Way) -> str:
    """Add an endpoint, let it miss an event, and return its id."""
    uid = str(way.ask("POST", "/api/v1/webhook-endpoints", {"url": HOOK}).json()["id"])
    way.register()
    return uid


def in_review(way: Way) -> tuple[str, str]:
    """Walk a customer to the reviewer, and return its id and its run's."""
    customer_id = way.register(metadata={"sandbox_scenario": "unsure:aml_hit"})
    way.submit_all(customer_id)
    way.until_answered()
    (run,) = way.ask("GET", f"/api/v1/customers/{customer_id}/verifications").json()["data"]
    assert run["stage"] == "in_review"
    return customer_id, run["id"]


def deciding(way: Way) -> Call:
    customer_id, run = in_review(way)
    return Call("POST", f"/api/v1/customers/{customer_id}/verifications/{run}/decision", {"decision": "approve"})


def uploading_the_last(way: Way) -> Call:
    """With it the set is complete, and handed to the provider."""
    customer_id = way.register()
    for doc_type in ("ID_FRONT", "ID_BACK", "PROOF_OF_ADDRESS"):
        assert way.submit(customer_id, doc_type).status_code == 201
    return Call(
        "POST", f"/api/v1/customers/{customer_id}/documents", parts=(("doc_type", None, b"SELFIE"), ("file", "me.jpg", a_picture()))
    )


def resending(way: Way) -> Call:
    uid = an_endpoint(way)
    event = way.ask("GET", "/api/v1/events").json()["data"][0]["id"]
    return Call("POST", f"/api/v1/events/{event}/resend", {"webhook_endpoint_id": uid})


def simulating(customer_id: str, **members: Any) -> Call:
    return Call("POST", f"/api/v1/sandbox/customers/{customer_id}/simulate", members)


# By operationId, and in words what is special about it.
CALLS: dict[str, dict[str, Ready]] = {
    "create_customer": {"": lambda way: Call("POST", "/api/v1/customers", members_of_customer())},
    "replace_customer": {
        "": lambda way: Call("PUT", f"/api/v1/customers/{(id_ := way.register())}", members_of_customer(customer_id=id_, name="New Name")),
        "that is verified": lambda way: Call(
            "PUT", f"/api/v1/customers/{(id_ := way.verified())}", members_of_customer(customer_id=id_, name="New Name")
        ),
    },
    "issue_access_token": {"": at_a_customer("POST", "/access-tokens", {"expires_in_seconds": 600})},
    "revoke_access_tokens": {"": at_a_customer("DELETE", "/access-tokens")},
    "submit_document": {
        "as base64": lambda way: at_a_customer(
            "POST", "/documents", {"doc_type": "SELFIE", "doc_body": base64.b64encode(a_picture()).decode()}
        )(way),
        "as a form": uploading_the_last,
    },
    "start_verification": {"": lambda way: Call("POST", f"/api/v1/customers/{way.verified()}/verifications", {})},
    "decide_verification": {"": deciding},
    "create_webhook_endpoint": {"": lambda way: Call("POST", "/api/v1/webhook-endpoints", {"url": HOOK})},
    "update_webhook_endpoint": {
        "": at_an_endpoint("PUT", "", {"event_types": ["test.ping"]}),
        "to be disabled": at_an_endpoint("PUT", "", {"state": "disabled"}),
    },
    "delete_webhook_endpoint": {"": at_an_endpoint("DELETE")},
    "rotate_webhook_secret": {"": at_an_endpoint("POST", "/rotate-secret", {"expires_in_seconds": 60})},
    "send_test_event": {"": at_an_endpoint("POST", "/test")},
    "recover_webhook_events": {"": at_an_endpoint("POST", "/recover", {"since": "2026-01-01T00:00:00Z"})},
    "resend_event": {"": resending},
    "reconcile_customers": {
        "": lambda way: Call("POST", "/api/v1/reconcile", [{"customer_id": way.register(), "status": "verified", "sequence": 7}])
    },
    "advance_sandbox_clock": {"": lambda way: Call("POST", "/api/v1/sandbox/clock/advance", {"seconds": 3600})},
    "simulate_customer": {
        "at the provider": lambda way: simulating(way.register(), action="approve"),
        "taken back by the provider": lambda way: simulating(way.verified(), action="reopen"),
        "by a reviewer": lambda way: simulating(in_review(way)[0], action="decline", reason="blocklisted"),
        "by time": lambda way: simulating(way.verified(), action="expire", doc_type="ID_FRONT"),
    },
    "start_integration_check": {"": lambda way: Call("POST", "/api/v1/sandbox/integration-check", {"endpoint_id": an_endpoint(way)})},
    "cause_webhook_chaos": {"": lambda way: Call("POST", "/api/v1/sandbox/webhooks/chaos", {"faults": ["drop"], "deliveries": 3})},
}
