"""The whole platform as an operator has it: every program a supervised process, on ports and in a folder of its own."""

import json
import os
import secrets
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, cast

import psutil
import psycopg2
import redis

from kyc_platform.embedded.environment import PASSED_ON, base_environment
from kyc_platform.embedded.manage import settings_of
from kyc_platform.embedded.places import ROOT, TESTS, Folder
from kyc_platform.embedded.platform import Platform, answers
from kyc_platform.embedded.postgres import Postgres
from kyc_platform.embedded.redis import Redis
from kyc_platform.embedded.runs import clear_run, hold_run

ANSWER_SECONDS = 60
T = TypeVar("T")


class RunningPlatform:
    """One platform, with the demonstration's merchant and its webhook receiver. Tests read it over HTTP, and its stores directly."""

    def __init__(self) -> None:
        self.folder = Folder(TESTS / f"run-{os.getpid()}-platform-{secrets.token_hex(4)}")
        self.lock = hold_run(self.folder)
        # What the tests' own servers are reached by must not reach this platform.
        self.given = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        self.platform = Platform(self.folder, self.given, say=lambda _line: None)

    def start(self) -> None:
        """Start everything, and let the demonstration be played once, which makes the receiver known."""
        self.platform.start()
        self.play()

    def stop(self) -> None:
        """Stop everything and remove the folder."""
        self.platform.stop()
        clear_run(self.folder)
        self.lock.close()

    def play(self) -> str:
        """Play the demonstration as `make demo` does, and return what it showed."""
        command = [sys.executable, "-m", "kyc_platform.demo.play", str(self.folder.demo_file)]
        environment = base_environment(self.folder, self.given)
        outcome = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr
        return outcome.stdout

    def open_merchant(self, name: str) -> dict[str, Any]:
        """Open a merchant as an operator does, under a name that begins so, and return what the command tells: its keys."""
        command = [sys.executable, "manage.py", "open_merchant", f"{name}-{secrets.token_hex(4)}", "--json"]
        environment = settings_of(self.folder, self.given)
        opened = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        return dict(json.loads(opened.stdout))

    @property
    def base_url(self) -> str:
        """Where the API answers."""
        return self.platform.base_url

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What `demo.json` tells: keys, ids, addresses."""
        return dict(json.loads(self.folder.demo_file.read_text()))

    @property
    def programs(self) -> list[str]:
        """The names of all programs: each has a log of that name."""
        return ["postgres", "redis", "s3", "provider", "receiver", "web", "worker", "sender", "scheduler"]

    def process(self, name: str) -> psutil.Process:
        """Return the supervised process of a program, once it runs."""
        return until(lambda: self._running(name), f"{name} to run")

    def _running(self, name: str) -> psutil.Process | None:
        with self.platform.supervision.asked() as asked:
            number = cast(dict[str, Any], asked.supervisor.getProcessInfo(name))["pid"]
        try:
            return psutil.Process(number) if number else None
        except psutil.NoSuchProcess:
            return None  # killed, and the supervisor does not know yet

    def kill(self, name: str, *, with_children: bool = True) -> psutil.Process:
        """`kill -9` a program, with every process that it has started unless told otherwise; return what was killed."""
        process = self.process(name)
        family = [process, *(process.children(recursive=True) if with_children else [])]
        for member in family:
            try:
                member.kill()
            except psutil.NoSuchProcess:
                continue  # it ended with its parent
        process.wait(10)
        return process

    def kill_supervisor(self) -> None:
        """`kill -9` what watches over all programs; they go on, orphaned, until the next start."""
        supervisor = self.platform.supervision.process
        assert supervisor is not None
        supervisor.kill()
        supervisor.wait()

    def wait_until_whole(self, *, but: str = "") -> None:
        """Wait until every program runs, but for one that is stopped, and all its dependencies answer."""
        for name in self.programs:
            if name != but:
                self.process(name)
        ports = self.platform.state.ports
        addresses = (("web", "/readyz"), ("provider", "/healthz"), ("receiver", "/healthz"))
        for name, path in addresses:
            url = f"http://127.0.0.1:{ports[name]}{path}"
            until(lambda url=url: answers(url), f"{name} to be well", seconds=ANSWER_SECONDS)  # type: ignore[misc]

    @contextmanager
    def without(self, name: str) -> Iterator[None]:
        """Have a program stopped for a while."""
        with self.platform.supervision.asked() as asked:
            asked.supervisor.stopProcess(name, True)
        try:
            yield
        finally:
            self.platform.supervision.run(name)

    def redis(self) -> redis.Redis:
        """Return a client of the platform's Redis."""
        return redis.Redis.from_url(Redis(self.folder, self.platform.state).url())

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Read from the database, within the schema of the demonstration's sandbox."""
        connection = psycopg2.connect(self.database_url)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(f'SET LOCAL search_path TO "{self.schema}"')
                cursor.execute(sql, parameters)
                return list(cursor.fetchall())
        finally:
            connection.close()

    @property
    def database_url(self) -> str:
        """The URL of the platform's database."""
        return Postgres(self.folder, self.platform.state).url()

    @cached_property
    def schema(self) -> str:
        """The schema of the demonstration's sandbox."""
        connection = psycopg2.connect(self.database_url)
        try:
            with connection, connection.cursor() as cursor:
                statement = "SELECT schema_name FROM tenants_merchant WHERE slug = %s AND sandbox_of_id IS NOT NULL"
                cursor.execute(statement, [self.facts["merchant"]["slug"]])
                (found,) = cursor.fetchone() or ("",)
                return str(found)
        finally:
            connection.close()

    def received(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Read from the webhook receiver's own store."""
        return _read(self.folder.path / "receiver.sqlite3", sql, parameters)

    def provided(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Read from the sandbox provider's own store."""
        return _read(self.folder.path / "provider.sqlite3", sql, parameters)


def _read(path: Path, sql: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    try:
        return list(database.execute(sql, parameters))
    finally:
        database.close()


def until(ask: Callable[[], T | None], what: str, *, seconds: float = 30.0) -> T:
    """Ask again until the answer is something, and return it. Fails naming what was waited for."""
    deadline = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"waited {seconds:.0f} seconds for {what}"
        time.sleep(0.1)
    return answer
