"""The platform's log, members, and the checks at start-up."""

import secrets

import pytest
from django.core.checks import run_checks
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from kyc_platform.errors import InvalidRequest
from tenants.members.accounts import add_member
from tenants.members.models import Membership, Role, User
from tenants.merchants.models import Domain
from tenants.platform_log.models import PlatformLogEntry, PlatformLogIsAppendOnly, record
from tenants.routing import startup
from tests.fixtures.merchants import OPERATOR


@pytest.fixture
def user():
    return User.objects.create_user(f"member-{secrets.token_hex(5)}@example.com", None)


def test_an_entry_of_the_platforms_log_is_neither_changed_nor_deleted(merchant):
    record("test.happened", target=merchant.public_id, merchant=merchant.public_id, actor=OPERATOR, at=timezone.now(), count=2)
    entry = PlatformLogEntry.objects.get(merchant=merchant.public_id, action="test.happened")
    assert entry.details == {"count": 2}

    entry.action = "something.else"
    with pytest.raises(PlatformLogIsAppendOnly):
        entry.save()
    with pytest.raises(PlatformLogIsAppendOnly):
        entry.delete()

    assert PlatformLogEntry.objects.get(pk=entry.pk).action == "test.happened"


def test_a_member_has_one_role_at_a_merchant_and_it_can_change(merchant, user):
    for role in (Role.VIEWER, Role.ADMIN):
        add_member(merchant=merchant, user=user, role=role, actor=OPERATOR, at=timezone.now())

    assert [membership.role for membership in Membership.objects.filter(user=user)] == ["admin"]


def test_nobody_becomes_a_member_of_a_sandbox(merchant, user):
    with pytest.raises(InvalidRequest):
        add_member(merchant=merchant.sandbox, user=user, role=Role.OWNER, actor=OPERATOR, at=timezone.now())

    assert not Membership.objects.filter(user=user).exists()


def test_a_user_without_a_password_cannot_log_in(user):
    assert not user.has_usable_password()
    assert user.is_staff is False


def test_the_database_keeps_addresses_in_lower_case():
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(email="Upper@example.com")


@pytest.mark.parametrize("name", ["https://kyc.example", "kyc.example:8443", "kyc.example/path", "kÿc.example"])
def test_what_is_no_host_name_is_no_domain(merchant, name):
    with pytest.raises(Exception, match="host name alone"):
        Domain(domain=name, tenant=merchant).full_clean()


def test_this_installation_passes_its_start_up_checks():
    assert [found for found in run_checks(databases=["default"]) if found.id and found.id.startswith("kyc.")] == []


def test_psycopg_3_is_refused(monkeypatch):
    monkeypatch.setattr(startup, "is_psycopg3", True)

    assert [found.id for found in startup.check_driver()] == ["kyc.E001"]


def test_a_direct_connection_keeps_its_session():
    assert startup.keeps_sessions("default")


def test_a_server_that_is_too_old_is_refused(monkeypatch):
    monkeypatch.setattr(startup, "MINIMUM_VERSION", 10**9)

    assert [found.id for found in startup.check_database_session(databases=["default"])] == ["kyc.E003"]
    assert connection.pg_version >= 150_000  # type: ignore[attr-defined]
