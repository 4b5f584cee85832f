"""What is refused before anything is served: the wrong driver, an old server, and a pooler that mixes sessions."""

import inspect

import pytest
from django.core.checks import run_checks
from django.db import connections

from kyc_platform.schema import connection
from tenants.routing import entry, startup
from tests.tenants.routing.transaction_pooler import TransactionPooler


@pytest.fixture
def through_a_pooler(monkeypatch):
    """Return a function that puts a transaction pooler in front of the database."""
    poolers = []

    def put(**kind):
        told = connections["default"].settings_dict
        poolers.append(TransactionPooler(str(told["HOST"]), str(told["PORT"]), **kind))
        monkeypatch.setitem(told, "HOST", "127.0.0.1")
        monkeypatch.setitem(told, "PORT", str(poolers[0].port))

    yield put
    monkeypatch.undo()
    for pooler in poolers:
        pooler.close()


def test_this_installation_passes():
    assert [found for found in run_checks(databases=["default"]) if found.id and found.id.startswith("kyc.")] == []


@pytest.mark.parametrize(
    "kind",
    [
        {"size": 1, "latest_first": True},
        {"size": 2, "latest_first": True},
        {"size": 2, "latest_first": False},
    ],
)
def test_a_transaction_pooler_is_refused_however_it_chooses_its_servers(through_a_pooler, kind):
    through_a_pooler(**kind)

    found = startup.check_database_session(databases=["default"])

    assert [error.id for error in found] == ["kyc.E002"]


def test_a_process_behind_a_transaction_pooler_enters_no_merchant(through_a_pooler, merchant, monkeypatch):
    monkeypatch.setattr(entry, "require_safe_database", inspect.unwrap(startup.require_safe_database))
    through_a_pooler(size=1, latest_first=True)

    with pytest.raises(startup.UnsafeDatabase, match=r"kyc\.E002"), entry.enter_schema_of_task(merchant.schema_name):
        pass


def test_a_direct_connection_keeps_its_session():
    assert startup.keeps_sessions("default")


def test_psycopg_3_is_refused(monkeypatch):
    monkeypatch.setattr(startup, "is_psycopg3", True)

    assert [error.id for error in startup.check_driver()] == ["kyc.E001"]


def test_a_server_that_is_too_old_is_refused(monkeypatch):
    monkeypatch.setattr(startup, "MINIMUM_VERSION", 10**9)

    assert [error.id for error in startup.check_database_session(databases=["default"])] == ["kyc.E003"]
    assert connection.pg_version >= 150_000
