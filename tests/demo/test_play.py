"""The demonstration says clearly why it cannot go on. Its success is seen by `make demo`, against a whole running platform."""

import json
import subprocess
import sys
from pathlib import Path

from tests.fixtures.sandbox_provider import ROOT, free_port


def play(state: Path) -> subprocess.CompletedProcess[str]:
    """Play the demonstration as `make demo` does."""
    return subprocess.run(
        [sys.executable, "-m", "kyc_platform.demo.play", str(state)], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_without_a_platform_it_names_what_it_expected(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    state = tmp_path / "demo.json"
    state.write_text(json.dumps({"base_url": url, "test_api_key": "kyc_test_x.y", "webhook_receiver_url": url}))

    outcome = play(state)

    assert outcome.returncode == 1
    assert outcome.stderr == (
        f"FAILED: expected an answer to GET {url}/api/v1/webhook-endpoints; there was ConnectionError. Is `make up` running?\n"
    )


def test_a_file_that_lacks_something_is_named_with_it(tmp_path: Path) -> None:
    state = tmp_path / "demo.json"
    assert play(state).stderr == f"FAILED: expected {state}, which `make up` writes\n"

    state.write_text("{}")
    outcome = play(state)

    assert outcome.returncode == 1
    assert outcome.stderr == "FAILED: expected base_url, test_api_key, webhook_receiver_url in the file that `make up` writes\n"
