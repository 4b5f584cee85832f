"""Migrating all merchants: SQL is made once and sent to twenty schemas a transaction; what is more than SQL runs schema by schema.

A migration as Django runs it asks the catalogues of the whole database again for every schema, which costs 50 to 190 ms each and grows
with their number; the SQL alone is 1 to 3 % of that. More than 20 schemas in a transaction would fill PostgreSQL's lock table.
The threads wait for the server, which does the work, so they are as parallel as processes would be.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial

from django.db import DatabaseError, connection, connections, transaction
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import RunPython, SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation

from kyc_platform.schema import inside_schema
from tenants.merchants.behind import SEVERAL_MERCHANTS, applied_migrations, by_missing, chunks, schemas_behind
from tenants.merchants.migrating import LOCK_TIMEOUT, MigrationKey, migrate_schema

logger = logging.getLogger(__name__)

SCHEMAS_PER_TRANSACTION = 20

Say = Callable[[str], None]


def migrate_merchants(*, schemas: Sequence[str] | None = None, workers: int, say: Say) -> list[str]:
    """Bring schemas up to the code, those named or all that are behind, and return those that could not be.

    Each schema commits the SQL of a migration together with its row, so a run that was killed is simply started again, and two runs at
    once do no harm. A schema that fails is left as it was, said aloud, and does not keep the others.
    """
    failed: list[str] = []
    for missing, group in by_missing(schemas_behind(schemas)).items():
        left = list(group)
        for key in missing:
            refused = migrate_group(key, left, workers=workers, say=say)
            failed += refused
            left = [schema for schema in left if schema not in refused]
    return failed


def migrate_group(key: MigrationKey, schemas: Sequence[str], *, workers: int, say: Say) -> list[str]:
    """Apply one migration to schemas that all stand right before it; return those that refused it."""
    if not schemas:
        return []
    name, done, refused = ".".join(key), 0, list[str]()
    migration = MigrationLoader(None).graph.nodes[key]
    work: list[tuple[Callable[[], list[str]], int]]
    if is_pure_sql(migration):
        body = collected_sql(key, schemas[0])
        work = [(partial(broadcast, key, body, part), len(part)) for part in chunks(schemas, SCHEMAS_PER_TRANSACTION)]
    else:
        work = [(partial(migrate_one, key, schema), 1) for schema in schemas]
    with ThreadPoolExecutor(max_workers=workers) as pool:
        running = {pool.submit(in_thread, job): count for job, count in work}
        for future in as_completed(running):
            refused += future.result()
            done += running[future] - len(future.result())
            say(f"{name}: {done} of {len(schemas)} merchants" + "".join(f", refused by {schema}" for schema in future.result()))
    return refused


def in_thread(job: Callable[[], list[str]]) -> list[str]:
    """Run a job on this thread's own connection, and close it."""
    try:
        return job()
    finally:
        connections.close_all()


def broadcast(key: MigrationKey, body: str, schemas: Sequence[str]) -> list[str]:
    """Run a migration's SQL in several schemas, in one transaction. When that fails, each tries alone. Return those that refused it."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            tables = ", ".join(f"{connection.ops.quote_name(schema)}.django_migrations" for schema in schemas)
            cursor.execute(
                f"{SEVERAL_MERCHANTS} SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'; LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE"
            )
            applied = applied_migrations(schemas)  # another run may have been faster
            pieces = [
                f"SET LOCAL search_path = {connection.ops.quote_name(schema)};\n{body}\n{recording(key)}"
                for schema in schemas
                if key not in applied[schema]
            ]
            if pieces:
                cursor.execute(SEVERAL_MERCHANTS + "\n".join(pieces))
    except DatabaseError as error:
        if len(schemas) > 1:
            return [refused for schema in schemas for refused in broadcast(key, body, [schema])]
        logger.error("migration refused", exc_info=error, extra={"merchant_schema": schemas[0], "migration": ".".join(key)})
        return list(schemas)
    return []


def migrate_one(key: MigrationKey, schema: str) -> list[str]:
    """Apply a migration that is more than SQL, as Django does. Return the schema when it refused it."""
    try:
        migrate_schema(schema, targets=[key])
    except Exception as error:  # a migration's Python may raise anything; the other merchants go on
        logger.error("migration refused", exc_info=error, extra={"merchant_schema": schema, "migration": ".".join(key)})
        return [schema]
    return []


def collected_sql(key: MigrationKey, schema: str) -> str:
    """Return the SQL of a migration, as it would run in a schema that stands right before it. Changes nothing."""
    with inside_schema(schema):
        loader = MigrationLoader(connection)
        with connection.schema_editor(collect_sql=True, atomic=False) as editor:
            loader.graph.nodes[key].apply(loader.project_state(key, at_end=False), editor, collect_sql=True)
    return "\n".join(line for line in editor.collected_sql if not line.startswith("--"))


def recording(key: MigrationKey) -> str:
    """Return the statement that records a migration as applied."""
    app, name = key  # identifiers: both are names of Python modules of ours
    return f"INSERT INTO django_migrations (app, name, applied) VALUES ('{app}', '{name}', now());"  # noqa: S608


def is_pure_sql(migration: Migration) -> bool:
    """Tell whether everything a migration does is statements that may run in a transaction."""
    operations = flat(migration.operations)
    return migration.atomic and all(operation.reduces_to_sql and not isinstance(operation, RunPython) for operation in operations)


def flat(operations: Sequence[Operation]) -> Iterator[Operation]:
    """Give operations, and those within them that touch the database."""
    for operation in operations:
        if isinstance(operation, SeparateDatabaseAndState):
            yield from flat(operation.database_operations)
        else:
            yield operation
