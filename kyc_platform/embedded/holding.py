"""One platform a checkout: whoever runs it holds a lock, which the system lets go when that process ends, however it ends."""

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kyc_platform.embedded.places import Folder

END_SECONDS = 240


class AlreadyRunning(RuntimeError):
    """Another process runs the platform of this checkout. The text says which."""


def _file(folder: Folder) -> Path:
    return folder.path / "up.lock"


@contextmanager
def holding(folder: Folder) -> Iterator[None]:
    """Be the one that runs this folder's platform. Raises AlreadyRunning."""
    folder.make()
    with _file(folder).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(
                f"The platform of this checkout runs already, as process {holder(folder)}: `make down` stops it."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def holder(folder: Folder) -> int | None:
    """Return the process that runs the platform, or None. Its lock is what counts: a number alone may be stale."""
    if not _file(folder).exists():
        return None
    with _file(folder).open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            text = lock.read()
            return int(text) if text else 0
    return None


def ask_to_end(folder: Folder) -> bool:
    """Ask whoever runs the platform to stop it, and wait until it has. Tells whether there was anybody."""
    process = holder(folder)
    if not process:
        return False
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGTERM)
    deadline = time.monotonic() + END_SECONDS
    while holder(folder) is not None:
        if time.monotonic() > deadline:
            raise TimeoutError(f"process {process} has been asked to stop the platform and has not done so in {END_SECONDS} seconds")
        time.sleep(0.1)
    return True
