"""The webhook receiver as a process of its own."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_bytes
from typing import Any

import pybase64
import pytest
import requests
from standardwebhooks.webhooks import Webhook

from kyc_platform.demo.receiver import is_signed
from tests.fixtures.sandbox_provider import ROOT, eventually, free_port

SECRET = "whsec_" + pybase64.b64encode(token_bytes(32)).decode()


@dataclass
class ReceiverProcess:
    """The receiver's process, on a port and a file that outlive it."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def secret_file(self) -> Path:
        """Where it looks for its secret."""
        return self.folder / "receiver.secret"

    def start(self) -> None:
        """Start it and wait until it answers."""
        environment = {
            "PATH": os.environ["PATH"],
            "RECEIVER_PORT": str(self.port),
            "RECEIVER_STATE": str(self.folder / "receiver.sqlite3"),
            "RECEIVER_SECRET_FILE": str(self.secret_file),
        }
        self.process = subprocess.Popen([sys.executable, "-m", "kyc_platform.demo.receiver"], cwd=ROOT, env=environment)
        eventually(self._is_up, seconds=20)

    def _is_up(self) -> bool:
        try:
            return requests.get(f"{self.url}/healthz", timeout=2).ok
        except requests.ConnectionError:
            return False

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """End it and return its exit status."""
        assert self.process is not None
        self.process.send_signal(with_signal)
        return self.process.wait(10)

    def post(self, webhook_id: str, body: bytes, *, secret: str = SECRET, path: str = "/") -> int:
        """Deliver a webhook, signed by the public package, and return the answer's status."""
        now = datetime.now(UTC)
        headers = {
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret).sign(webhook_id, now, body.decode()),
        }
        return requests.post(self.url + path, data=body, headers=headers, timeout=10).status_code

    def received(self, customer_id: str = "cus-1") -> dict[str, Any]:
        """Ask what came."""
        answer: dict[str, Any] = requests.get(f"{self.url}/received", params={"customer_id": customer_id}, timeout=10).json()
        return answer


def event(kind: str, sequence: int, **data: object) -> bytes:
    """Return a webhook's body."""
    told = {"customer_id": "cus-1", "sequence": sequence, "final": False, "livemode": False, **data}
    return json.dumps({"type": kind, "timestamp": "2026-11-21T20:00:00Z", "data": told}).encode()


APPROVED = event("verification.approved", 9, status="verified", stage="approved", final=True)


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[ReceiverProcess]:
    """A running receiver that knows its secret."""
    process = ReceiverProcess(tmp_path)
    process.secret_file.write_text(SECRET + "\n")
    process.start()
    yield process
    process.stop(signal.SIGKILL)


def test_a_signed_webhook_is_taken_and_shown(receiver: ReceiverProcess) -> None:
    assert receiver.post("msg_1", APPROVED, path="/webhooks/kyc") == 200

    shown = receiver.received()
    (entry,) = shown["received"]
    assert (entry["webhook_id"], entry["is_valid"], entry["attempts"], entry["type"]) == ("msg_1", True, 1, "verification.approved")
    assert entry["body"] == json.loads(APPROVED)
    assert shown["customer"] == {"customer_id": "cus-1", "sequence": 9, "status": "verified", "stage": "approved", "is_final": True}


def test_the_same_webhook_again_is_counted_and_not_acted_on(receiver: ReceiverProcess) -> None:
    assert [receiver.post("msg_1", APPROVED) for _ in range(3)] == [200, 200, 200]

    assert [entry["attempts"] for entry in receiver.received()["received"]] == [3]


def test_an_older_sequence_never_overwrites_a_newer_one(receiver: ReceiverProcess) -> None:
    receiver.post("msg_2", APPROVED)
    receiver.post("msg_1", event("verification.submitted", 6, status="pending", stage="submitted"))

    assert receiver.received()["customer"]["stage"] == "approved"
    assert len(receiver.received()["received"]) == 2


def test_a_wrong_signature_is_refused_written_down_and_not_acted_on(receiver: ReceiverProcess) -> None:
    other = "whsec_" + pybase64.b64encode(token_bytes(32)).decode()

    assert receiver.post("msg_1", APPROVED, secret=other) == 400
    assert requests.post(receiver.url, data=b"\xff", timeout=10).status_code == 400

    shown = receiver.received()
    assert [entry["is_valid"] for entry in shown["received"]] == [False]
    assert shown["customer"] is None
    assert receiver.post("msg_1", APPROVED) == 200
    assert receiver.received()["customer"]["sequence"] == 9


def test_without_a_secret_it_asks_to_be_tried_again_and_takes_the_secret_when_it_comes(receiver: ReceiverProcess) -> None:
    receiver.secret_file.unlink()
    assert receiver.post("msg_1", APPROVED) == 503
    assert receiver.received()["received"] == []

    receiver.secret_file.write_text(f"whsec_AAAA\n{SECRET}\n")

    assert receiver.post("msg_1", APPROVED) == 200


def test_what_it_answered_for_survives_a_kill(receiver: ReceiverProcess) -> None:
    for number in range(20):
        assert receiver.post(f"msg_{number}", event("document.verified", number)) == 200

    receiver.stop(signal.SIGKILL)
    receiver.start()

    assert [entry["webhook_id"] for entry in receiver.received()["received"]] == [f"msg_{number}" for number in range(20)]
    assert receiver.received()["customer"]["sequence"] == 19
    assert receiver.post("msg_3", event("document.verified", 3)) == 200
    assert receiver.received()["received"][3]["attempts"] == 2


def test_its_file_is_its_owners_and_it_ends_cleanly(receiver: ReceiverProcess) -> None:
    receiver.post("msg_1", APPROVED)

    assert receiver.stop() == 0
    path = receiver.folder / "receiver.sqlite3"
    assert path.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(path) as state:
        assert state.execute("SELECT count(*) FROM received").fetchone() == (1,)


def test_the_golden_vector_of_the_standard_is_good_and_stale() -> None:
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1a,xx v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= nonsense",
    }
    secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
    body = b'{"test": 2432232314}'

    assert is_signed(secrets, headers, body, now=1614265330.0 + 299)
    assert not is_signed(secrets, headers, body, now=1614265330.0 + 301)
    assert not is_signed(secrets, headers, body, now=1614265330.0 - 301)
    assert not is_signed(secrets, headers, body + b" ", now=1614265330.0)
    assert not is_signed(["whsec_!", *secrets], {**headers, "webhook-id": "msg_other"}, body, now=1614265330.0)
    assert not is_signed(secrets, {}, body, now=time.time())
