"""Folders of embedded servers that a test owns, and what runs in them."""

import os
import secrets
from pathlib import Path

import psutil
import pytest

from kyc_platform.embedded.environment import base_environment
from kyc_platform.embedded.places import MARK, Folder
from kyc_platform.embedded.runs import clear_run


@pytest.fixture
def folder():
    """A folder for servers whose path holds what careless code trips over. Whatever runs in it is ended with the test.

    It lies in this run's folder and not in `tmp_path`, through which PostgreSQL's account may not pass when root runs the tests.
    """
    folder = Folder(Path(os.environ[MARK]) / f"a checkout, 100% 'quoted' {secrets.token_hex(4)}")
    folder.make()
    yield folder
    clear_run(folder)


@pytest.fixture
def base(folder):
    """What every process of the folder gets."""
    return base_environment(folder, os.environ)


@pytest.fixture
def server_commands():
    """The command lines of this test run's own servers."""
    commands = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == os.environ[MARK] and process.name() in ("postgres", "redis-server", "rclone"):
                commands.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue  # it has ended meanwhile, or is another user's
    return commands
