"""The merchant's schema that this thread is in, and the only way into one.

Inside, the search path holds the merchant's schema alone, without `public`: a query for a public table fails there, as a query
for a merchant's table fails outside. So no transaction can touch both sides, which Citus would not keep atomic.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection as django_connection
from django_tenants.utils import get_public_schema_name

connection: Any = django_connection  # django-tenants adds the schema to it, and is untyped


class NoSchema(RuntimeError):
    """A programming error: something of one merchant was asked for outside every merchant."""


def is_public() -> bool:
    """Tell whether this thread is outside every merchant's schema."""
    return bool(connection.schema_name == get_public_schema_name())


def current_schema() -> str:
    """Return the schema of the merchant this thread acts for. Raises NoSchema in `public`."""
    if is_public():
        raise NoSchema("no merchant's schema has been entered")
    return str(connection.schema_name)


@contextmanager
def inside_schema(schema: str) -> Iterator[None]:
    """Enter a merchant's schema, or `public`, and leave it again whatever happens.

    Not a proof of anything: callers outside `tenants.routing` enter through it, which checks that the merchant is served.
    """
    if connection.in_atomic_block and connection.schema_name != schema:
        raise NoSchema("a transaction touches one schema: finish it before entering another")
    previous, previous_public = connection.tenant, connection.include_public_schema
    connection.set_schema(schema, include_public=schema == get_public_schema_name())
    try:
        yield
    finally:
        connection.set_tenant(previous, include_public=previous_public)


def leave_every_schema() -> None:
    """Put this thread's connection into `public`, wherever it was. Sends nothing to the database."""
    if not is_public():
        connection.set_schema_to_public()
