"""The operator's commands, as a shell calls them."""

import json
import secrets
import sys
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from tenants.api_keys.cache import verify_key
from tenants.api_keys.errors import ApiKeyInvalid
from tenants.api_keys.scopes import ALL_SCOPES
from tenants.members.models import User
from tenants.merchants import opening
from tenants.merchants.models import Merchant
from tenants.platform_log.models import PlatformLogEntry
from tests.fixtures.merchants import a_merchant


def run(*arguments, **options):
    """Call a command and return what it printed."""
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


def verified(text):
    return verify_key(f"Api-Key {text.strip()}", None, timezone.now())


def a_slug():
    return f"shell-{secrets.token_hex(5)}"


def test_opening_prints_two_keys_that_work():
    slug = a_slug()

    told = json.loads(run("open_merchant", slug, "--name", "Shell & Co", "--time-zone", "Asia/Bangkok", "--json"))

    live, test = verified(told["live_api_key"]), verified(told["test_api_key"])
    assert (live.context.schema, live.context.livemode, live.context.time_zone) == (told["schema"], True, "Asia/Bangkok")
    assert (test.context.schema, test.context.livemode) == (told["sandbox_schema"], False)
    assert live.scopes == test.scopes == set(ALL_SCOPES)
    assert PlatformLogEntry.objects.filter(merchant=told["merchant"], actor_id__startswith="command-line:").count() == 5


def test_opening_without_json_prints_one_fact_a_line():
    lines = run("open_merchant", a_slug()).splitlines()

    names = [line.partition(": ")[0] for line in lines]
    assert names == ["merchant", "slug", "schema", "sandbox_schema", "live_api_key", "test_api_key"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["Bad Slug"], "a-z, 0-9 and single hyphens"), (["fine", "--time-zone", "Mars"], "Europe/Stockholm"), ([], "--resume")],
)
def test_opening_says_what_is_wrong_and_what_would_be_right(arguments, words):
    with pytest.raises(CommandError, match=words):
        run("open_merchant", *arguments)


def test_resume_finishes_an_opening_that_was_interrupted(monkeypatch):
    slug = a_slug()
    with monkeypatch.context() as patch:
        patch.setattr(opening, "make_schema", lambda schema: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            a_merchant(slug=slug)

    assert f"{slug}: active" in run("open_merchant", "--resume")

    assert Merchant.objects.filter(slug=slug, state="active").count() == 2


def test_a_key_is_issued_rotated_and_revoked(merchant):
    first = run("issue_api_key", merchant.slug, "--sandbox", "--name", "build server", "--scope", "customers:read").strip()
    assert verified(first).scopes == {"customers:read"}

    second = run("rotate_api_key", first.partition(".")[0], "--overlap-hours", "1").strip()
    assert verified(first).context.schema == verified(second).context.schema == merchant.sandbox.schema_name

    assert "revoked" in run("revoke_api_key", first)
    with pytest.raises(ApiKeyInvalid):
        verified(first)
    assert verified(second)


@pytest.mark.parametrize(
    "arguments",
    [
        ("issue_api_key", "nobody", "--name", "x"),
        ("revoke_api_key", "kyc_live_nothing"),
        ("rotate_api_key", "kyc_live_nothing"),
        ("merchant_state", "nobody", "suspend", "--reason", "x"),
    ],
)
def test_who_is_not_there_is_an_error(arguments):
    with pytest.raises(CommandError, match="there is no"):
        run(*arguments)


def test_an_unknown_scope_is_an_error_that_lists_the_known(merchant):
    with pytest.raises(CommandError, match="customers:read, customers:write"):
        run("issue_api_key", merchant.slug, "--name", "x", "--scope", "everything")


def test_the_state_of_a_merchant_is_changed_with_a_reason(merchant):
    assert run("merchant_state", merchant.slug, "suspend", "--reason", "unpaid").strip() == f"{merchant.slug}: suspended"
    with pytest.raises(CommandError, match="cannot become"):
        run("merchant_state", merchant.slug, "suspend", "--reason", "unpaid")
    assert run("merchant_state", merchant.slug, "reactivate", "--reason", "paid").strip() == f"{merchant.slug}: active"
    assert run("merchant_state", merchant.slug, "close", "--reason", "left us").strip() == f"{merchant.slug}: closed"


def test_an_operator_gets_a_random_password_once():
    address = f"Ada-{secrets.token_hex(4)}@Example.com"

    password = run("create_operator", "--email", address).strip()

    user = User.objects.get(email=address.lower())
    assert user.check_password(password)
    assert len(password) >= 24
    assert (user.is_staff, user.is_superuser) == (True, True)
    with pytest.raises(CommandError, match="already"):
        run("create_operator", "--email", address)


@pytest.mark.parametrize(("password", "words"), [("short", "too short"), ("password1234", "too common"), ("", "too short")])
def test_a_weak_password_from_standard_input_is_refused(monkeypatch, password, words):
    monkeypatch.setattr(sys, "stdin", StringIO(f"{password}\n"))
    address = f"weak-{secrets.token_hex(4)}@example.com"

    with pytest.raises(CommandError, match=words):
        run("create_operator", "--email", address, "--password-stdin")

    assert not User.objects.filter(email=address).exists()


def test_a_merchant_is_put_on_another_plan_in_both_modes_with_a_reason(merchant):
    assert run("merchant_plan", merchant.slug, "large", "--reason", "their campaign").strip() == f"{merchant.slug}: large"

    merchant.refresh_from_db()
    assert (merchant.plan, Merchant.objects.get(pk=merchant.sandbox.pk).plan) == ("large", "large")
    entry = PlatformLogEntry.objects.get(action="merchant.plan_changed", merchant=merchant.public_id)
    assert entry.details == {"plan": "large", "reason": "their campaign"}
    with pytest.raises(CommandError, match="invalid choice"):
        run("merchant_plan", merchant.slug, "gold", "--reason", "x")
