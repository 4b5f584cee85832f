"""Which schemas lack which migrations: two queries for every 500 schemas, where asking each costs minutes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db import connection
from django.db.migrations.loader import MigrationLoader

from tenants.merchants.migrating import MigrationKey, wanted_migrations
from tenants.merchants.models import Merchant

T = TypeVar("T")

SCHEMAS_PER_QUERY = 500
# Marks the statements that are about several merchants on purpose, for people who read logs and for the watch of the tests.
SEVERAL_MERCHANTS = "/* several merchants */ "


@dataclass(frozen=True)
class Behind:
    """A schema and what it lacks, in the order of application. One that does not exist at all lacks everything."""

    schema: str
    missing: tuple[MigrationKey, ...]


def schemas_behind(schemas: Sequence[str] | None = None) -> list[Behind]:
    """Return the schemas that lack migrations of the present code: of those named, or of every merchant whose schema was made."""
    if schemas is None:
        made = Merchant.objects.filter(schema_made_at__isnull=False).order_by("pk")
        schemas = list(made.values_list("schema_name", flat=True))
    wanted = wanted_migrations(MigrationLoader(None))
    behind = []
    for part in chunks(schemas, SCHEMAS_PER_QUERY):
        applied = applied_migrations(part)
        for schema in part:
            missing = tuple(key for key in wanted if key not in applied.get(schema, frozenset()))
            if missing:
                behind.append(Behind(schema, missing))
    return behind


def applied_migrations(schemas: Sequence[str]) -> dict[str, frozenset[MigrationKey]]:
    """Return what each schema has applied, in one query over all of them; a schema without the table is left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(format('%%I.django_migrations', name)) IS NOT NULL",
            [list(schemas)],
        )
        present = [row[0] for row in cursor.fetchall()]
        if not present:
            return {}
        one = "SELECT %s, array_agg(app || '.' || name) FROM {}.django_migrations"
        selects = " UNION ALL ".join(one.format(connection.ops.quote_name(schema)) for schema in present)
        cursor.execute(SEVERAL_MERCHANTS + selects, present)
        rows = cursor.fetchall()
    return {schema: frozenset(split(name) for name in names or ()) for schema, names in rows}


def split(dotted: str) -> MigrationKey:
    """Return `house.name` as a pair."""
    app, _, name = dotted.partition(".")
    return app, name


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Give the items in order, at most `size` at a time."""
    return (items[start : start + size] for start in range(0, len(items), size))


def by_missing(behind: Iterable[Behind]) -> dict[tuple[MigrationKey, ...], list[str]]:
    """Return the schemas grouped by what they lack."""
    groups: dict[tuple[MigrationKey, ...], list[str]] = {}
    for entry in behind:
        groups.setdefault(entry.missing, []).append(entry.schema)
    return groups
