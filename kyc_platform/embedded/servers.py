"""The three servers of a folder, and which of them are embedded: a URL in the environment puts an outside one in its place."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from kyc_platform.embedded import postgres, redis, s3
from kyc_platform.embedded.places import Folder
from kyc_platform.embedded.postgres import Postgres
from kyc_platform.embedded.program import NotReady, Program
from kyc_platform.embedded.redis import Redis
from kyc_platform.embedded.s3 import S3
from kyc_platform.embedded.state import State

READY_SECONDS = 60
LOG_LINES = 15
REPLACED_BY = {postgres.NAME: "DATABASE_URL", redis.NAME: "REDIS_URL", s3.NAME: "S3_ENDPOINT_URL"}
S3_VARIABLES = ("S3_ENDPOINT_URL", "S3_BUCKET", "S3_REGION", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY")


class Server(Protocol):
    """What a server offers to whoever starts it, in the order of use."""

    name: str

    def prepare(self, *, say: Callable[[str], None]) -> None:
        """Make ready what it needs on disk. Its ports are chosen, and nothing of its folder runs."""

    def program(self) -> Program:
        """Return the process to run."""

    def is_ready(self) -> bool:
        """Tell whether it answers, never raising for one that does not."""

    def create(self) -> None:
        """Create in the running server what the platform needs: a database, a bucket."""


KINDS: dict[str, Callable[..., Server]] = {postgres.NAME: Postgres, redis.NAME: Redis, s3.NAME: S3}


def embedded_names(given: Mapping[str, str]) -> list[str]:
    """Return which servers are embedded: those whose variable is not in the environment of whoever starts."""
    return [name for name, variable in REPLACED_BY.items() if not given.get(variable)]


def embedded_servers(folder: Folder, state: State, given: Mapping[str, str], *, is_durable: bool = True) -> list[Server]:
    """Return the servers to start. Their ports are settled in `state` before."""
    return [KINDS[name](folder, state, is_durable=is_durable) for name in embedded_names(given)]


def addresses(folder: Folder, state: State, given: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that reach the servers. An outside server's are passed on as they were given.

    Raises ValueError for an outside S3 without its bucket: nobody's bucket is guessed.
    """
    names = embedded_names(given)
    found = {"DATABASE_URL": given.get("DATABASE_URL", ""), "REDIS_URL": given.get("REDIS_URL", "")}
    if postgres.NAME in names:
        found["DATABASE_URL"] = Postgres(folder, state).url()
    if redis.NAME in names:
        found["REDIS_URL"] = Redis(folder, state).url()
    if s3.NAME in names:
        return found | S3(folder, state).variables()
    if not given.get("S3_BUCKET"):
        raise ValueError("S3_ENDPOINT_URL names an outside S3 server: set S3_BUCKET too, and S3_ACCESS_KEY_ID with S3_SECRET_ACCESS_KEY")
    return found | {name: given[name] for name in S3_VARIABLES if given.get(name)}


def wait_until_ready(servers: Sequence[Server], *, log: Callable[[str], Path], is_alive: Callable[[str], bool]) -> None:
    """Wait until every server answers. Raises NotReady, with the end of its log, for one that ended or takes over a minute."""
    deadline = time.monotonic() + READY_SECONDS
    for server in servers:
        while not server.is_ready():
            if time.monotonic() > deadline or not is_alive(server.name):
                raise NotReady(f"{server.name} does not answer. The end of {log(server.name)}:\n{end_of(log(server.name))}")
            time.sleep(0.05)


def end_of(log: Path) -> str:
    """Return the last lines of a log file."""
    if not log.exists():
        return "(there is none)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES:])
