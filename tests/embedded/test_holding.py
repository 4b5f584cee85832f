"""One platform a checkout at a time; the claim ends with the process that made it, however that ends."""

import signal
import subprocess
import sys

import pytest

from kyc_platform.embedded.holding import AlreadyRunning, ask_to_end, holder, holding
from kyc_platform.embedded.places import ROOT

HOLD = """
import sys, time
from pathlib import Path
from kyc_platform.embedded.holding import holding
from kyc_platform.embedded.places import Folder
with holding(Folder(Path(sys.argv[1]))):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def other(folder):
    """Another process that runs the folder's platform."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder.path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_start_is_refused_and_says_how_to_end_the_first(folder, other):
    with pytest.raises(AlreadyRunning, match=f"process {other.pid}: `make down`"), holding(folder):
        pass


def test_a_killed_holder_holds_no_longer(folder, other):
    assert holder(folder) == other.pid
    other.send_signal(signal.SIGKILL)
    other.wait()

    assert holder(folder) is None
    with holding(folder):
        pass


def test_whoever_holds_is_asked_to_end_and_waited_for(folder, other):
    assert ask_to_end(folder) is True
    assert holder(folder) is None
    assert ask_to_end(folder) is False
    assert other.wait() == -signal.SIGTERM
