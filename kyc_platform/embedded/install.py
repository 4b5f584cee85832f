"""The checkout's own Python environment, `.local/venv`, from a lock file. Run by the machine's Python, so the standard library only.

    python3.11 -m kyc_platform.embedded.install embedded|dev

`embedded` is what the platform runs on, `dev` adds the tools and the tests' libraries. Needs Python 3.11 with pip; the module
`ensurepip`, which some distributions leave out, is not needed. May be repeated: when nothing changed it takes no time, and what an
interruption left half done is made anew. A changed lock file, a moved checkout or another Python make it anew as well.
"""

import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys

from kyc_platform.embedded.places import PLATFORM, ROOT

LOCAL = PLATFORM.path
VENV = LOCAL / "venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.json"
LOCKS = {name: ROOT / f"requirements-{name}.lock" for name in ("embedded", "dev")}
INCLUDES = {"embedded": {"embedded"}, "dev": {"embedded", "dev"}}
# Whatever the machine's pip configuration says of where to install, this goes into the environment made here, and asks nothing.
PIP_ENVIRONMENT = {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
PIP_PLACES = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_DRY_RUN", "PYTHONHOME", "PYTHONPATH")


def main(wanted: str) -> None:
    """Make `.local/venv` hold what the lock file `wanted` names."""
    if sys.version_info[:2] != (3, 11):
        sys.exit(f"Python 3.11 is needed and this is {sys.version.split()[0]}: name one with `make PYTHON=/path/to/python3.11`.")
    LOCAL.mkdir(mode=0o700, exist_ok=True)
    with (LOCAL / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two commands at once: the second waits and finds it done
        done = _installed()
        if wanted in done:
            return
        if not done:
            _make_empty()
        _install(wanted)
        _write_stamp(sorted(done | INCLUDES[wanted]))


def _identity() -> dict[str, str]:
    """What an environment must have been made from to be used: this place, this Python."""
    return {"place": str(VENV), "python": sys.version, "base": sys.base_prefix}


def _digest(name: str) -> str:
    return hashlib.sha256(LOCKS[name].read_bytes()).hexdigest()


def _installed() -> set[str]:
    """Return which lock files the environment holds whole; none when it is unfinished, stale or of elsewhere."""
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return set()
    same = stamp.get("identity") == _identity() and all(_digest(name) == digest for name, digest in stamp["locks"].items())
    return set(stamp["locks"]) if same and PYTHON.exists() else set()


def _make_empty() -> None:
    if VENV.exists():
        _say("The Python environment in .local/venv is unfinished or out of date: making it anew.")
        shutil.rmtree(VENV)
    has_pip = importlib.util.find_spec("pip") is not None
    subprocess.run([sys.executable, "-m", "venv", *(["--without-pip"] if has_pip else []), str(VENV)], check=True)
    VENV.chmod(0o755)
    packages = VENV / "lib" / "python3.11" / "site-packages"
    (packages / "kyc_checkout.pth").write_text(f"{ROOT}\n")  # the houses are importable from wherever a command is started


def _install(wanted: str) -> None:
    count = sum(line[:1].isalnum() for line in LOCKS[wanted].read_text().splitlines())
    _say(f"Installing {count} packages of {LOCKS[wanted].name} into .local/venv: a few minutes, once.")
    STAMP.unlink(missing_ok=True)
    pip = [sys.executable, "-m", "pip", "--python", str(PYTHON)] if importlib.util.find_spec("pip") else [str(PYTHON), "-m", "pip"]
    environment = {name: value for name, value in os.environ.items() if name not in PIP_PLACES} | PIP_ENVIRONMENT
    arguments = ["-qq", "--no-color", "--progress-bar", "off", "--require-hashes", "--no-deps", "-r", str(LOCKS[wanted])]
    outcome = subprocess.run([*pip, "install", *arguments], env=environment, stdin=subprocess.DEVNULL, check=False)
    if outcome.returncode:
        sys.exit(f"pip could not install {LOCKS[wanted].name}: the lines above say why. Run the same command again when that is mended.")


def _say(line: str) -> None:
    """Tell the person. Not on stdout: that is of the command which needs the environment, and somebody may keep what it prints."""
    print(line, file=sys.stderr, flush=True)


def _write_stamp(names: list[str]) -> None:
    unfinished = STAMP.with_suffix(".new")
    unfinished.write_text(json.dumps({"identity": _identity(), "locks": {name: _digest(name) for name in names}}))
    unfinished.replace(STAMP)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in LOCKS:
        sys.exit(__doc__)
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        sys.exit(130)
