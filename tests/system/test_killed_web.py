"""Merchants' servers that repeat a call under its Idempotency-Key until it is answered, while web processes are killed under them."""

import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from tests.fixtures.way import members_of_customer
from tests.system.customers import AGAIN_SECONDS, GIVE_UP_SECONDS
from tests.system.running import RunningPlatform

AT_ONCE, CALLS_EACH, KILLS = 10, 12, 5


class Repeater:
    """A merchant's server. Its calls are answered with 201 in the end, or it fails: a taken id would be its own, registered twice."""

    def __init__(self, platform: RunningPlatform) -> None:
        self.url = f"{platform.base_url}/api/v1/customers"
        self.key = f"Api-Key {platform.facts['test_api_key']}"
        self.cut_off = 0

    def register(self, members: dict[str, Any]) -> requests.Response:
        headers = {"Authorization": self.key, "Idempotency-Key": secrets.token_hex(8)}
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < deadline:
            try:
                answer = requests.post(self.url, json=members, headers=headers, timeout=15)
            except requests.RequestException:
                self.cut_off += 1
            else:
                if answer.status_code == 201:
                    return answer
                assert answer.status_code == 503 or answer.json()["code"] == "idempotency_key_in_use", answer.text
            time.sleep(AGAIN_SECONDS)
        raise AssertionError("it was not answered")


def test_every_call_is_answered_once_and_has_one_effect_however_often_web_processes_die(platform: RunningPlatform) -> None:
    bodies = [members_of_customer() for _ in range(AT_ONCE * CALLS_EACH)]
    repeater = Repeater(platform)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = [pool.submit(repeater.register, members) for members in bodies]
        for number in range(1, KILLS + 1):
            while sum(answer.done() for answer in answers) < number * len(bodies) // (KILLS + 2):
                time.sleep(0.01)
            platform.kill("web")
        platform.wait_until_whole()
        # Half a minute later: what was claimed by those that died may be taken over.
        platform.rows("UPDATE verification_idempotentrequest SET leased_until = now() WHERE answered_at IS NULL RETURNING id")
        shown = [answer.result().json() for answer in answers]

    assert [customer["customer_id"] for customer in shown] == [members["customer_id"] for members in bodies]
    assert repeater.cut_off >= KILLS
    ids = [members["customer_id"] for members in bodies]
    stored = platform.rows(
        "SELECT customer.id, customer_id, count(event.id) FROM verification_customer customer"
        " JOIN verification_event event ON event.customer_pk = customer.id AND event.type = 'customer.created'"
        " WHERE customer_id = ANY(%s) GROUP BY customer.id",
        ids,
    )
    assert sorted(stored) == sorted((customer["id"], customer["customer_id"], 1) for customer in shown)
