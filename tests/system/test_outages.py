"""A server that is away: what the API answers meanwhile, that nothing half-done is stored, and that all goes on by itself afterwards."""

import base64
import secrets
from typing import Any

import requests

from tests.fixtures.way import DOC_TYPES, members_of_customer
from tests.system.customers import PatientClient, a_small_picture
from tests.system.running import RunningPlatform, until

BACK_SECONDS = 60.0


class Impatient(PatientClient):
    """Calls once, and returns whatever is answered."""

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> requests.Response:
        return self.session.request(method, self.base_url + path, json=body, headers=self.headers, timeout=15)

    def register(self) -> str:
        """Register a customer and return its id."""
        customer_id = f"outage-{secrets.token_hex(5)}"
        answer = self.call("POST", "/api/v1/customers", members_of_customer(customer_id=customer_id))
        assert answer.status_code == 201, answer.text
        return customer_id

    def submit_one(self, customer_id: str, doc_type: str) -> requests.Response:
        """Submit a document and return the answer."""
        members = {"doc_type": doc_type, "doc_body": base64.b64encode(a_small_picture()).decode()}
        return self.call("POST", f"/api/v1/customers/{customer_id}/documents", members)

    def as_end_user(self, token: str) -> "Impatient":
        """Return a client that calls as an end user."""
        client = Impatient.__new__(Impatient)
        client.__dict__ = {**self.__dict__, "headers": {"Authorization": f"JWT {token}"}}
        return client


def assert_unavailable(answer: requests.Response, code: str) -> None:
    """A problem document that says when to come back, and nothing of what is behind it."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json"), answer.text
    assert int(answer.headers["Retry-After"]) >= 1
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (503, code)
    assert problem["request_id"] == answer.headers["Request-Id"]
    assert "Traceback" not in answer.text and "Error" not in answer.text and "127.0.0.1" not in answer.text


def dependencies(platform: RunningPlatform) -> tuple[int, dict[str, str]]:
    answer = requests.get(f"{platform.base_url}/readyz", timeout=30)
    return answer.status_code, answer.json()["dependencies"]


def everything_about(platform: RunningPlatform, customer_id: str) -> tuple[Any, ...]:
    """Count what is stored of a customer."""
    statement = (
        "SELECT sequence, stage, (SELECT count(*) FROM verification_documentsubmission WHERE customer_id = customer.id),"
        " (SELECT count(*) FROM verification_event WHERE customer_pk = customer.id)"
        " FROM verification_customer customer WHERE customer_id = %s"
    )
    return platform.rows(statement, customer_id)[0]


def test_without_the_object_store_an_upload_is_refused_with_retry_after_and_stores_nothing(platform: RunningPlatform) -> None:
    with Impatient(platform) as client:
        customer_id = client.register()
        token = client.call("POST", f"/api/v1/customers/{customer_id}/access-tokens", {}).json()["token"]
        before = everything_about(platform, customer_id)

        with platform.without("s3"):
            assert_unavailable(client.submit_one(customer_id, "SELFIE"), "storage_unavailable")
            submitted = client.as_end_user(token).call(
                "POST", "/api/v1/user/me/kyc/submit", {"doc_type": "SELFIE", "doc_body": base64.b64encode(a_small_picture()).decode()}
            )
            assert (submitted.status_code, submitted.json()["err_code"]) == (503, "Err1500")
            assert int(submitted.headers["Retry-After"]) >= 1
            assert dependencies(platform) == (503, {"database": "ok", "redis": "ok", "storage": "unreachable"})
            assert everything_about(platform, customer_id) == before

        platform.wait_until_whole()
        for doc_type in DOC_TYPES:
            assert client.submit_one(customer_id, doc_type).status_code == 201
    with PatientClient(platform) as client:
        client.wait_for_stage(customer_id, "approved")


def test_without_redis_customers_come_in_and_are_decided_once_it_is_back(platform: RunningPlatform) -> None:
    with Impatient(platform) as client:
        known = client.register()
        assert client.call("GET", f"/api/v1/customers/{known}/kyc-status").status_code == 200
        with platform.without("redis"):
            customer_id = client.register()
            for doc_type in DOC_TYPES:
                assert client.submit_one(customer_id, doc_type).status_code == 201
            status = client.call("GET", f"/api/v1/customers/{customer_id}/kyc-status")
            assert (status.status_code, status.json()["stage"]) == (200, "submitted")
            assert dependencies(platform) == (503, {"database": "ok", "redis": "unreachable", "storage": "ok"})
    with PatientClient(platform) as patient:
        patient.wait_for_stage(customer_id, "approved")
    (events,) = platform.rows(
        "SELECT count(*) FROM verification_event WHERE data->>'customer_id' = %s AND type NOT LIKE 'audit.%%'", customer_id
    )
    told = "SELECT count(*) FROM received WHERE is_valid AND customer_id = ?"
    until(lambda: platform.received(told, customer_id) == [events], "every event to be told", seconds=BACK_SECONDS)


def test_without_the_database_the_same_web_process_says_so_and_recovers(platform: RunningPlatform) -> None:
    web = platform.process("web").pid
    with Impatient(platform) as client:
        customer_id = client.register()
        token = client.call("POST", f"/api/v1/customers/{customer_id}/access-tokens", {}).json()["token"]
        with platform.without("postgres"):
            for _ in range(8):  # both web processes, the first call and the later ones
                assert_unavailable(client.call("POST", "/api/v1/customers", members_of_customer()), "unavailable")
                assert_unavailable(client.call("GET", f"/api/v1/customers/{customer_id}"), "unavailable")
                assert_unavailable(client.submit_one(customer_id, "SELFIE"), "unavailable")
                status = client.as_end_user(token).call("GET", "/api/v1/user/me/kyc/status")
                assert (status.status_code, status.json()["err_code"], status.json()["is_success"]) == (503, "Err1500", False)
            assert dependencies(platform) == (503, {"database": "unreachable", "redis": "ok", "storage": "ok"})
            assert requests.get(f"{platform.base_url}/healthz", timeout=10).json() == {"status": "ok"}

        platform.wait_until_whole()
        for doc_type in DOC_TYPES:
            assert client.submit_one(customer_id, doc_type).status_code == 201
    with PatientClient(platform) as patient:
        patient.wait_for_stage(customer_id, "approved")
    assert platform.process("web").pid == web
