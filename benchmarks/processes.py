"""The platform's processes, and those of the baselines, started for a measurement and stopped after it."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

import psutil

from kyc_platform.embedded.places import ROOT
from kyc_platform.embedded.platform import answers
from kyc_platform.embedded.state import HOST, State, settle_ports

PLATFORM = "kyc_platform.wsgi:application"
START_SECONDS = 60
STOP_SECONDS = 30
LOG_CHARACTERS = 3000


@dataclass(frozen=True)
class Web:
    """A web server: its base URL and its one worker process."""

    url: str
    worker: psutil.Process

    def cpu_seconds(self) -> float:
        """Return the processor time that the worker has used so far."""
        times = self.worker.cpu_times()
        return float(times.user + times.system)


def peak_bytes(process: psutil.Process, work: Callable[[], object]) -> int:
    """Return how far the process's resident memory rises above what it is before, while the work is done."""
    place = Path("/proc", str(process.pid))
    (place / "clear_refs").write_text("5")  # proc(5): resets the peak
    before = process.memory_info().rss
    work()
    peak = re.search(r"VmHWM:\s+(\d+) kB", (place / "status").read_text())
    if peak is None:
        raise RuntimeError("the system does not tell a process's peak memory")
    return int(peak[1]) * 1024 - before


@contextmanager
def running(command: Sequence[str], *, is_ready: Callable[[], bool], environment: Mapping[str, str] | None = None) -> Iterator[int]:
    """Run a program until the block ends and yield its process id. Raises RuntimeError when it does not become ready."""
    with ExitStack() as stack:
        log = stack.enter_context(TemporaryFile())  # where the platform's logs go in earnest too: a file
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        stack.callback(_stop, process)
        deadline = time.monotonic() + START_SECONDS
        while not is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                log.seek(0)
                raise RuntimeError(f"{' '.join(command)} did not start:\n{log.read().decode(errors='replace')[-LOG_CHARACTERS:]}")
            time.sleep(0.1)
        yield process.pid


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def serving(
    application: str = PLATFORM,
    *,
    interface: str = "wsgi",
    path: str = "/healthz",
    environment: Mapping[str, str] | None = None,
    port: int = 0,
) -> Iterator[Web]:
    """Serve an application, the platform's unless another is named, as the platform is, with one worker, once `path` answers 200."""
    port = port or free_port()
    command = [sys.executable, "-m", "granian", "--interface", interface, "--no-ws", "--host", HOST, "--port", str(port)]
    size = ["--workers", "1", "--blocking-threads", "1"]
    url = f"http://{HOST}:{port}"
    with running([*command, *size, application], is_ready=lambda: answers(f"{url}{path}"), environment=environment) as pid:
        yield Web(url, psutil.Process(pid).children()[0])


def free_port() -> int:
    """Return a port that nobody listens on."""
    state = State()
    settle_ports(state, ["benchmark"], say=print)
    return state.ports["benchmark"]
