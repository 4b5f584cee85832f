"""The guides, followed to the letter: every block is run, and every answer that is shown is the one that comes."""

import json
import shutil
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from standardwebhooks import Webhook

from tests.docs.pages import GUIDES, Block, blocks
from tests.system import npm
from tests.system.running import RunningPlatform, until
from tests.system.walking import Walk, checkout, environment_of

SANDBOX = "1. A sandbox of your own"
LANGUAGES = ("In Python", "In Node")
SENT_WHILE_AWAY = """
sed 's/cus-2/cus-4/' customer-2.json > customer-4.json
KEY="$KEY" python3 calling.py POST $BASE/customers customer-4.json > outcome 2> trouble &
"""


def guide(name: str, *, only: str = "", without: str = "") -> list[Block]:
    """Return a guide's blocks: those under one heading, or all but those under another."""
    found = [block for block in blocks(GUIDES / f"{name}.md") if without not in block.headings]
    return [block for block in found if not only or only in block.headings]


@pytest.fixture
def reader(platform: RunningPlatform, tmp_path: Path) -> Iterator[Walk]:
    """Somebody who has the running platform, and has opened a sandbox as the first guide says."""
    checkout(tmp_path, platform)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    walk = Walk(tmp_path, environment_of(tmp_path, platform) | {"PORT": port, **npm.SETTINGS})
    try:
        walk.follow(guide("getting-started", only=SANDBOX))
        yield walk
    finally:
        walk.end()


def posted(walk: Walk, webhook_id: str, *, secret: str, age: timedelta = timedelta(0)) -> int:
    """Post a webhook to the reader's receiver that says a customer is verified; return how it is answered."""
    data = {"customer_id": webhook_id, "status": "verified", "previous_status": "pending", "final": True, "sequence": 9}
    body = json.dumps({"type": "verification.approved", "data": data})
    at = datetime.now(UTC) - age
    headers = {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(webhook_id, at, body),
    }
    return requests.post(f"http://127.0.0.1:{walk.environment['PORT']}/kyc", body, headers=headers, timeout=10).status_code


def test_from_an_empty_folder_to_a_verified_customer_and_on_to_live_data(reader: Walk) -> None:
    reader.follow(guide("getting-started", without=SANDBOX))
    assert json.loads(reader.written("status.json"))["final"] is True
    reader.follow([*guide("errors"), *guide("going-live")])


@pytest.mark.parametrize("name", ["going-live", "sandbox"])
def test_a_guide_needs_nothing_but_a_sandbox_of_ones_own(name: str, reader: Walk) -> None:
    reader.follow(guide(name))


def test_the_client_that_repeats_outlasts_a_platform_that_is_away(platform: RunningPlatform, reader: Walk) -> None:
    reader.follow(guide("errors"))
    call = Block("sh", SENT_WHILE_AWAY, ())
    with platform.without("web"):
        reader.follow([call])
        until(lambda: "again, because of" in reader.written("trouble"), "an attempt to fail")
    until(lambda: reader.written("outcome"), "the call to be answered")

    assert reader.written("outcome") == "201 cus-4\n"


def receive(reader: Walk, language: str) -> None:
    """Follow the guide in one language, and try its receiver with what the platform does not send before it is stopped."""
    (other,) = set(LANGUAGES) - {language}
    *page, stopping = guide("webhooks", without=other)
    reader.follow(page)
    secret = json.loads(reader.written("receiving.json"))["secret"]

    assert posted(reader, "evt_forged", secret="whsec_" + "A" * 40) == 400
    assert posted(reader, "evt_stale", secret=secret, age=timedelta(minutes=6)) == 400
    assert posted(reader, "evt_early", secret=secret, age=timedelta(minutes=-6)) == 400
    assert [posted(reader, "evt_good", secret=secret) for _ in range(3)] == [204] * 3
    assert posted(reader, "evt_last", secret=secret) == 204

    until(lambda: "evt_last" in reader.written("receiver.log"), "the last one to be handled")
    told = [f"{customer_id} is verified" for customer_id in ("cus-7", "cus-8", "evt_good", "evt_last")]
    assert reader.written("receiver.log").splitlines() == told
    reader.follow([stopping])


def test_the_receiver_in_python_takes_what_is_ours_and_nothing_else(reader: Walk) -> None:
    receive(reader, "In Python")


def test_the_receiver_in_node_takes_what_is_ours_and_nothing_else(reader: Walk) -> None:
    try:
        shutil.copytree(npm.packages(), reader.desk, dirs_exist_ok=True)  # what `npm install` finds, so that it asks nobody
    except npm.NotToBeHad as why:
        pytest.skip(str(why))
    receive(reader, "In Node")
