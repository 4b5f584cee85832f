"""The rule of the doors: no network while a transaction is open.

Every way out of the process (S3, a provider, a merchant) calls `assert_no_transaction` first, so that a slow or dead peer can
never hold row locks, and so that an effect outside is never believed to roll back with the database.
"""

from django.db import connection


class NetworkInsideTransaction(RuntimeError):
    """A programming error: code asked for the network between BEGIN and COMMIT."""


def assert_no_transaction() -> None:
    """Raise NetworkInsideTransaction when this thread's database connection is inside a transaction."""
    if connection.in_atomic_block:
        raise NetworkInsideTransaction("close the transaction before using the network")
