"""What must be true of the database connection before anything is served. Each check is one of Django's system checks.

`manage.py check --database default` runs them; the web process does so at its start, and every process before it first enters a merchant.
A pooler that gives a session's statements to different servers loses the search path, and with it the merchant: on PostgreSQL 15 to 17
silently.
"""

import secrets
from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.backends.postgresql.psycopg_any import is_psycopg3
from django.db.backends.utils import CursorWrapper

from kyc_platform.per_process import once_per_process

PROBES = 4
PROBE_SETTING = "kyc.session_probe"  # a setting of ours that no pooler knows to carry over
MINIMUM_VERSION = 150_000

WRONG_DRIVER = Error(
    "psycopg 3 is importable, so Django uses it; the platform is measured and tested with psycopg2",
    hint="uninstall psycopg (version 3) from this environment",
    id="kyc.E001",
)
TRANSACTION_POOLING = Error(
    "the database connection goes through a pooler that does not keep a session on one server (transaction or statement pooling)",
    hint="use session pooling or a direct connection: with transaction pooling, queries meet other merchants' schemas",
    id="kyc.E002",
)
OLD_SERVER = Error("PostgreSQL is older than 15", hint="use PostgreSQL 15 to 18", id="kyc.E003")


class UnsafeDatabase(RuntimeError):
    """The installation is wrong in a way that could mix merchants or was never tested; nothing is served."""


@once_per_process
def require_safe_database() -> None:
    """Raise UnsafeDatabase unless every check passes; once they have, it costs nothing. OperationalError while the database is away."""
    found = [*check_driver(), *check_database_session(databases=[DEFAULT_DB_ALIAS])]
    if found:
        raise UnsafeDatabase("; ".join(f"{error.id}: {error.msg} ({error.hint})" for error in found))


def check_driver(**_: Any) -> list[CheckMessage]:
    """Refuse to run on a driver that became importable by accident: Django prefers it silently."""
    return [WRONG_DRIVER] if is_psycopg3 else []


def check_database_session(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Refuse a server that is too old and a pooler that moves sessions between servers."""
    found: list[CheckMessage] = []
    for alias in databases or []:
        connection: Any = connections[alias]
        connection.ensure_connection()
        if connection.pg_version < MINIMUM_VERSION:
            found.append(OLD_SERVER)
        if not keeps_sessions(alias):
            found.append(TRANSACTION_POOLING)
    return found


def keeps_sessions(alias: str) -> bool:
    """Tell whether each connection has a server of its own.

    One connection sets a value; a second one then holds a transaction open. Behind a transaction pooler either the second one is
    given the first one's server, and sees the value, or the first one is moved away from it, and loses the value. So both
    a pooler that reuses the latest server and one that goes round are found, also when it has one server only.
    """
    first, second = connections[alias].copy(), connections[alias].copy()
    value = secrets.token_hex(8)
    try:
        with first.cursor() as setter:
            setter.execute("SELECT set_config(%s, %s, false)", [PROBE_SETTING, value])
            home = _seen(setter)
            if home[0] != value:
                return False
            with second.cursor() as holder:
                holder.execute("BEGIN")
                other = _seen(holder)
                if other[0] == value or other[1] == home[1]:
                    return False
                return all(_seen(setter) == home for _ in range(PROBES))
    except DatabaseError:
        return False  # a pooler without a second server refuses or times out; a server that is down has failed before this
    finally:
        first.close()
        second.close()


def _seen(cursor: CursorWrapper) -> tuple[str | None, int]:
    cursor.execute("SELECT current_setting(%s, true), pg_backend_pid()", [PROBE_SETTING])
    value, pid = cursor.fetchone()
    return value, pid
