"""Opening merchants, and asking which of them are behind: at one merchant and at two hundred."""

import contextlib
import io
import time

from django.core.management import call_command
from django.db import connection

from benchmarks.harness import Baseline, Row, at_most, compare, ms_each
from kyc_platform.schema import inside_schema
from tenants.merchants.behind import schemas_behind
from tenants.merchants.migrating import migrate_schema
from tenants.merchants.models import Merchant
from tenants.merchants.names import new_schema_name
from tests.fixtures.merchants import a_merchant

MANY = 200
FLAT = 1.3  # a growth below this is the machine's mood
WARM_UPS = 4  # a database that was just created is slow at first
BEHIND_ROUNDS = 1  # the baseline takes a minute and more
SCHEMAS_OF_A_MERCHANT = 2  # live and sandbox


def measure(rounds: int) -> list[Row]:
    """Compare the milliseconds of opening and asking with those of migrating."""
    a_merchant()
    at_one = open_against_migrations("opening a merchant, the first ones", rounds)
    while Merchant.objects.count() < MANY * SCHEMAS_OF_A_MERCHANT:
        a_merchant()
    at_many = open_against_migrations(f"opening a merchant, at {MANY} merchants", rounds)
    growth = at_many[0].ours / at_one[0].ours
    note = "the two medians above: they cannot be interleaved"
    flat = Row(
        f"opening a merchant, at {MANY} merchants",
        "ms",
        at_many[0].ours,
        rounds,
        baseline="the first ones",
        theirs=at_one[0].ours,
        ratio=growth,
        goal=at_most(FLAT),
        note=note,
    )
    return [*at_one, *at_many, flat, *ask_against_migrate(min(rounds, BEHIND_ROUNDS))]


def open_against_migrations(what: str, rounds: int) -> list[Row]:
    """Compare opening a merchant, both of its schemas and all its rows, with the migrations of two schemas alone."""
    baseline = Baseline("running its migrations", migrations_of_a_merchant, at_most(0.25))
    note = "live and sandbox together"
    return compare(what, lambda: ms_each(a_merchant), [baseline], unit="ms", rounds=rounds, warm_ups=WARM_UPS, note=note)


def migrations_of_a_merchant() -> float:
    """Migrate as many new schemas as a merchant has, and return the milliseconds; then drop them, which is not counted."""
    schemas = [new_schema_name() for _ in range(SCHEMAS_OF_A_MERCHANT)]
    began = time.perf_counter()
    for schema in schemas:
        with inside_schema(schema), connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {schema}")
        migrate_schema(schema)
    passed = time.perf_counter() - began
    with connection.cursor() as cursor:
        for schema in schemas:
            cursor.execute(f"DROP SCHEMA {schema} CASCADE")
    return passed * 1000


def ask_against_migrate(rounds: int) -> list[Row]:
    """Compare asking which schemas are behind, which none is, with django-tenants' own way to find that out."""

    def ask() -> float:
        behind: list[object] = []
        passed = ms_each(lambda: behind.extend(schemas_behind()))
        if behind:
            raise RuntimeError("a schema is behind, so that its migration would be measured")
        return passed

    def migrate() -> float:
        with contextlib.redirect_stdout(io.StringIO()):
            return ms_each(lambda: call_command("migrate_schemas", tenant=True, interactive=False, verbosity=0, skip_checks=True))

    what = f"which schemas are behind, at {MANY} merchants"
    baseline = Baseline("a no-op migrate_schemas", migrate, at_most(0.02))
    return compare(what, ask, [baseline], unit="ms", rounds=rounds, warm_ups=0, note="live and sandbox each")
