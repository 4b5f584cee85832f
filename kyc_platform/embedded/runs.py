"""Folders of test runs: one a run, held by the run's process through a lock, cleared by the next run when that process is gone."""

import fcntl
import shutil
from contextlib import suppress
from typing import IO

from kyc_platform.embedded.leftovers import stop_leftovers
from kyc_platform.embedded.places import TESTS, Folder

LOCK = "run.lock"


def hold_run(folder: Folder) -> IO[str]:
    """Make the folder of a run and hold it for as long as the returned file is open."""
    folder.make()
    lock = (folder.path / LOCK).open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def clear_abandoned_runs() -> None:
    """Stop and remove what runs left whose process is gone. Runs that go on are left alone."""
    for path in TESTS.glob("run-*"):
        with suppress(FileNotFoundError, BlockingIOError), (path / LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            clear_run(Folder(path))


def clear_run(folder: Folder) -> None:
    """Stop every process of a run and remove its folder."""
    stop_leftovers(folder)
    for path in (folder.path, folder.elsewhere):
        shutil.rmtree(path, ignore_errors=True)
