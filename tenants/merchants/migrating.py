"""Bringing one merchant's schema up to the code: each migration commits together with the row that says it was applied."""

from collections.abc import Iterable
from contextlib import nullcontext
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from kyc_platform.schema import inside_schema

MigrationKey = tuple[str, str]

LOCK_TIMEOUT = "5s"


def wanted_leaves(loader: MigrationLoader) -> list[MigrationKey]:
    """Return the last migrations of the houses that live in a merchant's schema."""
    return [leaf for leaf in loader.graph.leaf_nodes() if leaf[0] in settings.TENANT_APPS]


def wanted_migrations(loader: MigrationLoader) -> list[MigrationKey]:
    """Return every migration that a merchant's schema needs, in the order in which they are applied."""
    wanted: dict[MigrationKey, None] = {}
    for leaf in wanted_leaves(loader):
        wanted |= dict.fromkeys(loader.graph.forwards_plan(leaf))
    return list(wanted)


def migrate_schema(schema: str, *, targets: Iterable[MigrationKey] | None = None) -> list[MigrationKey]:
    """Apply what is pending in one existing schema, up to `targets` or the last ones, and return it.

    Killed at any point and called again, it goes on where it stood: Django records a migration after the transaction that applied it,
    so that a kill in between makes the next run fail on a table that exists; here both are one transaction. Two that run at once
    wait for each other. A migration that declares `atomic = False` must itself be able to run twice.
    """
    done: list[MigrationKey] = []
    with inside_schema(schema):
        executor: Any = MigrationExecutor(connection)  # its steps are methods that Django's types leave out
        executor.recorder.ensure_schema()
        plan = executor.migration_plan(list(wanted_leaves(executor.loader) if targets is None else targets))
        state = executor._create_project_state(with_applied_migrations=True)
        for migration, _backwards in plan:
            key = (migration.app_label, migration.name)
            with transaction.atomic() if migration.atomic else nullcontext():
                if migration.atomic and key in applied_under_lock():
                    state = migration.mutate_state(state)  # another process has just done it
                    continue
                state = executor.apply_migration(state, migration)
            done.append(key)
    return done


def applied_under_lock() -> set[MigrationKey]:
    """Return what is applied in the present schema, which stays so until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        cursor.execute("LOCK TABLE django_migrations IN SHARE ROW EXCLUSIVE MODE")
    return set(MigrationRecorder(connection).applied_migrations())
