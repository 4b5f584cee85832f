"""PostgreSQL refuses to run as root. When root starts the platform, it runs as an account without rights instead."""

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

UNPRIVILEGED = "nobody"


def postgres_account() -> str | None:
    """Return whom PostgreSQL must run as: nobody in particular when root asks, otherwise the caller itself (None)."""
    return UNPRIVILEGED if os.geteuid() == 0 else None


class RunAs(TypedDict, total=False):
    """The arguments of `subprocess` that change the account."""

    user: int
    group: int
    extra_groups: list[int]


def run_as(account: str | None) -> RunAs:
    """Return what makes `subprocess` start a program as this account; nothing for the caller's own."""
    if account is None:
        return {}
    owner = pwd.getpwnam(account)
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def can_run(binary: Path, *, account: str) -> bool:
    """Tell whether the account may reach and start a program: every folder above it must let strangers pass."""
    try:
        outcome = subprocess.run([binary, "--version"], **run_as(account), cwd="/", capture_output=True, check=False)
    except PermissionError:
        return False
    return outcome.returncode == 0


def can_pass(folder: Path) -> bool:
    """Tell whether strangers may pass through this folder and all above it."""
    return all(place.stat().st_mode & stat.S_IXOTH for place in (folder, *folder.parents))


def give(folder: Path, account: str | None) -> None:
    """Make a folder the account's own and nobody else's. A folder that exists keeps its content."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o700)
    if account is not None:
        owner = pwd.getpwnam(account)
        os.chown(folder, owner.pw_uid, owner.pw_gid)


def move_out(install: Path, elsewhere: Path, *, say: Callable[[str], None]) -> Path:
    """Copy PostgreSQL's programs to a folder that its account may reach, and return where they are.

    The copy is made whole or not at all and is root's, so that the account cannot change what it runs.
    """
    if elsewhere.is_symlink() or (elsewhere.exists() and elsewhere.stat().st_uid != 0):
        raise PermissionError(f"{elsewhere} exists and is not root's: somebody else made it. Remove it and try again.")
    if not elsewhere.exists():
        say(f"The account {UNPRIVILEGED}, as which PostgreSQL runs for root, may not enter this checkout: PostgreSQL lives in {elsewhere}.")
        elsewhere.mkdir(mode=0o755)
    elsewhere.chmod(0o755)
    copy = elsewhere / f"install-{install.stat().st_mtime_ns}"
    if not copy.exists():
        unfinished = elsewhere / "install.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(install, unfinished / install.name)
        shutil.copytree(install.with_suffix(".libs"), unfinished / f"{install.name}.libs")
        for place in (unfinished, *unfinished.rglob("*")):
            if not place.is_symlink():
                place.chmod(0o755 if place.is_dir() or place.stat().st_mode & stat.S_IXUSR else 0o644)
        unfinished.rename(copy)
    return copy / install.name
