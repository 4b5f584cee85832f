"""The demonstration, through the public HTTP API only: `python -m kyc_platform.demo.play [demo.json]`.

Three made-up people: one is verified, one has a blurred selfie and sends a better one, one is declined. Each run makes new ones.
Exit status 0 when everything was as it should be; otherwise 1, and the last line says what was expected.
"""

import argparse
import base64
import json
import secrets
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from kyc_platform.demo.calling import Caller, DemonstrationFailed, Facts, check, say, shown
from kyc_platform.demo.drawing import draw_documents, draw_selfie
from kyc_platform.demo.people import Person, made_up_person
from kyc_platform.embedded.places import PLATFORM, write_private

SECRET_FILE_NAME: Final = "receiver.secret"  # noqa: S105  # the name of a file
STATUS: Final = "/api/v1/user/me/kyc/status"
SUBMIT: Final = "/api/v1/user/me/kyc/submit"
ENDPOINTS: Final = "/api/v1/webhook-endpoints"
DOC_TYPES: Final = ("ID_FRONT", "ID_BACK", "PROOF_OF_ADDRESS", "SELFIE")


def play(caller: Caller, *, run: str, today: date) -> None:
    """Play the three stories. Raises DemonstrationFailed."""
    say("A. A customer is registered, submits four documents, and is verified.")
    anna = made_up_person(f"{run}-a", today=today)
    _verify(caller, _register(caller, f"demo-{run}-a", anna), draw_documents(anna, today=today))
    say("B. A customer's selfie is blurred; a better one is accepted.")
    bert = made_up_person(f"{run}-b", today=today)
    _resubmit(caller, _register(caller, f"demo-{run}-b", bert, scenario="reject:SELFIE:image_blurred"), bert, today)
    say("C. A customer with a passport is declined.")
    carl = made_up_person(f"{run}-c", document_type="passport", today=today)
    _decline(caller, _register(caller, f"demo-{run}-c", carl, scenario="decline"), draw_documents(carl, today=today))


class Customer:
    """One customer of the demonstration: the merchant's id, and the end user's token."""

    def __init__(self, customer_id: str, token: str, user_id: int) -> None:
        self.customer_id, self.token, self.user_id = customer_id, token, user_id

    @property
    def status_path(self) -> str:
        """Where the merchant reads the status."""
        return f"/api/v1/customers/{self.customer_id}/kyc-status"


def _register(caller: Caller, customer_id: str, person: Person, scenario: str | None = None) -> Customer:
    metadata = {} if scenario is None else {"sandbox_scenario": scenario}
    if scenario is not None:
        say(f"      (the sandbox provider is told by the customer's metadata: {scenario})")
    body = person.as_customer(customer_id, metadata)
    made = caller.as_merchant("POST", "/api/v1/customers", expect=201, tell=("customer_id", "id", "status", "stage"), json=body)
    issued = caller.as_merchant(
        "POST", f"/api/v1/customers/{customer_id}/access-tokens", expect=201, tell=("user_id", "expires_at"), json={}
    )
    customer = Customer(customer_id, issued["token"], made["id"])
    check("user_id", made["id"], issued["user_id"])
    status = caller.as_end_user(customer.token, "GET", STATUS, expect=200, tell=("user_id", "status", "submission_status"))
    check("the status before anything is submitted", _end_user_status(made["id"], "unverified", "NOT_SUBMITTED"), status)
    return customer


def _submit(caller: Caller, customer: Customer, doc_type: str, body: bytes) -> None:
    kind = "PDF" if body.startswith(b"%PDF") else "JPEG"
    say(f"      {doc_type}: a {kind} of {len(body)} bytes, as base64")
    members = {"doc_type": doc_type, "doc_body": base64.b64encode(body).decode()}
    tell = ("is_success", "err_code", "err_message")
    answer = caller.as_end_user(customer.token, "POST", SUBMIT, expect=200, tell=tell, json=members)
    check("the answer", {"is_success": True, "err_code": "Err0000", "err_message": "OK"}, answer)


def _submit_all(caller: Caller, customer: Customer, documents: dict[str, bytes]) -> None:
    for doc_type in DOC_TYPES:
        _submit(caller, customer, doc_type, documents[doc_type])
    status = caller.as_end_user(customer.token, "GET", STATUS, expect=200, tell=("status", "submission_status"))
    check("submission_status", "SUBMITTED", status["submission_status"])


def _await(caller: Caller, customer: Customer, status: str, stage: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = caller.quietly(customer.status_path)
        return found if (found["status"], found["stage"]) == (status, stage) else None

    caller.wait(f'"{status}", stage "{stage}"', look)
    return caller.as_merchant("GET", customer.status_path, expect=200, tell=("status", "stage", "final", "issues", "missing", "sequence"))


def _await_webhook(caller: Caller, customer: Customer, event: str, status: dict[str, Any]) -> None:
    """Wait for the webhook, and hold it against the status: signed, no personal data, no sequence above the one that GET shows."""

    def look() -> dict[str, Any] | None:
        entries: list[dict[str, Any]] = caller.received(customer.customer_id)["received"]
        return next((entry for entry in entries if entry["type"] == event), None)

    entry = caller.wait(f"the webhook {event}", look)
    say(f"      webhook-id {entry['webhook_id']}, timestamp {entry['timestamp']}, signature {'good' if entry['is_valid'] else 'WRONG'}")
    say(f"      {shown(entry['body'])}")
    check("the signature", True, entry["is_valid"])
    told = entry["body"]["data"]
    expected = {"customer_id": customer.customer_id, "status": status["status"], "stage": status["stage"], "livemode": False}
    check("the webhook's data", expected, {name: told.get(name) for name in expected})
    if told["sequence"] > caller.quietly(customer.status_path)["sequence"]:
        raise DemonstrationFailed("expected GET never to show a lower sequence than a webhook that was delivered")


def _verify(caller: Caller, customer: Customer, documents: dict[str, bytes]) -> None:
    _submit_all(caller, customer, documents)
    _expect_verified(caller, customer)


def _expect_verified(caller: Caller, customer: Customer) -> None:
    status = _await(caller, customer, "verified", "approved")
    check("the documents", dict.fromkeys(DOC_TYPES, "verified"), {entry["doc_type"]: entry["status"] for entry in status["documents"]})
    seen = caller.as_end_user(customer.token, "GET", STATUS, expect=200, tell=("user_id", "status", "submission_status", "doc_status"))
    check("the end user's status", ("verified", "SUBMITTED"), (seen["status"], seen["submission_status"]))
    check("the end user's documents", {"VERIFIED"}, {entry["doc_status"] for entry in seen["doc_status"]})
    _await_webhook(caller, customer, "verification.approved", status)


def _resubmit(caller: Caller, customer: Customer, person: Person, today: date) -> None:
    _submit_all(caller, customer, draw_documents(person, today=today, has_blurred_selfie=True))
    status = _await(caller, customer, "rejected", "resubmit")
    check(
        "the issues",
        [("SELFIE", "image_blurred", True)],
        [(each["doc_type"], each["code"], each["user_fixable"]) for each in status["issues"]],
    )
    seen = caller.as_end_user(customer.token, "GET", STATUS, expect=200, tell=("status", "doc_status"))
    check("what can be submitted again", ["SELFIE"], [each["doc_type"] for each in seen["doc_status"] if each["can_resubmit"]])
    _await_webhook(caller, customer, "verification.resubmission_requested", status)
    _submit(caller, customer, "SELFIE", draw_selfie(person))
    _expect_verified(caller, customer)


def _decline(caller: Caller, customer: Customer, documents: dict[str, bytes]) -> None:
    _submit_all(caller, customer, documents)
    status = _await(caller, customer, "rejected", "declined")
    check("final", True, status["final"])
    _await_webhook(caller, customer, "verification.declined", status)
    again = {"doc_type": "SELFIE", "doc_body": base64.b64encode(documents["SELFIE"]).decode()}
    answer = caller.as_end_user(customer.token, "POST", SUBMIT, expect=409, tell=("is_success", "err_code", "err_message"), json=again)
    check("is_success", False, answer["is_success"])


def _end_user_status(user_id: int, status: str, submission_status: str) -> dict[str, Any]:
    return {"user_id": user_id, "status": status, "submission_status": submission_status}


def ensure_endpoint(caller: Caller, state: Path) -> None:
    """Make sure that the platform knows the receiver and the receiver the secret, which is shown at creation only."""
    known: dict[str, Any] = json.loads(state.read_text())
    secret_file = state.with_name(SECRET_FILE_NAME)
    url = caller.facts.webhook_receiver_url
    endpoints: list[dict[str, Any]] = caller.quietly(ENDPOINTS)["data"]
    ours = [each for each in endpoints if each["id"] == known.get("webhook_endpoint_id")]
    if known.get("webhook_secret") and [each["url"].rstrip("/") for each in ours] == [url.rstrip("/")]:
        let_in(known["webhook_secret"], secret_file)
        return
    say("The webhook receiver is made known to the platform.")
    for old in ours:  # the receiver has moved, or its secret is lost
        caller.as_merchant("DELETE", f"{ENDPOINTS}/{old['id']}", expect=204)
    made = caller.as_merchant("POST", ENDPOINTS, expect=201, tell=("id", "url"), json={"url": url})
    let_in(made["secret"], secret_file)
    write_private(state, json.dumps({**known, "webhook_endpoint_id": made["id"], "webhook_secret": made["secret"]}, indent=2) + "\n")


def let_in(secret: str, secret_file: Path) -> None:
    """Make sure that the receiver knows a secret. Those of other endpoints, which its user has added, stay."""
    known = secret_file.read_text().split() if secret_file.exists() else []
    if secret not in known:
        write_private(secret_file, "\n".join([*known, secret]) + "\n")


def main(arguments: list[str] | None = None) -> int:
    """Play, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m kyc_platform.demo.play", description="Show customers being verified.")
    parser.add_argument("state", nargs="?", type=Path, default=PLATFORM.demo_file, help="the demo.json that `make up` writes")
    state: Path = parser.parse_args(arguments).state
    now = datetime.now(UTC)
    try:
        if not state.exists():
            raise DemonstrationFailed(f"expected {state}, which `make up` writes")
        caller = Caller(Facts.read(json.loads(state.read_text())))
        ensure_endpoint(caller, state)
        play(caller, run=f"{now:%H%M%S}-{secrets.token_hex(3)}", today=now.date())
    except DemonstrationFailed as failed:
        print(f"FAILED: {failed}", file=sys.stderr, flush=True)
        return 1
    say("The demonstration succeeded.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
