"""A program that cannot start: `make up` says which and why, at once, and leaves nothing running."""

import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kyc_platform.embedded.leftovers import find_leftovers
from kyc_platform.embedded.places import MARK
from kyc_platform.embedded.platform import ANSWER_SECONDS
from kyc_platform.embedded.runs import clear_run
from tests.embedded.test_life import Copy


@pytest.fixture
def copy() -> Iterator[Copy]:
    """A copy of the checkout; see `tests.embedded.test_life`."""
    root = Path(os.environ[MARK]) / f"a broken copy {secrets.token_hex(4)}"
    root.mkdir()
    root.chmod(0o711)
    copy = Copy(root)
    yield copy
    clear_run(copy.folder)


def test_a_worker_that_cannot_be_imported_ends_the_start_with_its_name_and_the_end_of_its_log(copy: Copy) -> None:
    tasks = copy.root / "verification" / "tasks.py"
    tasks.write_text(tasks.read_text().replace("from typing import Any\n", "from typing import Any\n\nimport a_module_that_nobody_wrote\n"))
    copy.begin("up")
    copy.await_line("Starting provider")
    began = time.monotonic()

    assert copy.process is not None
    assert copy.process.wait(ANSWER_SECONDS) == 1

    assert time.monotonic() - began < ANSWER_SECONDS
    said = copy.said()
    assert "The platform answers" not in said
    assert any(f"{name} ended while it was being started. The end of " in said for name in ("worker", "sender", "scheduler"))
    assert "ModuleNotFoundError: No module named 'a_module_that_nobody_wrote'" in said
    assert find_leftovers(copy.folder) == []
