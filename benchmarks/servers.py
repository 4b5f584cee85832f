"""PostgreSQL, Redis and S3 for a run of the benchmarks: those of the tests, but as durable as in earnest."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
from psycopg2 import sql

from kyc_platform.embedded.places import ROOT
from tests.servers import TestServers


class Servers:
    """The servers of one run. Each benchmark gets a database and a Redis database of its own, so that none finds another's rows."""

    def __init__(self) -> None:
        self._servers = TestServers(is_durable=True)
        self._shares = 0

    @property
    def folder(self) -> Path:
        """A folder of this run, removed at its end."""
        return self._servers.folder.path

    def start(self) -> None:
        """Start them and migrate `public`. Their addresses are in this process's environment then."""
        self._servers.start()
        migrate = [sys.executable, "manage.py", "migrate_schemas", "--shared", "--verbosity", "0", "--skip-checks"]
        subprocess.run(migrate, cwd=ROOT, stdin=subprocess.DEVNULL, check=True)

    def stop(self) -> None:
        """Stop them and remove what they kept. May be repeated."""
        self._servers.stop()

    @contextmanager
    def own_share(self, name: str) -> Iterator[dict[str, str]]:
        """Yield an environment with a copy of the migrated database and an empty Redis database; the copy is dropped afterwards."""
        self._shares += 1
        url = urlsplit(os.environ["DATABASE_URL"])
        original, copy = sql.Identifier(url.path.lstrip("/")), sql.Identifier(f"benchmark_{name}")
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(copy, original))
        redis_url = urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{self._shares}").geturl()
        try:
            yield os.environ | {"DATABASE_URL": url._replace(path=f"/benchmark_{name}").geturl(), "REDIS_URL": redis_url}
        finally:
            self._run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(copy))

    def _run(self, statement: sql.Composed) -> None:
        connection = psycopg2.connect(urlsplit(os.environ["DATABASE_URL"])._replace(path="/postgres").geturl())
        connection.autocommit = True  # databases are not made in transactions
        with connection.cursor() as cursor:
            cursor.execute(statement)
        connection.close()
