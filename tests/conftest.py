"""What every test stands on: one real database a process, migrated once, in which everything is committed for real.

No test is rolled back. Work here spans transactions, schemas and processes, and is set off on commit; a test inside a transaction that
never ends would see none of that. Tests keep apart by opening merchants of their own: a fresh schema each, never cleaned up.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

# Every module in tests/fixtures is a plugin: the fixtures of a house stand in a file of their own.
pytest_plugins = [f"tests.fixtures.{path.stem}" for path in sorted(Path(__file__).parent.glob("fixtures/[a-z]*.py"))]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:  # noqa: ARG001
    """Open the migrated test database to the whole session, and tell processes that tests start where it is."""
    django_db_blocker.unblock()
    os.environ["DATABASE_URL"] = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    yield
    connection.close()
    django_db_blocker.restore()


@pytest.fixture(scope="session", autouse=True)
def database(django_db_setup: None) -> Any:  # noqa: ARG001
    """Every test has the database, without asking."""
