"""Migrating many merchants: what is behind is found, sent together where it is SQL, and finished after a kill."""

import os
import signal
import subprocess
import sys

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.test import override_settings

from tenants.merchants.behind import schemas_behind
from tenants.merchants.broadcasting import is_pure_sql, migrate_merchants
from tests.fixtures.merchants import a_merchant
from tests.tenants.merchants import settings_ahead

AHEAD = tuple(("reporting", name) for name in ("0901_tables", "0902_rows", "0903_column"))
COMMAND = [sys.executable, "-m", "django", "migrate_merchants", "--workers=2"]


@pytest.fixture
def schemas():
    """Six schemas of three merchants."""
    return [row.schema_name for live in (a_merchant("Many") for _ in range(3)) for row in (live, live.sandbox)]


@pytest.fixture
def code_is_ahead(schemas):
    with override_settings(MIGRATION_MODULES=settings_ahead.MIGRATION_MODULES):
        yield


def state_of(schema):
    """Return what a schema has recorded of the migrations ahead, whether the table and the column are there, and its rows."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT name FROM \"{schema}\".django_migrations WHERE name LIKE '09%%' ORDER BY name")
        recorded = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = 'reporting_ahead'", [schema]
        )
        columns = {row[0] for row in cursor.fetchall()}
        rows = 0
        if columns:
            cursor.execute(f'SELECT count(*) FROM "{schema}".reporting_ahead')
            rows = cursor.fetchone()[0]
    return recorded, columns, rows


def is_consistent(schema):
    """Tell whether a schema stands exactly after one of the migrations, or before all of them."""
    recorded, columns, rows = state_of(schema)
    expected = {0: (set(), 0), 1: ({"id", "word"}, 0), 2: ({"id", "word"}, 1), 3: ({"id", "word", "number"}, 1)}
    return (columns, rows) == expected[len(recorded)]


def test_fresh_merchants_are_not_behind(schemas):
    assert schemas_behind(schemas) == []


def test_what_is_behind_is_listed_with_what_it_lacks(schemas, code_is_ahead):
    behind = schemas_behind(schemas)

    assert [entry.schema for entry in behind] == schemas
    assert {entry.missing for entry in behind} == {AHEAD}


def test_a_schema_that_is_not_there_lacks_everything(schemas):
    behind = schemas_behind([*schemas, "m_aaaaaaaaaaaaaaaa"])

    assert [entry.schema for entry in behind] == ["m_aaaaaaaaaaaaaaaa"]
    assert ("verification", "0001_initial") in behind[0].missing


def test_asking_what_is_behind_takes_two_queries_however_many_schemas_there_are(schemas):
    sent = []

    def count(execute, sql, *rest):
        if not sql.startswith("SET search_path"):
            sent.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        schemas_behind(schemas)

    assert len(sent) == 2


def test_all_that_is_behind_is_migrated_and_the_progress_is_said(schemas, code_is_ahead):
    said: list[str] = []

    failed = migrate_merchants(schemas=schemas, workers=2, say=said.append)

    assert failed == []
    assert schemas_behind(schemas) == []
    for schema in schemas:
        assert state_of(schema) == (["0901_tables", "0902_rows", "0903_column"], {"id", "word", "number"}, 1)
    assert said[0] == "reporting.0901_tables: 6 of 6 merchants"
    assert said[-1] == "reporting.0903_column: 6 of 6 merchants"


def test_running_again_changes_nothing(schemas, code_is_ahead):
    migrate_merchants(schemas=schemas, workers=2, say=lambda line: None)
    before = [state_of(schema) for schema in schemas]

    assert migrate_merchants(schemas=schemas, workers=2, say=lambda line: None) == []
    assert [state_of(schema) for schema in schemas] == before


def test_a_merchant_that_refuses_a_migration_is_named_and_does_not_keep_the_others(schemas, code_is_ahead):
    stubborn = schemas[2]
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE TABLE "{stubborn}".reporting_ahead (id bigint PRIMARY KEY)')

    failed = migrate_merchants(schemas=schemas, workers=2, say=lambda line: None)

    assert failed == [stubborn]
    assert state_of(stubborn)[0] == []
    assert all(len(state_of(schema)[0]) == 3 for schema in schemas if schema != stubborn)


@pytest.mark.parametrize("lines", [1, 4])
def test_a_run_that_was_killed_leaves_every_schema_whole_and_the_next_one_finishes(schemas, code_is_ahead, lines):
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.tenants.merchants.settings_ahead", "PYTHONPATH": os.getcwd()}
    command = [*COMMAND, *(f"--schema={schema}" for schema in schemas)]
    run = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    for _ in range(lines):
        run.stdout.readline()
    run.send_signal(signal.SIGKILL)
    run.wait()
    run.stdout.close()
    assert all(is_consistent(schema) for schema in schemas)
    assert schemas_behind(schemas) != []

    finished = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)

    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines()[-1] == "every merchant's schema is up to date"
    assert all(state_of(schema) == (["0901_tables", "0902_rows", "0903_column"], {"id", "word", "number"}, 1) for schema in schemas)


def test_two_runs_at_once_do_no_harm(schemas, code_is_ahead):
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.tenants.merchants.settings_ahead", "PYTHONPATH": os.getcwd()}
    command = [*COMMAND, *(f"--schema={schema}" for schema in schemas)]
    runs = [subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for _ in range(2)]

    ends = [(run.communicate(timeout=60)[1], run.returncode) for run in runs]

    assert [status for _said, status in ends] == [0, 0], ends
    assert all(state_of(schema) == (["0901_tables", "0902_rows", "0903_column"], {"id", "word", "number"}, 1) for schema in schemas)


def test_python_in_a_migration_is_not_taken_for_sql(code_is_ahead):
    nodes = MigrationLoader(None).graph.nodes

    assert [is_pure_sql(nodes[key]) for key in AHEAD] == [True, False, True]
