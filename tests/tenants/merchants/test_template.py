"""The template of a merchant's schema gives exactly what the migrations give."""

import re

import pytest
from django.db import DatabaseError, connection

from kyc_platform.schema import inside_schema
from tenants.merchants import template
from tenants.merchants.behind import schemas_behind
from tenants.merchants.migrating import migrate_schema
from tenants.merchants.names import new_schema_name
from tenants.merchants.template import DIGEST_LINE, TEMPLATE_FILE, make_schema, migrations_digest, schema_exists

CATALOGUES = {
    "columns": """
        SELECT table_name, column_name, ordinal_position, column_default, is_nullable, data_type, character_maximum_length,
               numeric_precision, is_identity, identity_generation, identity_start, identity_increment, collation_name,
               is_generated, generation_expression
        FROM information_schema.columns WHERE table_schema = %s""",
    "relations": """
        SELECT relname, relkind, relpersistence, relreplident, reloptions::text FROM pg_class WHERE relnamespace = %s::regnamespace""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, contype, condeferrable, condeferred, convalidated, confdeltype, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = %s::regnamespace""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = %s",
    "triggers": """
        SELECT tgrelid::regclass::text, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        WHERE relnamespace = %s::regnamespace AND NOT tgisinternal""",
    "functions": "SELECT proname FROM pg_proc WHERE pronamespace = %s::regnamespace",
}


def catalogue_of(schema):
    """Return everything that PostgreSQL knows of a schema, and the rows that migrations put into it, without its name."""
    found = {}
    with connection.cursor() as cursor:
        for what, query in CATALOGUES.items():
            cursor.execute(query, [schema])
            found[what] = sorted(tuple(str(value).replace(f"{schema}.", "") for value in row) for row in cursor.fetchall())
    tables = [name for name, kind, *_ in found["relations"] if kind == "r"]
    with inside_schema(schema), connection.cursor() as cursor:
        for table in tables:
            columns = "id, app, name" if table == "django_migrations" else "*"
            cursor.execute(f"SELECT {columns} FROM {table} ORDER BY 1")
            found[f"rows of {table}"] = cursor.fetchall()
        for name, kind, *_ in found["relations"]:
            if kind == "S":
                cursor.execute(f"SELECT last_value, is_called FROM {name}")
                found[f"position of {name}"] = cursor.fetchall()
    return found


def a_schema_made_by_migrations():
    schema = new_schema_name()
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE SCHEMA "{schema}"')
    migrate_schema(schema)
    return schema


def test_the_committed_template_was_made_from_the_present_migrations():
    first_line = TEMPLATE_FILE.read_text().partition("\n")[0]

    assert first_line == f"{DIGEST_LINE}{migrations_digest()}", "run manage.py make_schema_template and commit the file"


def test_the_template_and_the_migrations_give_the_same_schema():
    from_template = new_schema_name()
    make_schema(from_template)
    from_migrations = a_schema_made_by_migrations()

    left, right = catalogue_of(from_template), catalogue_of(from_migrations)

    assert left.keys() == right.keys()
    for what in left:
        assert left[what] == right[what], what
    assert len(left["relations"]) > 50


def test_without_a_fresh_template_a_schema_is_made_by_the_migrations(monkeypatch):
    monkeypatch.setattr(template, "template_sql", lambda: None)
    schema = new_schema_name()

    make_schema(schema)

    assert schemas_behind([schema]) == []


def test_a_template_that_fails_half_way_leaves_no_schema(monkeypatch):
    monkeypatch.setattr(template, "template_sql", lambda: "CREATE TABLE one (id bigint PRIMARY KEY); SELECT 1 / 0")
    schema = new_schema_name()

    with pytest.raises(DatabaseError):
        make_schema(schema)

    assert not schema_exists(schema)


def test_making_a_schema_again_changes_nothing():
    schema = new_schema_name()
    make_schema(schema)
    before = catalogue_of(schema)

    make_schema(schema)

    assert catalogue_of(schema) == before


def test_a_schema_that_was_begun_is_finished():
    schema = new_schema_name()
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE SCHEMA "{schema}"')

    make_schema(schema)

    assert schemas_behind([schema]) == []


def test_no_line_of_the_template_names_a_schema_a_session_or_a_version():
    text = TEMPLATE_FILE.read_text()

    assert not re.search(r"m_[a-z2-7]{16}|public\.", text)
    assert not [line for line in text.splitlines() if line.startswith(("SET ", "\\", "CREATE SCHEMA"))]
