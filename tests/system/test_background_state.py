"""What a monitor sees when a program behind the web processes is gone; a load balancer sees no difference."""

import time
from typing import Any

import pytest
import requests

from kyc_platform.life import SIGN_SECONDS
from tests.fixtures.way import DOC_TYPES
from tests.system.running import RunningPlatform, until
from tests.system.test_outages import Impatient

SILENT_SECONDS = SIGN_SECONDS + 3.0


def readiness(platform: RunningPlatform) -> tuple[int, dict[str, Any]]:
    answer = requests.get(f"{platform.base_url}/readyz", timeout=15)
    return answer.status_code, answer.json()


def gauge(platform: RunningPlatform, name: str) -> float:
    """Read one gauge as a scrape does."""
    lines = requests.get(f"{platform.base_url}/metrics", timeout=15).text.splitlines()
    (value,) = [line.rpartition(" ")[2] for line in lines if line.startswith((f"{name} ", f"{name}{{"))]
    return float(value)


def silent_seconds(platform: RunningPlatform, program: str) -> float | None:
    seconds: float | None = readiness(platform)[1]["background"]["seconds_since_life"][program]
    return seconds


@pytest.mark.parametrize("program", ["worker", "sender", "scheduler"])
def test_a_program_that_is_gone_falls_silent_and_web_stays_ready(platform: RunningPlatform, program: str) -> None:
    others = {"worker", "sender", "scheduler"} - {program}
    until(lambda: all((silent_seconds(platform, name) or 99) < SILENT_SECONDS for name in (program, *others)), "all to show life")

    with platform.without(program):
        until(lambda: (silent_seconds(platform, program) or 0) > SILENT_SECONDS, f"{program} to be missed")
        status, told = readiness(platform)
        assert (status, told["status"]) == (200, "ready")
        assert all(told["background"]["seconds_since_life"][name] < SILENT_SECONDS for name in others)
        text = requests.get(f"{platform.base_url}/metrics", timeout=15).text
        assert f'kyc_program_silent_seconds{{program="{program}"}}' in text

    until(lambda: (silent_seconds(platform, program) or 99) < SILENT_SECONDS, f"{program} to show life again", seconds=60)


def test_work_that_nobody_does_is_seen_to_be_overdue_until_it_is_done(platform: RunningPlatform) -> None:
    with Impatient(platform) as client:
        with platform.without("worker"):
            customer_id = client.register()
            for doc_type in DOC_TYPES:
                assert client.submit_one(customer_id, doc_type).status_code == 201
            until(lambda: gauge(platform, "kyc_overdue_seconds") > 3, "the work to be overdue", seconds=60)
            assert gauge(platform, "kyc_overdue_merchants") >= 1
            assert gauge(platform, 'kyc_queue_messages{queue="kyc"}') >= 1
            assert readiness(platform)[1]["background"]["overdue_seconds"] > 3

        until(
            lambda: client.call("GET", f"/api/v1/customers/{customer_id}/kyc-status").json()["stage"] == "approved",
            "the decision",
            seconds=60,
        )
    until(lambda: gauge(platform, "kyc_overdue_seconds") < 3, "nothing to be overdue", seconds=60)


def test_while_redis_is_away_nobody_guesses_what_the_others_do(platform: RunningPlatform) -> None:
    with platform.without("redis"):
        began = time.monotonic()
        status, told = readiness(platform)
        assert (status, told["background"]) == (503, None)
        assert "kyc_overdue_seconds" not in requests.get(f"{platform.base_url}/metrics", timeout=15).text
        assert time.monotonic() - began < 5
