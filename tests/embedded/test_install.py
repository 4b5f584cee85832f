"""The Python environment of a checkout: made once, made anew when it is stale or unfinished, and of use in a folder with spaces.

The lock files of these checkouts are empty, so that nothing is fetched: what is tested is when an environment is made.
"""

import shutil
import subprocess
import sys

import pytest

from kyc_platform.embedded.places import ROOT

MACHINE_PYTHON = sys.base_prefix + "/bin/python3.11"
MODULES = ["__init__.py", "install.py", "places.py"]


@pytest.fixture
def checkout(tmp_path):
    root = tmp_path / "a checkout"
    (root / "kyc_platform" / "embedded").mkdir(parents=True)
    shutil.copy(ROOT / "kyc_platform" / "__init__.py", root / "kyc_platform")
    for name in MODULES:
        shutil.copy(ROOT / "kyc_platform" / "embedded" / name, root / "kyc_platform" / "embedded")
    for name in ("embedded", "dev"):
        (root / f"requirements-{name}.lock").write_text("# nothing\n")
    return root


def install(root, wanted):
    command = [MACHINE_PYTHON, "-BE", "-m", "kyc_platform.embedded.install", wanted]
    outcome = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert (outcome.returncode, outcome.stdout) == (0, ""), outcome.stderr  # what `make manage` prints is the command's alone
    return outcome.stderr


def test_the_second_time_nothing_is_done(checkout):
    assert "Installing 0 packages of requirements-embedded.lock" in install(checkout, "embedded")
    assert install(checkout, "embedded") == ""
    python = checkout / ".local" / "venv" / "bin" / "python"
    assert subprocess.run([python, "-c", "import kyc_platform.embedded"], cwd="/", check=False).returncode == 0


def test_tools_are_added_to_what_is_there_and_what_is_there_then_suffices_for_both(checkout):
    install(checkout, "embedded")
    assert "anew" not in install(checkout, "dev")
    assert install(checkout, "embedded") == ""
    assert install(checkout, "dev") == ""


def test_a_changed_lock_file_makes_the_environment_anew(checkout):
    install(checkout, "embedded")
    (checkout / "requirements-embedded.lock").write_text("# nothing more\n")
    assert "making it anew" in install(checkout, "embedded")
    assert install(checkout, "embedded") == ""


def test_what_an_interruption_left_unfinished_is_made_anew(checkout):
    install(checkout, "embedded")
    (checkout / ".local" / "venv" / "installed.json").unlink()  # it is written last
    assert "making it anew" in install(checkout, "embedded")


def test_a_checkout_that_was_moved_makes_its_environment_anew(checkout):
    install(checkout, "embedded")
    moved = checkout.rename(checkout.with_name("moved"))
    assert "making it anew" in install(moved, "embedded")


def test_a_package_that_cannot_be_had_ends_with_a_sentence_and_a_failure(checkout):
    (checkout / "requirements-embedded.lock").write_text(f"./no-such-package.whl --hash=sha256:{'0' * 64}\n")
    command = [MACHINE_PYTHON, "-BE", "-m", "kyc_platform.embedded.install", "embedded"]
    outcome = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    assert outcome.returncode == 1
    assert "pip could not install requirements-embedded.lock" in outcome.stderr
    assert "Traceback" not in outcome.stderr
