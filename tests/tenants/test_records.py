"""The platform's log, members and domains; and that `public` holds nothing of a merchant's."""

import secrets

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.utils import timezone

from kyc_platform.errors import InvalidRequest
from tenants.members.accounts import add_member
from tenants.members.models import Membership, Role, User
from tenants.merchants.models import Domain
from tenants.platform_log.models import PlatformLogEntry, PlatformLogIsAppendOnly, record
from tests.fixtures.merchants import OPERATOR, inside
from verification.levels.models import Level


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


def test_no_table_of_a_merchant_exists_in_public(merchant):
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [merchant.schema_name])
        of_the_merchant = {row[0] for row in cursor.fetchall()}
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        of_public = {row[0] for row in cursor.fetchall()}

    assert of_the_merchant & of_public == {"django_migrations"}


def test_inside_a_merchant_a_query_for_a_public_table_fails_instead_of_reading_it(merchant):
    with inside(merchant), pytest.raises(ProgrammingError):
        User.objects.count()


def test_outside_every_merchant_a_query_for_a_merchants_table_fails():
    with pytest.raises(ProgrammingError):
        Level.objects.count()
