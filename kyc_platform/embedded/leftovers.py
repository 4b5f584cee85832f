"""What a crash left behind: processes of a folder whose parent is gone. They are found by their mark and stopped.

A process belongs to a folder when its environment carries the folder's mark, or when it works inside the folder's data (PostgreSQL's
own children overwrite their environment with their title). Processes of other checkouts and other users are never touched.
"""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import psutil

from kyc_platform.embedded.places import MARK, PROGRAM, Folder

GRACE_SECONDS = 15


def find_leftovers(folder: Folder) -> list[psutil.Process]:
    """Return every living process of the folder except this one and those it was started by."""
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    return [process for process in psutil.process_iter() if process.pid not in own and _belongs(process, folder)]


def stop_leftovers(folder: Folder, *, say: Callable[[str], None] = lambda _line: None) -> int:
    """Stop every process of the folder and return how many there were: politely first, PostgreSQL in its own way, then by force."""
    found = find_leftovers(folder)
    if not found:
        return 0
    say(f"Stopping {len(found)} processes that an earlier start left behind.")
    for ordered in (_is_supervisor, lambda process: not _is_postgres(process), lambda process: _is_postgres(process)):
        _stop([process for process in found if ordered(process)])
    return len(found)


def stop_orphans(name: str) -> None:
    """Stop what a killed predecessor of this program left: granian's workers, say, outlive their parent and would go on taking requests.

    Called by the process that is about to become the program, of which the supervisor runs one at a time.
    """
    marks = {MARK: os.environ[MARK], PROGRAM: name}
    _stop([process for process in psutil.process_iter() if process.pid != os.getpid() and marks.items() <= _environment(process).items()])


def _environment(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ()
    except (psutil.Error, OSError):
        return {}  # it has ended meanwhile, or is another user's


def _stop(processes: list[psutil.Process]) -> None:
    for process in processes:
        _send(process, signal.SIGINT if _is_postgres(process) else signal.SIGTERM)
    _gone, alive = psutil.wait_procs(processes, timeout=GRACE_SECONDS)
    for process in alive:
        _send(process, signal.SIGQUIT if _is_postgres(process) else signal.SIGKILL)
    _gone, alive = psutil.wait_procs(alive, timeout=GRACE_SECONDS)
    for process in alive:
        _send(process, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=GRACE_SECONDS)


def _belongs(process: psutil.Process, folder: Folder) -> bool:
    if _environment(process).get(MARK) == str(folder.path):
        return True
    try:
        place = Path(process.cwd())
    except (psutil.Error, OSError):
        return False  # it has ended meanwhile, or is another user's
    return any(place.is_relative_to(home) for home in (folder.servers, folder.elsewhere))


def _send(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return  # it has ended by itself


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.Error:
        return ""


def _is_postgres(process: psutil.Process) -> bool:
    return _name(process) == "postgres"


def _is_supervisor(process: psutil.Process) -> bool:
    """A supervisor goes first, for it would start again what is stopped under it."""
    try:
        return any("supervisor" in part for part in process.cmdline())
    except psutil.Error:
        return False
