"""Customers under way: a merchant's server that does not give up, and what must be true of each customer afterwards."""

import base64
import io
import itertools
import secrets
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Self

import requests
from PIL import Image

from tests.fixtures.way import DOC_TYPES, members_of_customer
from tests.system.running import RunningPlatform

GIVE_UP_SECONDS = 120.0
AGAIN_SECONDS = 0.2
TOO_MANY_REQUESTS = 429
# A repeated call whose first answer was lost is told that it has been done.
DONE_ALREADY = {"customer_id_taken", "document_being_checked", "document_already_verified"}
# What becomes of a customer by the scenario in its metadata: the stage it ends in, its decisions, and how many checks they took.
STORIES = {
    "approve": ("approved", ["verification.approved"], 1),
    "reject:SELFIE:image_blurred": ("approved", ["verification.resubmission_requested", "verification.approved"], 2),
    "decline": ("declined", ["verification.declined"], 1),
}
DECISIONS = ("verification.approved", "verification.declined", "verification.resubmission_requested", "verification.in_review")


def a_small_picture() -> bytes:
    """Return a JPEG that was never seen before, as small as intake accepts without a word."""
    buffer = io.BytesIO()
    Image.frombytes("RGB", (20, 15), secrets.token_bytes(900)).resize((320, 240)).save(buffer, "JPEG", quality=60)
    return buffer.getvalue()


class PatientClient:
    """A merchant's server: repeats what got no answer, a 5xx or a 429, until it is answered. Notes each trouble it saw."""

    def __init__(self, platform: RunningPlatform, key: str | None = None) -> None:
        self.base_url = platform.base_url
        self.headers = {"Authorization": f"Api-Key {key or platform.facts['test_api_key']}"}
        self.session = requests.Session()
        self.session.trust_env = False
        self.troubles: list[requests.Response | requests.RequestException] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> requests.Response:
        """Call until there is an answer that a repetition would not change, and return it."""
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while True:
            try:
                answer = self.session.request(method, self.base_url + path, json=body, headers=self.headers, timeout=15)
            except requests.RequestException as error:
                self.troubles.append(error)
            else:
                if answer.status_code < 500 and answer.status_code != TOO_MANY_REQUESTS:
                    return answer
                self.troubles.append(answer)
            assert time.monotonic() < deadline, f"{method} {path} was not answered: {self.troubles[-1]}"
            time.sleep(AGAIN_SECONDS)

    def do(self, path: str, body: dict[str, Any]) -> None:
        """POST until it is done: 201, or the refusal that says so."""
        answer = self.call("POST", path, body)
        assert answer.status_code == 201 or answer.json()["code"] in DONE_ALREADY, answer.text

    def status(self, customer_id: str) -> dict[str, Any]:
        """Return the second seed's status."""
        answer = self.call("GET", f"/api/v1/customers/{customer_id}/kyc-status")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def wait_for_stage(self, customer_id: str, stage: str) -> None:
        """Poll as merchants do, until the customer is in this stage."""
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while (found := self.status(customer_id))["stage"] != stage:
            assert time.monotonic() < deadline, f"{customer_id} is not {stage}: {found}"
            time.sleep(AGAIN_SECONDS)

    def submit(self, customer_id: str, doc_type: str) -> None:
        """Submit a document, and again until it is in."""
        members = {"doc_type": doc_type, "doc_body": base64.b64encode(a_small_picture()).decode()}
        self.do(f"/api/v1/customers/{customer_id}/documents", members)


@dataclass
class Crowd:
    """Customers on their way, a few at once. `steps` counts what merchants have done so far, `decided` the customers at their end."""

    platform: RunningPlatform
    size: int
    at_once: int = 6
    steps: int = 0
    decided: int = 0
    customers: dict[str, str] = field(default_factory=dict)  # customer_id → scenario
    troubles: list[requests.Response | requests.RequestException] = field(default_factory=list)
    _futures: list[Future[None]] = field(default_factory=list)

    def start(self) -> "Crowd":
        """Send them off."""
        self._pool = ThreadPoolExecutor(self.at_once)
        run = secrets.token_hex(4)
        for number, scenario in zip(range(self.size), itertools.cycle(STORIES), strict=False):
            customer_id = f"crowd-{run}-{number:03d}"
            self.customers[customer_id] = scenario
            self._futures.append(self._pool.submit(self._walk, customer_id, scenario))
        return self

    def wait(self) -> None:
        """Wait until every customer is at its end, and raise what went wrong on the way."""
        self._pool.shutdown(wait=True)
        for future in self._futures:
            future.result()

    def _walk(self, customer_id: str, scenario: str) -> None:
        with PatientClient(self.platform) as client:
            try:
                client.do("/api/v1/customers", members_of_customer(customer_id=customer_id, metadata={"sandbox_scenario": scenario}))
                self.steps += 1
                for doc_type in DOC_TYPES:
                    client.submit(customer_id, doc_type)
                    self.steps += 1
                if scenario.startswith("reject:SELFIE"):
                    client.wait_for_stage(customer_id, "resubmit")
                    client.submit(customer_id, "SELFIE")
                    self.steps += 1
                client.wait_for_stage(customer_id, STORIES[scenario][0])
                self.decided += 1
            finally:
                self.troubles += client.troubles
