"""Bringing one merchant's schema up to the code: each migration commits together with the row that says it was applied."""

from contextlib import nullcontext
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from kyc_platform.schema import inside_schema

MigrationKey = tuple[str, str]


def wanted_leaves(loader: MigrationLoader) -> list[MigrationKey]:
    """Return the last migrations of the houses that live in a merchant's schema."""
    return [leaf for leaf in loader.graph.leaf_nodes() if leaf[0] in settings.TENANT_APPS]


def wanted_migrations(loader: MigrationLoader) -> list[MigrationKey]:
    """Return every migration that a merchant's schema needs, in the order in which they are applied."""
    wanted: list[MigrationKey] = []
    for leaf in wanted_leaves(loader):
        wanted += [key for key in loader.graph.forwards_plan(leaf) if key not in wanted]
    return wanted


def migrate_schema(schema: str) -> list[MigrationKey]:
    """Apply what is pending in one existing schema and return it. Killed at any point and called again, it goes on where it stood.

    Django records a migration after the transaction that applied it, so that a kill in between makes the next run fail on a table
    that exists; here both are one transaction. A migration that declares `atomic = False` must be able to run twice.
    """
    with inside_schema(schema):
        executor: Any = MigrationExecutor(connection)  # its steps are methods that Django's types leave out
        executor.recorder.ensure_schema()
        plan = executor.migration_plan(wanted_leaves(executor.loader))
        state = executor._create_project_state(with_applied_migrations=True)
        for migration, _backwards in plan:
            with transaction.atomic() if migration.atomic else nullcontext():
                state = executor.apply_migration(state, migration)
        return [key_of(migration) for migration, _backwards in plan]


def key_of(migration: Migration) -> MigrationKey:
    """Return a migration's house and name, as the table of applied migrations has them."""
    return migration.app_label, migration.name
