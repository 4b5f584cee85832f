"""`make up` from start to end, in a copy of the checkout whose path has spaces: without a terminal, through signals and kills."""

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kyc_platform.embedded.environment import PASSED_ON
from kyc_platform.embedded.leftovers import find_leftovers
from kyc_platform.embedded.places import MARK, ROOT, Folder
from kyc_platform.embedded.runs import clear_run
from kyc_platform.embedded.state import HOST

HOUSES = ["kyc_platform", "tenants", "verification", "reporting", "merchant_portal", "templates"]
START_SECONDS = 240  # on two cores that other tests use too
END_SECONDS = 120


class Copy:
    """A copy of the checkout, in which one command after the other is run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in HOUSES:
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "manage.py", root)
        self.folder = Folder(root / ".local")
        self.output = root / "output"
        self.process: subprocess.Popen[bytes] | None = None

    def begin(self, command: str) -> None:
        """Start a command as `make` does, its output in a file."""
        given = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "kyc_platform.embedded", command],
                cwd=self.root,
                env=given,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def await_line(self, text: str) -> None:
        """Wait until the command has said something. It says it aloud also into a file, and at once."""
        assert self.process is not None
        deadline = time.monotonic() + START_SECONDS
        while text not in self.said():
            assert self.process.poll() is None, f"it ended without {text!r}:\n{self.said()}"
            assert time.monotonic() < deadline, f"no {text!r} in {START_SECONDS} seconds:\n{self.said()}"
            time.sleep(0.1)

    def said(self) -> str:
        """Return the command's output so far."""
        return self.output.read_text()

    def send(self, number: signal.Signals) -> int:
        """Send the command a signal and return its exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(END_SECONDS)

    def run(self, command: str) -> int:
        """Run a command to its end and return its exit status. The one that was begun before goes on."""
        before, kept = self.process, self.output
        self.output = self.root / "output of another"
        try:
            self.begin(command)
            assert self.process is not None
            return self.process.wait(START_SECONDS)
        finally:
            self.process, self.other_said, self.output = before, self.output.read_text(), kept


@pytest.fixture(scope="module")
def copy():
    """A copy whose platform was started and ended once.

    It lies in this run's folder and not in `tmp_path`, through which PostgreSQL's account may not pass when root runs the tests.
    """
    root = Path(os.environ[MARK]) / f"a copy {secrets.token_hex(4)}"
    root.mkdir()
    root.chmod(0o711)
    copy = Copy(root)
    copy.begin("up")
    copy.await_line("Starting provider")
    copy.send(signal.SIGTERM)
    yield copy
    if copy.process is not None and copy.process.poll() is None:
        copy.process.kill()
        copy.process.wait()
    clear_run(copy.folder)


def facts(copy):
    return json.loads(copy.folder.demo_file.read_text())


def test_asked_to_end_while_it_starts_it_ends_cleanly(copy):
    copy.begin("up")
    copy.await_line("Migrating")

    assert copy.send(signal.SIGTERM) == 0
    assert find_leftovers(copy.folder) == []
    assert "Traceback" not in copy.said()


def test_killed_and_started_again_it_clears_what_was_left_and_keeps_its_data_and_keys(copy):
    copy.begin("up")
    copy.await_line("serves until Ctrl-C")
    assert "The demonstration succeeded." in copy.said()
    before = facts(copy)
    copy.send(signal.SIGKILL)
    assert find_leftovers(copy.folder) != []

    copy.begin("up")
    copy.await_line("serves until Ctrl-C")

    assert re.search(r"Stopping \d+ processes that an earlier start left behind\.", copy.said())
    assert facts(copy) == before
    assert copy.run("up") == 1
    assert "runs already" in copy.other_said
    assert copy.run("down") == 0
    assert copy.process.wait(END_SECONDS) == 0
    assert find_leftovers(copy.folder) == []


def test_the_demonstration_alone_starts_and_stops_what_it_needs_on_another_port_when_one_is_taken(copy):
    taken = json.loads(copy.folder.state_file.read_text())["ports"]["web"]
    with socket.create_server((HOST, taken)):
        assert copy.run("demo") == 0

    assert f"Port {taken} of web is taken by another program" in copy.other_said
    assert "The demonstration succeeded." in copy.other_said
    assert "\x1b" not in copy.other_said
    assert find_leftovers(copy.folder) == []


def test_what_is_written_is_its_owners_alone(copy):
    copy.begin("up")
    copy.await_line("Migrating")
    copy.send(signal.SIGINT)

    assert oct(copy.folder.demo_file.stat().st_mode)[-3:] == "600"
    readable = [path for path in copy.folder.path.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]
    assert readable == []
