"""Django admin: its pages render, do what the commands do, show nothing of customers, and let nobody guess passwords."""

import re
import secrets

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib import admin
from django.core.cache import caches
from django.test import Client
from django.urls import path
from django.utils import timezone

from tenants.api_keys.cache import verify_key
from tenants.api_keys.errors import ApiKeyInvalid
from tenants.api_keys.models import MerchantApiKey
from tenants.members.accounts import create_operator
from tenants.members.models import Membership, User
from tenants.merchants.models import Domain, Merchant
from tenants.operator_site import LOGINS_PER_ACCOUNT, LOGINS_PER_IP
from tenants.platform_log.models import PlatformLogEntry
from tests.fixtures.merchants import OPERATOR

urlpatterns = [path("admin/", admin.site.urls)]

pytestmark = pytest.mark.urls("tests.tenants.test_operator_site")

PASSWORD = "correct-horse-battery-7"


@pytest.fixture
def operator():
    address = f"operator-{secrets.token_hex(5)}@example.com"
    return create_operator(email=address, password=PASSWORD, actor=OPERATOR, at=timezone.now())


@pytest.fixture
def page(operator):
    """A client that is logged in."""
    client = Client()
    client.force_login(operator)
    return client


def key_in(response):
    return re.findall(r"kyc_(?:live|test)_\w+\.\w+", response.content.decode())[0]


def verified(text):
    return verify_key(f"Api-Key {text}", None, timezone.now())


def act(page, model, action, rows, **fields):
    """Run an action on rows and return the page that follows."""
    form = {"action": action, "_selected_action": [row.pk for row in rows], **fields}
    return page.post(f"/admin/tenants/{model}/", form, follow=True)


def test_every_page_renders(page, merchant, live_key, operator):
    Domain.objects.create(domain=f"{merchant.slug}.example", tenant=merchant)
    for model in apps.get_app_config("tenants").get_models():
        base = f"/admin/tenants/{model._meta.model_name}/"
        row = model._default_manager.first()
        assert page.get(base).status_code == 200
        assert page.get(f"{base}?q=a").status_code == 200
        if row is not None:
            assert page.get(f"{base}{row.pk}/change/").status_code == 200
    for name in ("merchant", "merchantapikey", "domain", "user", "membership"):
        assert page.get(f"/admin/tenants/{name}/add/").status_code == 200
    assert page.get("/admin/").status_code == 200


def test_nothing_that_belongs_to_a_merchants_customers_is_registered():
    registered = {model._meta.app_label for model in admin.site._registry}

    assert registered == {"tenants", "auth"}
    assert not registered & set(django_settings.TENANT_APPS)


def test_a_merchant_is_opened(page, operator):
    slug = f"admin-{secrets.token_hex(5)}"

    form = {"name": "By Admin", "slug": slug, "time_zone": "UTC", "plan": "standard"}
    answer = page.post("/admin/tenants/merchant/add/", form, follow=True)

    assert answer.redirect_chain == [("/admin/tenants/merchant/", 302)]
    assert set(Merchant.objects.filter(slug=slug).values_list("mode", "state")) == {("live", "active"), ("sandbox", "active")}
    live = Merchant.objects.get(slug=slug, mode="live")
    assert PlatformLogEntry.objects.filter(merchant=live.public_id, actor_id=str(operator.pk)).count() == 3


def test_a_merchant_that_cannot_be_opened_is_explained_at_the_field(page, merchant):
    form = {"name": "By Admin", "slug": f"admin-{secrets.token_hex(5)}", "time_zone": "Mars", "plan": "standard"}

    answer = page.post("/admin/tenants/merchant/add/", form)

    assert answer.status_code == 200
    assert "Europe/Stockholm" in answer.content.decode()
    taken = page.post("/admin/tenants/merchant/add/", {**form, "time_zone": "UTC", "slug": merchant.slug})
    assert "slug" in taken.content.decode()
    assert Merchant.objects.filter(slug=merchant.slug).count() == 2


def test_a_merchant_is_suspended_reactivated_and_closed_with_a_reason(page, merchant):
    states = []
    for action, reason in (("suspend", "unpaid"), ("reactivate", "paid"), ("close", f"{merchant.slug} left us")):
        act(page, "merchant", action, [merchant], reason=reason)
        merchant.refresh_from_db()
        states.append(merchant.state)

    assert states == ["suspended", "active", "closed"]


@pytest.mark.parametrize(("action", "reason"), [("suspend", ""), ("close", ""), ("close", "by accident")])
def test_without_a_reason_or_with_an_unconfirmed_closing_nothing_happens(page, merchant, action, reason):
    act(page, "merchant", action, [merchant], reason=reason)

    merchant.refresh_from_db()
    assert merchant.state == "active"


def test_a_merchant_is_put_on_another_plan_in_both_modes(page, merchant):
    act(page, "merchant", "put_on_plan", [merchant], plan="large", reason="their campaign")

    assert set(Merchant.objects.filter(slug=merchant.slug).values_list("plan", flat=True)) == {"large"}


def test_a_plan_that_is_none_changes_nothing_and_is_named(page, merchant):
    answer = act(page, "merchant", "put_on_plan", [merchant], plan="", reason="their campaign")

    assert set(Merchant.objects.filter(slug=merchant.slug).values_list("plan", flat=True)) == {"standard"}
    assert "The plans are standard, large, unlimited." in answer.text


def test_merchants_cannot_be_deleted(page, merchant):
    assert page.post(f"/admin/tenants/merchant/{merchant.pk}/delete/", {"post": "yes"}).status_code == 403
    act(page, "merchant", "delete_selected", [merchant], post="yes")

    assert Merchant.objects.filter(pk=merchant.pk).exists()


def test_a_key_is_issued_and_shown_once_on_a_page_that_is_not_kept(page, merchant):
    form = {"merchant": merchant.pk, "name": "by admin", "scopes": ["customers:read"], "ip_allow_list": "192.0.2.0/24\n"}

    answer = page.post("/admin/tenants/merchantapikey/add/", form)

    assert "no-store" in answer.headers["Cache-Control"]
    row = MerchantApiKey.objects.get(merchant=merchant)
    assert row.ip_allow_list == ["192.0.2.0/24"]
    key = key_in(answer)
    assert key.startswith(row.prefix)
    assert key not in str(page.cookies)
    for url in ("/admin/tenants/merchantapikey/", f"/admin/tenants/merchantapikey/{row.pk}/change/"):
        assert key.partition(".")[2] not in page.get(url).content.decode()


def test_a_key_that_cannot_be_issued_is_explained(page, merchant):
    form = {"merchant": merchant.pk, "name": "by admin", "scopes": ["customers:read"], "ip_allow_list": "everywhere"}

    answer = page.post("/admin/tenants/merchantapikey/add/", form)

    assert "192.0.2.0/24" in answer.content.decode()
    assert not MerchantApiKey.objects.filter(merchant=merchant).exists()


def test_keys_are_rotated_and_revoked(page, merchant, live_key):
    row = MerchantApiKey.objects.get(merchant=merchant)

    new = key_in(act(page, "merchantapikey", "rotate", [row]))
    act(page, "merchantapikey", "revoke", [row])

    assert verified(new).context.public_id == merchant.public_id
    with pytest.raises(ApiKeyInvalid):
        verified(live_key)


def test_domains_and_memberships_are_set_and_logged(page, merchant, operator):
    page.post("/admin/tenants/domain/add/", {"domain": f"KYC.{merchant.slug}.Example", "tenant": merchant.pk, "is_primary": "on"})
    page.post("/admin/tenants/membership/add/", {"user": operator.pk, "merchant": merchant.pk, "role": "viewer"})
    membership = Membership.objects.get(user=operator, merchant=merchant)
    page.post(f"/admin/tenants/membership/{membership.pk}/delete/", {"post": "yes"})

    assert Domain.objects.get(tenant=merchant).domain == f"kyc.{merchant.slug}.example"
    actions = PlatformLogEntry.objects.filter(merchant=merchant.public_id, actor_id=str(operator.pk)).order_by("id")
    assert [entry.action for entry in actions] == ["domain.set", "membership.given", "membership.withdrawn"]
    assert not Membership.objects.filter(pk=membership.pk).exists()


def test_a_user_is_created_with_a_lower_case_address(page):
    address = f"New-{secrets.token_hex(4)}@Example.com"
    form = {"email": address, "name": "New", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}

    page.post("/admin/tenants/user/add/", form)

    assert User.objects.get(email=address.lower()).check_password(PASSWORD)


def test_a_user_who_is_no_operator_is_not_let_in():
    user = User.objects.create_user(f"member-{secrets.token_hex(4)}@example.com", PASSWORD)
    client = Client()
    client.force_login(user)

    assert client.get("/admin/tenants/merchant/").status_code == 302


class TestLogin:
    def try_to_log_in(self, address, password, ip):
        return Client().post("/admin/login/", {"username": address, "password": password}, REMOTE_ADDR=ip)

    @pytest.fixture
    def ip(self):
        return f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1"

    def test_the_right_password_lets_an_operator_in_whatever_the_case_of_the_address(self, operator, ip):
        assert self.try_to_log_in(operator.email.upper(), PASSWORD, ip).status_code == 302

    def test_an_account_is_closed_after_too_many_wrong_passwords_also_from_other_addresses(self, operator):
        limit = int(LOGINS_PER_ACCOUNT.partition("/")[0])
        statuses = [self.try_to_log_in(operator.email, "wrong", f"192.0.2.{n}").status_code for n in range(limit)]
        assert statuses == [200] * limit

        refused = self.try_to_log_in(operator.email, PASSWORD, "192.0.2.200")

        assert refused.status_code == 429
        assert 0 < int(refused.headers["Retry-After"]) <= 300

    def test_an_address_is_closed_after_too_many_attempts_on_many_accounts(self, ip):
        limit = int(LOGINS_PER_IP.partition("/")[0])
        for n in range(limit):
            self.try_to_log_in(f"nobody-{n}@example.com", "wrong", ip)

        assert self.try_to_log_in("nobody@example.com", "wrong", ip).status_code == 429

    def test_while_attempts_cannot_be_counted_nobody_is_let_in(self, operator, settings, ip):
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
        try:
            answer = self.try_to_log_in(operator.email, PASSWORD, ip)
        finally:
            caches.close_all()

        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "30"
