"""Following a page as its reader does: its blocks in their order, in a folder where everything lies as `make up` leaves it.

A block of `sh` is run, one that begins with a comment naming a file is saved as that file, and one of `json` or `text` is what the block
before it must have printed.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from shlex import quote
from typing import Any

from kyc_platform.embedded.environment import base_environment
from kyc_platform.embedded.places import ROOT
from tests.docs.pages import Block
from tests.system import npm
from tests.system.running import RunningPlatform

VENV = ROOT / ".local" / "venv"
BLOCK_SECONDS_MAX = 120
LOOK_EVERY_SECONDS = 0.05
ANSWERS = ("json", "text")
TALKATIVE = ("pip ", "npm ")  # what they print is nobody's promise
# Values that differ from run to run, each with what stands for it.
BY_NATURE = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)"), "<moment>"),
    (re.compile(r"\b(evt|whe|ver|doc|rev|chk|ick|mer)_[a-z2-7]{16,26}\b"), r"\1_<id>"),
    (re.compile(r"\breq_\w+"), "req_<id>"),
    (re.compile(r"\b(kyc_(?:test|live))_\w+(?:\.\w+)?"), r"\1_<key>"),
    (re.compile(r"\bwhsec_[\w+/=]+"), "whsec_<secret>"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+"), "<token>"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<sha256>"),
    (re.compile(r"\b\d+ bytes$"), "<number> bytes"),
    (re.compile(r"(http://127\.0\.0\.1):\d+"), r"\1:<port>"),
    (re.compile(r"(?i)((?:ratelimit-remaining|ratelimit-reset|retry-after): )\d+"), r"\1<number>"),
)
NUMBERS_BY_NATURE = ("size_bytes", "duration_ms")


class Walk:
    """A reader at a shell, who follows blocks; what one block has set or started is there for the next."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.environment = environment
        self.desk = folder / ".local" / "try"  # the reader's own folder
        self._said, self._trouble, self._steps = folder / "said", folder / "trouble", 0
        self._said.mkdir()
        with self._trouble.open("w") as trouble:
            self._shell = subprocess.Popen(
                ["bash", "-euo", "pipefail", "-s"],
                cwd=folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=trouble,
                stderr=trouble,
                text=True,
                start_new_session=True,
            )

    def follow(self, page: Sequence[Block]) -> None:
        """Follow blocks, and hold what each prints against what the page shows."""
        for number, block in enumerate(page):
            if block.kind not in ANSWERS:
                said = self._take(_step(block))
                if block.kind == "sh":
                    _hold_against(block, page[number + 1 : number + 2], said)

    def _take(self, step: str) -> str:
        """Run one step to its end and return what it has printed."""
        self._steps += 1
        said = self._said / str(self._steps)
        over = said.with_suffix(".over")
        assert self._shell.stdin
        self._shell.stdin.write(f"{{\n{step}}} > {quote(str(said))} < /dev/null\ntouch {quote(str(over))}\n")
        self._shell.stdin.flush()
        deadline = time.monotonic() + BLOCK_SECONDS_MAX
        while not over.exists() and self._shell.poll() is None and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY_SECONDS)
        assert over.exists(), f"{step}\n{said.read_text()}\n{self._trouble.read_text()}"
        return said.read_text()

    def written(self, name: str) -> str:
        """Return what is in a file on the desk."""
        return (self.desk / name).read_text()

    def end(self) -> None:
        """End the shell and whatever it has left running."""
        with suppress(ProcessLookupError):
            os.killpg(self._shell.pid, signal.SIGKILL)
        self._shell.wait()
        assert self._shell.stdin
        with suppress(BrokenPipeError):
            self._shell.stdin.close()


def checkout(folder: Path, platform: RunningPlatform) -> None:
    """Lay out in an empty folder what the reader of a page has: the platform's `.local`, its Makefile, and what that runs."""
    local = folder / ".local"
    local.mkdir()
    for name in ("demo.json", "receiver.secret"):
        (local / name).symlink_to(platform.folder.path / name)
    (local / "venv").symlink_to(VENV)
    for name in ("Makefile", "kyc_platform"):
        (folder / name).symlink_to(ROOT / name)


def environment_of(folder: Path, platform: RunningPlatform) -> dict[str, str]:
    """Return the reader's environment: Python, pip, node and npm are those of the lock file, and nothing is fetched."""
    programs = folder / "programs"
    programs.mkdir()
    pip = programs / "pip"
    pip.write_text(f'#!/bin/sh\nexec "$PYTHON" -m pip --python "{VENV}/bin/python" "$@"\n')
    pip.chmod(0o755)
    npm.put_programs(programs)
    path = f"{programs}:{VENV / 'bin'}:{os.environ['PATH']}"
    no_network = {"PIP_NO_INDEX": "1", "npm_config_offline": "true", "npm_config_update_notifier": "false"}
    base = sys._base_executable  # type: ignore[attr-defined]  # the Python that `make` was given, which has pip
    return base_environment(platform.folder, platform.given) | {"PATH": path, "PYTHON": base} | no_network


def _step(block: Block) -> str:
    if block.kind == "sh":
        return block.body
    assert block.file, f"a block of {block.kind} begins with a comment that names its file: {block.body[:60]}"
    return f"cat > {block.file} <<'END OF THE FILE'\n{block.body}END OF THE FILE\n"


def _hold_against(block: Block, following: Sequence[Block], said: str) -> None:
    answer = following[0] if following and following[0].kind in ANSWERS else None
    if answer is None:
        assert not said or block.body.startswith(TALKATIVE), f"the page does not show what this prints:\n{block.body}\n{said}"
    else:
        read = documents if answer.kind == "json" else str.splitlines
        assert normal(list(read(said))) == normal(list(read(answer.body))), f"the page shows another answer:\n{block.body}\n{said}"


def documents(text: str) -> Iterator[Any]:
    """Return the JSON values of a text, one after the other."""
    decoder, at = json.JSONDecoder(), 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        value, at = decoder.raw_decode(text, at)
        yield value


def normal(value: Any, name: str = "") -> Any:
    """Return a value with what differs by nature replaced by what it is."""
    if isinstance(value, dict):
        return {key: normal(member, key) for key, member in value.items()}
    if isinstance(value, list):
        return [normal(member, name) for member in value]
    if isinstance(value, str):
        for pattern, stand_in in BY_NATURE:
            value = pattern.sub(stand_in, value)
    elif name in NUMBERS_BY_NATURE and isinstance(value, int | float):
        return "<number>"
    return value
