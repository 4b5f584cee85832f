"""A Redis that hangs: it keeps its connections and answers nobody. Nobody waits for it, nobody gets past it, and all goes on afterwards."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from kyc_platform.embedded.environment import base_environment, platform_environment
from kyc_platform.embedded.places import ROOT
from tests.fixtures.way import DOC_TYPES
from tests.system.customers import Crowd, PatientClient
from tests.system.running import RunningPlatform, until
from tests.system.test_outages import Impatient
from tests.system.truths import assert_all_is_well

FIRST_CALL_SECONDS = 4.0  # each web process finds out once, in half a second; the rest is for a busy machine
CALL_SECONDS = 1.5  # what used to take 4 to 17 seconds
REVOKED_SECONDS = 5.0
HANGING_SECONDS = 8.0
LATE_SECONDS = 2.0  # a test machine's


@contextmanager
def hanging_redis(platform: RunningPlatform) -> Iterator[None]:
    """Have Redis hang for a while."""
    process = platform.process("redis")
    process.suspend()
    try:
        yield
    finally:
        process.resume()


def manage(platform: RunningPlatform, *command: str) -> str:
    """Run an operator's command against the platform and return what it says."""
    environment = base_environment(platform.folder, platform.given)
    environment |= platform_environment(platform.folder, platform.platform.state, platform.given)
    outcome = subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout.strip()


def test_while_redis_hangs_the_api_serves_at_its_usual_speed_and_the_work_is_done_afterwards(platform: RunningPlatform) -> None:
    with Impatient(platform) as client, hanging_redis(platform):
        began = time.monotonic()
        for _ in platform.process("web").children():  # each web process finds out for itself
            client.register()
        assert time.monotonic() - began < FIRST_CALL_SECONDS

        waits = []
        for _ in range(3):
            began = time.monotonic()
            customer_id = client.register()
            waits.append(time.monotonic() - began)
            for doc_type in DOC_TYPES:
                began = time.monotonic()
                assert client.submit_one(customer_id, doc_type).status_code == 201
                waits.append(time.monotonic() - began)
            began = time.monotonic()
            status = client.call("GET", f"/api/v1/customers/{customer_id}/kyc-status")
            waits.append(time.monotonic() - began)
            assert (status.status_code, status.json()["stage"]) == (200, "submitted")
        assert max(waits) < CALL_SECONDS, waits

        began = time.monotonic()
        ready = requests.get(f"{platform.base_url}/readyz", timeout=30)
        assert (ready.status_code, ready.json()["dependencies"]["redis"]) == (503, "unreachable")
        assert time.monotonic() - began < CALL_SECONDS

    with PatientClient(platform) as patient:
        patient.wait_for_stage(customer_id, "approved")


def test_a_key_that_is_revoked_while_redis_hangs_is_refused_within_the_stated_seconds(platform: RunningPlatform) -> None:
    key = manage(platform, "issue_api_key", platform.facts["merchant"]["slug"], "--sandbox", "--name", "to be revoked")
    with Impatient(platform, key) as client:
        customer_id = client.register()
        status = f"/api/v1/customers/{customer_id}/kyc-status"
        for _ in range(8):  # every web process remembers the key, and the status
            assert client.call("GET", status).status_code == 200
        with hanging_redis(platform):
            assert client.call("GET", status).status_code == 200

            manage(platform, "revoke_api_key", key.partition(".")[0])
            revoked_at = time.monotonic()

            while client.call("GET", status).status_code != 401:
                assert time.monotonic() - revoked_at < REVOKED_SECONDS + LATE_SECONDS
            time.sleep(max(0.0, revoked_at + REVOKED_SECONDS - time.monotonic()))
            assert {client.call("GET", status).status_code for _ in range(8)} == {401}
        assert {client.call("GET", status).status_code for _ in range(8)} == {401}


def test_while_redis_hangs_operators_cannot_log_in_and_are_told_so_at_once(platform: RunningPlatform) -> None:
    session, address = requests.Session(), f"{platform.base_url}/admin/login/"
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', session.get(address, timeout=15).text)
    assert token is not None
    who = {
        "csrfmiddlewaretoken": token[1],
        "username": platform.facts["operator"]["email"],
        "password": platform.facts["operator"]["password"],
    }

    with hanging_redis(platform):
        for _ in range(4):
            began = time.monotonic()
            answer = session.post(address, data=who, headers={"Referer": address}, timeout=15, allow_redirects=False)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
            assert time.monotonic() - began < FIRST_CALL_SECONDS

    until(lambda: requests.get(f"{platform.base_url}/readyz", timeout=15).status_code == 200, "redis to be used again")
    assert session.post(address, data=who, headers={"Referer": address}, timeout=15, allow_redirects=False).status_code == 302


def test_while_redis_hangs_the_scheduler_goes_round_and_writes_no_page_a_second(platform: RunningPlatform) -> None:
    log = platform.folder.logs / "scheduler.log"
    length = log.stat().st_size
    with hanging_redis(platform):
        time.sleep(HANGING_SECONDS)
    written = log.read_text()[length:]

    assert written.count("Couldn't apply scheduled task") <= 1
    assert written.count("redis does not answer") == 1
    until(lambda: "redis answers again" in log.read_text()[length:], "the scheduler to go on")


def test_worker_and_sender_outlive_every_restart_of_redis(platform: RunningPlatform) -> None:
    before = {name: platform.process(name).pid for name in ("worker", "sender", "scheduler", "web")}
    crowd = Crowd(platform, 20).start()
    for seconds in (0.1, 1.0, 3.0, 0.1):
        time.sleep(1.0)  # some work is under way
        with platform.without("redis"):
            time.sleep(seconds)

    crowd.wait()
    assert_all_is_well(platform, crowd)
    assert {name: platform.process(name).pid for name in before} == before
