"""Opening a merchant: what it gives, what it refuses, and what is left when it is killed between any two steps."""

import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from kyc_platform.crypto.sealing import CannotOpen
from kyc_platform.errors import InvalidRequest
from tenants.merchants import opening
from tenants.merchants.keys import merchant_key, unwrapped_key
from tenants.merchants.models import Merchant
from tenants.merchants.opening import SlugTaken, close_merchant, open_merchant, reactivate_merchant, suspend_merchant
from tenants.merchants.states import IllegalMerchantTransition, MerchantState, Mode
from tenants.merchants.template import make_schema, schema_exists
from tenants.platform_log.models import PlatformLogEntry
from tests.fixtures.merchants import OPERATOR, a_merchant, inside
from verification.levels.models import Level


class Killed(BaseException):
    """Stands for kill -9: nothing catches it."""


def test_a_merchant_opens_with_a_sandbox_each_in_a_schema_of_its_own(merchant):
    sandbox = merchant.sandbox

    assert (merchant.state, sandbox.state) == (MerchantState.ACTIVE, MerchantState.ACTIVE)
    assert (merchant.mode, sandbox.mode) == (Mode.LIVE, Mode.SANDBOX)
    assert merchant.slug == sandbox.slug
    assert merchant.schema_name != sandbox.schema_name
    for row in (merchant, sandbox):
        with inside(row):
            assert Level.objects.filter(name="standard").count() == 1


def test_live_and_sandbox_have_different_keys_that_open_for_no_other(merchant):
    assert merchant_key(merchant.schema_name) != merchant_key(merchant.sandbox.schema_name)
    assert len(merchant_key(merchant.schema_name)) == 32
    with pytest.raises(CannotOpen):
        unwrapped_key(merchant.sandbox.public_id, bytes(merchant.wrapped_key))


def test_opening_is_logged_with_who_did_it(merchant):
    entries = PlatformLogEntry.objects.filter(merchant=merchant.public_id).order_by("id")

    assert [entry.action for entry in entries] == ["merchant.opening", "merchant.opened", "merchant.opened"]
    assert {(entry.actor_kind, entry.actor_id) for entry in entries} == {("operator", OPERATOR.id)}


@pytest.mark.parametrize(
    ("told", "pointer"),
    [
        ({"slug": "Not A Slug"}, "/slug"),
        ({"slug": "x" * 41}, "/slug"),
        ({"name": ""}, "/name"),
        ({"time_zone": "Mars/Olympus"}, "/time_zone"),
    ],
)
def test_what_is_no_slug_name_or_time_zone_is_refused_and_nothing_is_stored(told, pointer):
    before = Merchant.objects.count()

    with pytest.raises(InvalidRequest) as refusal:
        a_merchant(**told)

    assert pointer in [member.pointer for member in refusal.value.errors]
    assert Merchant.objects.count() == before


def test_a_slug_that_is_taken_is_refused(merchant):
    with pytest.raises(SlugTaken):
        a_merchant(slug=merchant.slug)


@pytest.mark.parametrize("at_call", range(6))
def test_an_opening_killed_between_any_two_steps_is_finished_by_calling_again(monkeypatch, at_call):
    slug = f"killed-{secrets.token_hex(5)}"
    calls = iter(range(100))

    def deadly(real):
        def step(*args, **kwargs):
            if next(calls) == at_call:
                raise Killed
            return real(*args, **kwargs)

        return step

    with monkeypatch.context() as patch:
        patch.setattr(opening, "write_rows", deadly(opening.write_rows))
        patch.setattr(opening, "make_schema", deadly(make_schema))
        patch.setattr(opening, "finish_opening", deadly(opening.finish_opening))
        patch.setattr(opening, "both_modes", deadly(opening.both_modes))
        patch.setattr(Merchant, "move_to", deadly(Merchant.move_to))
        with pytest.raises(Killed):
            a_merchant(slug=slug)
    assert not Merchant.objects.filter(slug=slug, state=MerchantState.ACTIVE).exists()

    live = a_merchant(slug=slug)

    assert (live.state, live.sandbox.state) == (MerchantState.ACTIVE, MerchantState.ACTIVE)
    assert Merchant.objects.filter(slug=slug).count() == 2
    for row in (live, live.sandbox):
        with inside(row):
            assert Level.objects.count() == 3
    opened = PlatformLogEntry.objects.filter(merchant=live.public_id, action="merchant.opened")
    assert opened.count() == 2


def test_two_processes_that_open_the_same_merchant_make_one():
    slug = f"twice-{secrets.token_hex(5)}"

    def open_it(_):
        try:
            return open_merchant(name="Twice", slug=slug, actor=OPERATOR, at=timezone.now()).public_id
        except SlugTaken:
            return None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        opened = set(pool.map(open_it, range(4))) - {None}

    assert len(opened) == 1
    assert Merchant.objects.filter(slug=slug, state=MerchantState.ACTIVE).count() == 2


def test_suspending_reactivating_and_closing_move_both_modes_and_are_logged(merchant):
    told = {"merchant": merchant.sandbox, "reason": "unpaid", "actor": OPERATOR, "at": timezone.now()}
    seen = []
    for change in (suspend_merchant, reactivate_merchant, close_merchant):
        change(**told)
        seen.append(set(Merchant.objects.filter(slug=merchant.slug).values_list("state", flat=True)))

    assert seen == [{"suspended"}, {"active"}, {"closed"}]
    actions = PlatformLogEntry.objects.filter(merchant=merchant.public_id, details__reason="unpaid").order_by("id")
    assert [entry.action for entry in actions] == ["merchant.suspended", "merchant.reactivated", "merchant.closing", "merchant.closed"]


def test_closing_deletes_nothing(merchant):
    with inside(merchant):
        levels = list(Level.objects.values_list("name", flat=True))

    close_merchant(merchant=merchant, reason="left us", actor=OPERATOR, at=timezone.now())

    merchant.refresh_from_db()
    assert merchant.closed_at is not None
    assert schema_exists(merchant.schema_name)
    assert len(merchant_key(merchant.schema_name)) == 32
    with inside(merchant):
        assert list(Level.objects.values_list("name", flat=True)) == levels


def test_a_closing_that_was_killed_half_way_is_finished_by_calling_again(merchant, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(opening, "announce_revocation", lambda schema: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            close_merchant(merchant=merchant, reason="left us", actor=OPERATOR, at=timezone.now())
    merchant.refresh_from_db()
    assert merchant.state == MerchantState.CLOSING

    close_merchant(merchant=merchant, reason="left us", actor=OPERATOR, at=timezone.now())

    assert set(Merchant.objects.filter(slug=merchant.slug).values_list("state", flat=True)) == {"closed"}


def test_a_closed_merchant_cannot_be_reopened(merchant):
    close_merchant(merchant=merchant, reason="left us", actor=OPERATOR, at=timezone.now())

    with pytest.raises(IllegalMerchantTransition):
        reactivate_merchant(merchant=merchant, reason="came back", actor=OPERATOR, at=timezone.now())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tenants_merchant SET schema_name = 'm_\"; drop schema public; --' WHERE id = %s",
        "UPDATE tenants_merchant SET schema_name = 'public' WHERE id = %s",
        "UPDATE tenants_merchant SET state = 'gone' WHERE id = %s",
        "UPDATE tenants_merchant SET mode = 'sandbox' WHERE id = %s",
        "UPDATE tenants_merchant SET state = 'closed' WHERE id = %s",
    ],
)
def test_the_database_itself_refuses_an_impossible_merchant(merchant, statement):
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [merchant.pk])
