"""The request log of a running platform, while its workers are killed."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import requests

from tests.fixtures.way import members_of_customer
from tests.system.running import RunningPlatform, until

pytestmark = pytest.mark.xdist_group("platform")

REQUESTS = 200
SHOWN_SECONDS = 60.0


def logged_ids(platform: RunningPlatform, headers: dict[str, str], since: str) -> list[str]:
    """Return the request ids of the log since a moment, over all its pages."""
    found: list[str] = []
    parameters = {"from": since, "limit": "100", "status": "2xx"}
    while True:
        page = requests.get(f"{platform.base_url}/api/v1/request-log", params=parameters, headers=headers, timeout=15).json()
        found += [row["request_id"] for row in page["data"] if row["route"] == "/api/v1/customers/{customer_id}/kyc-status"]
        if not page["has_more"]:
            return found
        parameters["cursor"] = page["next_cursor"]


def test_each_request_is_in_the_log_once_within_seconds_although_the_worker_is_killed(platform: RunningPlatform) -> None:
    since = datetime.now(UTC).isoformat()  # what the test before this one asked is not in it
    headers = {"Authorization": f"Api-Key {platform.facts['test_api_key']}"}
    members = members_of_customer(customer_id=f"log-{secrets.token_hex(5)}")
    registered = requests.post(f"{platform.base_url}/api/v1/customers", json=members, headers=headers, timeout=15)
    assert registered.status_code == 201

    def read(number: int) -> str:
        answer = requests.get(f"{platform.base_url}/api/v1/customers/{members['customer_id']}/kyc-status", headers=headers, timeout=15)
        assert answer.status_code == 200
        assert int(answer.headers["RateLimit-Remaining"]) < int(answer.headers["RateLimit-Limit"])
        if number == REQUESTS // 2:
            platform.kill("worker")
        return answer.headers["Request-Id"]

    with ThreadPoolExecutor(4) as pool:
        asked = list(pool.map(read, range(REQUESTS)))

    until(lambda: len(logged_ids(platform, headers, since)) >= REQUESTS, "every request to be in the log", seconds=SHOWN_SECONDS)
    assert sorted(logged_ids(platform, headers, since)) == sorted(asked)
