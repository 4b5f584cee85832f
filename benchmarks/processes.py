"""The platform's processes, and those of the baselines, started for a measurement and stopped after it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryFile

from kyc_platform.embedded.places import ROOT
from kyc_platform.embedded.platform import answers
from kyc_platform.embedded.state import HOST, State, settle_ports

START_SECONDS = 60
STOP_SECONDS = 30
LOG_CHARACTERS = 3000


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
def serving(application: str, *, path: str = "/healthz", environment: Mapping[str, str] | None = None, port: int = 0) -> Iterator[str]:
    """Serve a WSGI application as the platform is served, with one worker, and yield its base URL once `path` answers 200."""
    port = port or free_port()
    address = ("--host", HOST, "--port", str(port))
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", *address, "--workers", "1", "--blocking-threads", "1"]
    url = f"http://{HOST}:{port}"
    with running([*command, application], is_ready=lambda: answers(f"{url}{path}"), environment=environment):
        yield url


def free_port() -> int:
    """Return a port that nobody listens on."""
    state = State()
    settle_ports(state, ["benchmark"], say=print)
    return state.ports["benchmark"]
