"""A pytest plugin: real PostgreSQL, Redis and S3 for the tests, started before Django reads its settings.

The process that pytest was started as starts the servers once, in a folder of this run, and stops them at the end; what a crashed
run left is cleared first. Processes of `-n` inherit the addresses, and each takes a Redis database and a bucket of its own here;
its PostgreSQL database comes from pytest-django. DATABASE_URL, REDIS_URL and S3_ENDPOINT_URL in the environment replace servers.

It is loaded by `-p` in pyproject.toml: a conftest would come after pytest-django has imported the settings.
"""

import os
import secrets
import sys
from collections.abc import Iterator
from typing import IO
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config

from kyc_platform.embedded.direct import DirectServers
from kyc_platform.embedded.environment import base_environment, platform_environment
from kyc_platform.embedded.places import TESTS, Folder
from kyc_platform.embedded.runs import clear_abandoned_runs, clear_run, hold_run
from kyc_platform.embedded.servers import embedded_names, embedded_servers
from kyc_platform.embedded.state import State, save_state, settle_ports


class TestServers:
    """The servers of one run of the tests or the benchmarks, and the folder they live in."""

    def __init__(self, *, is_durable: bool = False) -> None:
        self.is_durable = is_durable
        self.folder = Folder(TESTS / f"run-{os.getpid()}-{secrets.token_hex(4)}")
        self.given = dict(os.environ)
        self.lock: IO[str] | None = None
        self.direct: DirectServers | None = None

    def start(self) -> None:
        """Clear what crashed runs left, start the servers and put their addresses into the environment."""
        TESTS.mkdir(parents=True, exist_ok=True)
        for folder in TESTS.parent, TESTS:
            folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
        clear_abandoned_runs()
        self.lock = hold_run(self.folder)
        state = State()
        settle_ports(state, [*embedded_names(self.given), "web", "provider"], say=_say)
        save_state(self.folder, state)
        servers = embedded_servers(self.folder, state, self.given, is_durable=self.is_durable)
        self.direct = DirectServers(self.folder, servers, environment=base_environment(self.folder, self.given), say=_say)
        self.direct.start()
        os.environ.update(base_environment(self.folder, self.given))
        os.environ.update(platform_environment(self.folder, state, self.given, kind="test"))

    def stop(self) -> None:
        """Stop the servers and remove their folder. May be repeated."""
        if self.direct is not None:
            self.direct.stop()
        clear_run(self.folder)
        if self.lock is not None:
            self.lock.close()


def take_own_share(number: int) -> None:
    """Give this process a Redis database and a bucket of its own; its database gets the same number from pytest-django."""
    os.environ["REDIS_URL"] = urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{number}").geturl()
    bucket = os.environ["S3_BUCKET"].removesuffix("-test-0")  # what the process that started this one took for itself
    os.environ["S3_BUCKET"] = f"{bucket}-test-{number}"
    client = boto3.client(
        "s3",
        endpoint_url=os.environ["S3_ENDPOINT_URL"],
        region_name=os.environ["S3_REGION"],
        aws_access_key_id=os.environ.get("S3_ACCESS_KEY_ID"),
        aws_secret_access_key=os.environ.get("S3_SECRET_ACCESS_KEY"),
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, proxies={}),
    )
    if os.environ["S3_BUCKET"] not in [bucket.get("Name") for bucket in client.list_buckets()["Buckets"]]:
        client.create_bucket(Bucket=os.environ["S3_BUCKET"])


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Have the servers ready first: a wrapper runs before pytest-django's part of the same hook, which imports the settings."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        servers = TestServers()
        early_config.add_cleanup(servers.stop)
        servers.start()
        take_own_share(0)
    else:
        take_own_share(int(worker.removeprefix("gw")) + 1)
    return (yield)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
