"""A request starts and ends in `public`, and is in between in the one merchant it proved itself for."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from kyc_platform.schema import NoSchema, connection, inside_schema, is_public
from tenants.merchants.models import Domain
from tenants.merchants.opening import close_merchant, reactivate_merchant, suspend_merchant
from tenants.routing.context import ENTERED, context_of, current_merchant, current_merchant_key
from tenants.routing.entry import enter_merchant
from tests.fixtures.merchants import OPERATOR, inside

pytestmark = pytest.mark.urls("tests.tenants.probe_urls")


@pytest.fixture
def client():
    return Client(raise_request_exception=False)


def ask(client, path, key, method="get", **extra):
    return getattr(client, method)(path, headers={"Authorization": f"Api-Key {key}"}, **extra)


def test_a_key_enters_its_merchants_schema_and_the_request_leaves_it(client, merchant, live_key):
    answer = ask(client, "/probe", live_key)

    assert answer.status_code == 200
    assert answer.json() == {"schema": merchant.schema_name, "merchant": merchant.public_id, "livemode": True}
    assert is_public()
    assert ENTERED.get() is None


def test_a_test_key_reaches_the_sandbox_only(client, merchant, test_key):
    answer = ask(client, "/probe", test_key)

    assert answer.json() == {"schema": merchant.sandbox.schema_name, "merchant": merchant.sandbox.public_id, "livemode": False}


def test_two_merchants_in_turn_are_never_mixed(client, merchant, other_merchant, live_key, other_live_key):
    seen = [ask(client, "/probe", key).json()["schema"] for key in (live_key, other_live_key) * 3]

    assert seen == [merchant.schema_name, other_merchant.schema_name] * 3


@pytest.mark.parametrize(("method", "status"), [("get", 500), ("post", 409)])
def test_a_request_that_fails_ends_in_public_too(client, live_key, method, status):
    answer = ask(client, "/failing", live_key, method)

    assert answer.status_code == status
    assert is_public()
    assert ENTERED.get() is None
    assert client.get("/where").content == b"public"


def test_a_request_does_not_trust_what_the_one_before_it_left(client, merchant):
    connection.set_schema(merchant.schema_name)

    assert client.get("/where").content == b"public"


def test_a_streamed_response_is_made_inside_and_leaves_nothing_when_it_is_abandoned(client, merchant, live_key):
    answer = ask(client, "/streaming", live_key)
    pieces = iter(answer.streaming_content)

    assert next(pieces).decode().strip() == merchant.schema_name
    assert is_public()
    assert [piece.decode().strip() for piece in pieces] == [merchant.schema_name] * 2
    assert is_public()


def test_on_a_merchants_own_domain_its_keys_of_both_modes_are_served(client, merchant, live_key, test_key, settings):
    settings.ALLOWED_HOSTS = [".example"]
    Domain.objects.create(domain=f"{merchant.slug}.example", tenant=merchant)

    for key in (live_key, test_key):
        assert ask(client, "/probe", key, HTTP_HOST=f"{merchant.slug}.example:8443").status_code == 200


def test_on_a_merchants_own_domain_another_merchants_key_is_refused(client, merchant, other_live_key, settings):
    settings.ALLOWED_HOSTS = [".example"]
    Domain.objects.create(domain=f"{merchant.slug}.example", tenant=merchant)

    answer = ask(client, "/probe", other_live_key, HTTP_HOST=f"{merchant.slug}.example")

    assert answer.status_code == 403
    assert answer.json()["code"] == "domain_mismatch"
    assert is_public()


def test_a_suspended_merchant_is_refused_at_once_and_served_again_after(client, merchant, live_key, test_key):
    assert ask(client, "/probe", live_key).status_code == 200
    suspend_merchant(merchant=merchant, reason="unpaid", actor=OPERATOR, at=timezone.now())
    for key in (live_key, test_key):
        refused = ask(client, "/probe", key)
        assert (refused.status_code, refused.json()["code"]) == (403, "merchant_suspended")

    reactivate_merchant(merchant=merchant, reason="paid", actor=OPERATOR, at=timezone.now())

    assert ask(client, "/probe", live_key).status_code == 200


def test_a_closed_merchant_is_refused_at_once(client, merchant, live_key):
    assert ask(client, "/probe", live_key).status_code == 200

    close_merchant(merchant=merchant, reason="left us", actor=OPERATOR, at=timezone.now())

    refused = ask(client, "/probe", live_key)
    assert (refused.status_code, refused.json()["code"]) == (403, "merchant_closed")


def test_outside_every_merchant_there_is_no_current_one():
    with pytest.raises(NoSchema):
        current_merchant()
    with pytest.raises(NoSchema):
        current_merchant_key()


def test_a_connection_that_is_elsewhere_than_it_should_be_is_noticed(merchant, other_merchant):
    with inside(merchant), inside_schema(other_merchant.schema_name), pytest.raises(NoSchema):
        current_merchant()


def test_entering_is_nested_and_undone_after_exceptions(merchant, other_merchant):
    with inside(merchant):
        with pytest.raises(RuntimeError), inside(other_merchant):
            assert current_merchant().schema == other_merchant.schema_name
            raise RuntimeError
        assert current_merchant().schema == merchant.schema_name
        assert connection.schema_name == merchant.schema_name


def test_the_same_cache_key_in_two_merchants_is_two_entries(merchant, other_merchant):
    for row, value in ((merchant, "a"), (other_merchant, "b")):
        with inside(row):
            cache.set("customers", value, 60)

    seen = []
    for row in (merchant, other_merchant):
        with inside(row):
            seen.append(cache.get("customers"))
    assert seen == ["a", "b"]
    assert cache.get("customers") is None


def test_a_context_says_nothing_of_the_key_it_carries(merchant):
    with enter_merchant(context_of(merchant)) as context:
        assert "wrapped_key" not in repr(context)
        assert current_merchant_key().hex() not in repr(ENTERED.get())
