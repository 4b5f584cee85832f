"""What a key proves, and every way in which it does not."""

import ipaddress
import secrets
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from kyc_platform.errors import InvalidRequest
from kyc_platform.redis_client import redis_client
from tenants.api_keys import cache
from tenants.api_keys.cache import verify_key
from tenants.api_keys.errors import ApiKeyInvalid, ApiKeyMissing, IpNotAllowed, MissingScope
from tenants.api_keys.issuing import KeyIsRevoked, issue_key, revoke_key, rotate_key
from tenants.api_keys.models import MerchantApiKey
from tenants.api_keys.scopes import ALL_SCOPES, Scope
from tenants.merchants.opening import close_merchant
from tenants.merchants.revocation import revocation_key, revocation_version
from tenants.merchants.states import MerchantClosed
from tenants.platform_log.models import PlatformLogEntry
from tests.fixtures.merchants import OPERATOR, a_key

ADDRESS = ipaddress.ip_address("192.0.2.7")


def issued(merchant, **told):
    told = {"name": "tests", "scopes": ALL_SCOPES, **told}
    return issue_key(merchant=merchant, actor=OPERATOR, at=timezone.now(), **told)


def verified(text, address=ADDRESS, now=None):
    return verify_key(f"Api-Key {text}", address, now or timezone.now())


def queries(call):
    """Return the statements that a call sends, without those that set the search path."""
    sent = []

    def note(execute, sql, *rest):
        if not sql.startswith("SET search_path"):
            sent.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        call()
    return sent


def test_a_key_says_its_mode_and_is_stored_as_a_hash_only(merchant):
    live, test = issued(merchant), issued(merchant.sandbox)

    assert live.secret.startswith("kyc_live_")
    assert test.secret.startswith("kyc_test_")
    row = MerchantApiKey.objects.get(pk=live.key.pk)
    secret = live.secret.partition(".")[2]
    assert len(secret) == 40
    assert secret not in "".join(str(value) for value in row.__dict__.values())
    assert secret not in repr(live)
    assert row.pk == row.prefix == live.secret.partition(".")[0]


def test_a_key_proves_its_merchant_and_scopes(merchant):
    key = issued(merchant, scopes=["reports:read", "customers:read"])

    proof = verified(key.secret)

    assert proof.context.public_id == merchant.public_id
    assert proof.scopes == {"customers:read", "reports:read"}
    assert (proof.actor.kind, proof.actor.id) == ("api_key", key.key.prefix)
    proof.require_scope(Scope.REPORTS_READ)
    with pytest.raises(MissingScope) as refusal:
        proof.require_scope(Scope.PII_READ)
    assert "pii:read" in refusal.value.detail


def test_the_scheme_may_be_written_in_any_case_and_with_blanks(merchant, live_key):
    assert verify_key(f"  api-KEY   {live_key} ", ADDRESS, timezone.now()).context.merchant_id == merchant.pk


@pytest.mark.parametrize("header", ["", "Api-Key", "Api-Key ", "Bearer abc", "JWT a.b.c"])
def test_a_header_without_a_key_is_told_how_to_send_one(header):
    with pytest.raises(ApiKeyMissing) as refusal:
        verify_key(header, ADDRESS, timezone.now())

    assert refusal.value.headers == {"WWW-Authenticate": "Api-Key"}


def test_every_key_that_is_not_right_is_refused_with_the_same_words(merchant, live_key):
    now = timezone.now()
    revoked, expired = issued(merchant), issued(merchant, expires_at=now + timedelta(seconds=1))
    revoke_key(key=revoked.key, actor=OPERATOR, at=now)
    prefix, _, secret = live_key.partition(".")
    wrong = [
        revoked.secret,
        expired.secret,
        live_key[:-1],
        live_key + "a",
        f"{prefix}.{secret[:-1]}{'a' if secret[-1] != 'a' else 'b'}",
        f"{prefix}.",
        prefix,
        live_key.replace("kyc_live_", "kyc_test_"),
        f"kyc_live_{secrets.token_hex(6)}.{secret}",
        "kyc_live_' OR 1=1 --.x",
        "é" * 60,
        "x" * 100_000,
    ]

    refusals = []
    for text in wrong:
        with pytest.raises(ApiKeyInvalid) as refusal:
            verified(text, now=now + timedelta(seconds=2))
        refusals.append((refusal.value.code, refusal.value.detail, tuple(refusal.value.headers.items())))

    assert len(set(refusals)) == 1
    assert refusals[0][0] == "api_key_invalid"
    assert refusals[0][2] == (("WWW-Authenticate", "Api-Key"),)


def test_a_key_ends_at_its_expiry_also_while_it_is_remembered(merchant):
    end = timezone.now() + timedelta(seconds=60)
    key = issued(merchant, expires_at=end)

    assert verified(key.secret, now=end - timedelta(microseconds=1)).expires_at == end
    with pytest.raises(ApiKeyInvalid):
        verified(key.secret, now=end)


def test_a_remembered_key_costs_no_query_and_a_new_one_costs_one(merchant, live_key):
    first = queries(lambda: verified(live_key))
    second = queries(lambda: verified(live_key))

    assert [sql.split()[0] for sql in first] == ["SELECT", "UPDATE"]  # the update notes the first use, once a minute
    assert second == []


def test_a_wrong_key_is_never_remembered(merchant, live_key):
    with pytest.raises(ApiKeyInvalid):
        verified(live_key + "x")
    size = len(cache._verified._entries)

    for _ in range(50):
        with pytest.raises(ApiKeyInvalid):
            verified(f"kyc_live_{secrets.token_hex(6)}.{secrets.token_hex(20)}")

    assert len(cache._verified._entries) == size


def test_a_revoked_key_is_refused_at_once_in_this_process(merchant):
    key = issued(merchant)
    verified(key.secret)

    revoke_key(key=key.key, actor=OPERATOR, at=timezone.now())

    with pytest.raises(ApiKeyInvalid):
        verified(key.secret)


def test_a_key_revoked_elsewhere_is_believed_for_the_stated_seconds_only(merchant, settings):
    settings.API_KEY_CACHE_SECONDS = 0.2
    key = issued(merchant)
    verified(key.secret)
    MerchantApiKey.objects.filter(pk=key.key.pk).update(revoked=True, revoked_at=timezone.now())  # as another process does

    time.sleep(0.25)

    with pytest.raises(ApiKeyInvalid):
        verified(key.secret)


def test_every_stop_changes_the_version_that_the_fast_path_compares(merchant):
    key = issued(merchant)
    before = verified(key.secret).revocation_version

    revoke_key(key=key.key, actor=OPERATOR, at=timezone.now())

    after = revocation_version(merchant.schema_name)
    assert after not in (before, b"")
    assert redis_client().get(revocation_key(merchant.schema_name)) == after
    assert merchant.schema_name in revocation_key(merchant.schema_name)
    assert revocation_version(merchant.sandbox.schema_name) == b""


def test_revoking_again_changes_nothing(merchant):
    key, first = issued(merchant), datetime(2026, 1, 1, tzinfo=UTC)
    revoke_key(key=key.key, actor=OPERATOR, at=first)

    revoke_key(key=key.key, actor=OPERATOR, at=timezone.now())

    assert MerchantApiKey.objects.get(pk=key.key.pk).revoked_at == first
    assert PlatformLogEntry.objects.filter(target=key.key.prefix, action="api_key.revoked").count() == 1


def test_rotating_gives_an_equal_key_and_both_work_until_the_overlap_is_over(merchant):
    now = timezone.now()
    old = issued(merchant, scopes=["reports:read"], ip_allow_list=["192.0.2.0/24"])

    new = rotate_key(key=old.key, overlap_seconds=3600, actor=OPERATOR, at=now)

    assert verified(old.secret, now=now + timedelta(seconds=3599)).scopes == {"reports:read"}
    with pytest.raises(ApiKeyInvalid):
        verified(old.secret, now=now + timedelta(seconds=3600))
    proof = verified(new.secret, now=now + timedelta(days=300))
    assert proof.scopes == {"reports:read"}
    assert [str(network) for network in proof.networks] == ["192.0.2.0/24"]
    assert MerchantApiKey.objects.get(pk=new.key.pk).rotated_from_id == old.key.pk


def test_rotating_does_not_lengthen_the_life_of_a_key_that_ends_sooner(merchant):
    now = timezone.now()
    old = issued(merchant, expires_at=now + timedelta(seconds=10))

    rotate_key(key=old.key, overlap_seconds=3600, actor=OPERATOR, at=now)

    assert MerchantApiKey.objects.get(pk=old.key.pk).expiry_date == now + timedelta(seconds=10)


def test_a_revoked_key_cannot_be_rotated(merchant):
    key = issued(merchant)
    revoke_key(key=key.key, actor=OPERATOR, at=timezone.now())
    count = MerchantApiKey.objects.filter(merchant=merchant).count()

    with pytest.raises(KeyIsRevoked):
        rotate_key(key=key.key, overlap_seconds=60, actor=OPERATOR, at=timezone.now())

    assert MerchantApiKey.objects.filter(merchant=merchant).count() == count


@pytest.mark.parametrize(
    ("address", "allowed"),
    [("192.0.2.7", True), ("192.0.3.7", False), ("2001:db8::1", True), ("2001:db9::1", False), (None, False)],
)
def test_a_key_bound_to_networks_works_from_them_alone(merchant, address, allowed):
    key = issued(merchant, ip_allow_list=["192.0.2.0/24", "2001:db8::/32"])
    caller = address and ipaddress.ip_address(address)

    if allowed:
        verified(key.secret, caller)
    else:
        with pytest.raises(IpNotAllowed):
            verified(key.secret, caller)


@pytest.mark.parametrize(
    ("told", "pointer"),
    [
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["customers:read", "everything"]}, "/scopes"),
        ({"name": "  "}, "/name"),
        ({"name": "x" * 51}, "/name"),
        ({"ip_allow_list": ["192.0.2.7", "192.0.2.7/24"]}, "/ip_allow_list/1"),
        ({"ip_allow_list": ["localhost"]}, "/ip_allow_list/0"),
        ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "/expires_at"),
    ],
)
def test_a_key_with_a_member_that_is_wrong_is_refused_and_not_stored(merchant, told, pointer):
    with pytest.raises(InvalidRequest) as refusal:
        issued(merchant, **told)

    assert [member.pointer for member in refusal.value.errors] == [pointer]
    assert not MerchantApiKey.objects.filter(merchant=merchant).exists()


def test_a_closed_merchant_gets_no_more_keys(merchant):
    close_merchant(merchant=merchant, reason="left us", actor=OPERATOR, at=timezone.now())
    merchant.refresh_from_db()

    with pytest.raises(MerchantClosed):
        issued(merchant)


def test_the_last_use_is_noted_once_a_minute(merchant, settings):
    settings.API_KEY_CACHE_SECONDS = 0
    key, now = issued(merchant), timezone.now()
    seen = []
    for seconds in (0, 30, 59, 60, 61):
        verified(key.secret, now=now + timedelta(seconds=seconds))
        seen.append((MerchantApiKey.objects.get(pk=key.key.pk).last_used_at - now).total_seconds())

    assert seen == [0, 0, 0, 60, 60]


def test_issuing_rotating_and_revoking_are_logged_without_the_secret(merchant):
    key = issued(merchant)
    new = rotate_key(key=key.key, overlap_seconds=60, actor=OPERATOR, at=timezone.now())
    revoke_key(key=new.key, actor=OPERATOR, at=timezone.now())

    entries = PlatformLogEntry.objects.filter(merchant=merchant.public_id, action__startswith="api_key.").order_by("id")
    assert [(entry.action, entry.target) for entry in entries] == [
        ("api_key.issued", key.key.prefix),
        ("api_key.issued", new.key.prefix),
        ("api_key.rotated", key.key.prefix),
        ("api_key.revoked", new.key.prefix),
    ]
    logged = "".join(str(entry.details) for entry in entries)
    assert key.secret.partition(".")[2] not in logged
    assert new.secret.partition(".")[2] not in logged


@pytest.mark.urls("tests.tenants.probe_urls")
class TestOverHttp:
    def ask(self, path="/probe", header=None, method="get", **extra):
        headers = {} if header is None else {"Authorization": header}
        return getattr(Client(raise_request_exception=False), method)(path, headers=headers, **extra)

    def test_without_a_key_the_answer_is_401_with_the_challenge(self):
        answer = self.ask()

        assert (answer.status_code, answer.json()["code"]) == (401, "api_key_missing")
        assert answer.headers["WWW-Authenticate"] == "Api-Key"

    def test_a_wrong_key_is_401(self):
        answer = self.ask(header="Api-Key kyc_live_nonsense")

        assert (answer.status_code, answer.json()["code"]) == (401, "api_key_invalid")
        assert answer.headers["WWW-Authenticate"] == "Api-Key"

    def test_a_key_in_the_url_is_no_key(self, live_key):
        assert self.ask(f"/probe?api_key={live_key}&Authorization=Api-Key%20{live_key}").status_code == 401

    def test_a_key_without_the_scope_is_403_and_told_which(self, merchant):
        answer = self.ask(header=f"Api-Key {a_key(merchant, 'customers:write')}")

        assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")
        assert "customers:read" in answer.json()["detail"]

    def test_a_key_with_the_scope_is_served_and_the_actor_is_the_key(self, merchant):
        key = a_key(merchant, "customers:write")

        answer = self.ask(header=f"Api-Key {key}", method="post")

        assert answer.status_code == 201
        assert answer.json() == {"actor": ["api_key", key.partition(".")[0]]}

    @pytest.mark.parametrize(("path", "method"), [("/undeclared", "get"), ("/probe", "delete")])
    def test_an_endpoint_that_declares_no_scope_is_closed(self, live_key, path, method):
        answer = self.ask(path, f"Api-Key {live_key}", method)

        assert (answer.status_code, answer.json()["code"]) == (403, "scope_not_declared")

    def test_a_method_that_the_endpoint_does_not_have_is_405(self, live_key):
        assert self.ask("/probe", f"Api-Key {live_key}", "patch").status_code == 405

    def test_the_allow_list_believes_our_proxies_only(self, merchant, settings):
        key = f"Api-Key {issued(merchant, ip_allow_list=['192.0.2.0/24']).secret}"
        forged = {"HTTP_X_FORWARDED_FOR": "192.0.2.7", "REMOTE_ADDR": "198.51.100.1"}
        assert self.ask(header=key, **forged).json()["code"] == "ip_not_allowed"

        settings.TRUSTED_PROXY_COUNT = 1

        assert self.ask(header=key, HTTP_X_FORWARDED_FOR="198.51.100.1, 192.0.2.7").status_code == 200
        assert self.ask(header=key, HTTP_X_FORWARDED_FOR="192.0.2.7, 198.51.100.1").json()["code"] == "ip_not_allowed"
