"""What every test stands on: one real database a process, migrated once, in which everything is committed for real.

No test is rolled back. Work here spans transactions, schemas and processes, and is set off on commit; a test inside a transaction that
never ends would see none of that. Tests keep apart by opening merchants of their own: a fresh schema each, never cleaned up.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.utils import setup_databases
from pytest_django.plugin import DjangoDbBlocker

# Every module in tests/fixtures is a plugin: the fixtures of a house stand in a file of their own.
pytest_plugins = [f"tests.fixtures.{path.stem}" for path in sorted(Path(__file__).parent.glob("fixtures/[a-z]*.py"))]


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Create and migrate this process's database, open it to the whole session, and tell processes that tests start where it is.

    In place of pytest-django's own, which creates databases only for tests that carry its mark.
    """
    django_db_blocker.unblock()
    setup_databases(verbosity=0, interactive=False, aliases={"default": False})
    name = connection.settings_dict["NAME"]
    os.environ["DATABASE_URL"] = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    yield
    connection.close()
    with connection._nodb_cursor() as cursor:  # by force: a test's thread or process may still hold a connection
        cursor.execute(f"DROP DATABASE {connection.ops.quote_name(name)} WITH (FORCE)")
    django_db_blocker.restore()


@pytest.fixture(scope="session", autouse=True)
def database(django_db_setup: None) -> None:
    """Every test has the database, without asking."""
