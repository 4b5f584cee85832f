"""Before an endpoint is disabled its merchant is warned: in the API, and its members by mail, through a real mail server."""

import secrets
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from tenants.members.accounts import add_member
from tenants.members.models import Role, User
from tenants.merchants.models import Merchant
from tests.fixtures.merchants import OPERATOR, a_key, inside
from tests.fixtures.way import Way
from tests.verification.webhooks.conftest import a_ping, an_endpoint, later
from tests.verification.webhooks.mail_server import MailServer, taking_mail
from tests.verification.webhooks.receivers import answering, receiving
from tests.verification.webhooks.test_endpoints_api import PATH, ask
from verification import jobs
from verification.webhooks.models import EndpointWarning, WebhookDelivery, WebhookEndpoint
from verification.workflow.notifying import deliver_due
from verification.workflow.sweeping import DUE_TABLES
from verification.workflow.warning import warn_members

NOBODY_LISTENS = "http://127.0.0.1:1/hook"


@pytest.fixture
def mail(settings) -> Iterator[MailServer]:
    """The mail server that the platform is set to."""
    with taking_mail() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", server.port, False
        yield server


def a_member(merchant: Merchant, role: Role, *, is_active: bool = True) -> str:
    """Give somebody new a role, and return the address."""
    user = User.objects.create_user(f"{role}-{secrets.token_hex(4)}@example.com", is_active=is_active)
    add_member(merchant=merchant, user=user, role=role, actor=OPERATOR, at=timezone.now())
    return user.email


def fail_once() -> WebhookEndpoint:
    """Have a new endpoint fail for the first time now; nobody listens there."""
    endpoint = an_endpoint(NOBODY_LISTENS).endpoint
    a_ping()
    deliver_due()
    endpoint.refresh_from_db()
    assert endpoint.failing_since is not None
    return endpoint


def shown(merchant: Merchant, endpoint: WebhookEndpoint) -> list[str]:
    """Return the codes of the warnings that the API shows."""
    answer = ask(a_key(merchant), "get", f"{PATH}/{endpoint.uid}").json()
    listed = ask(a_key(merchant), "get").json()["data"][0]
    assert listed == answer
    assert all(warning["warned_at"] for warning in answer["warnings"])
    return [warning["code"] for warning in answer["warnings"]]


def test_members_are_warned_after_an_hour_after_a_day_and_a_day_before_the_end(merchant, mail):
    addressed = sorted(a_member(merchant, role) for role in (Role.OWNER, Role.ADMIN, Role.DEVELOPER))
    for role in (Role.REVIEWER, Role.VIEWER):
        a_member(merchant, role)
    a_member(merchant, Role.OWNER, is_active=False)
    with inside(merchant):
        endpoint = fail_once()
        began = endpoint.failing_since
        assert began is not None
    codes = []
    for hours, code, words in (
        (1, "failing_for_an_hour", "has been failing for an hour"),
        (24, "failing_for_a_day", "has been failing for a day"),
        (96, "disabled_in_a_day", "will be disabled in a day"),
    ):
        moment = began + timedelta(hours=hours)
        with inside(merchant):
            warn_members(at=moment - timedelta(seconds=1))
            assert mail.taken == []
            warn_members(at=moment)
            warn_members(at=moment + timedelta(minutes=30))
        codes.append(code)
        assert mail.addresses == addressed
        assert set(mail.subjects) == {f"Acme (live): webhook endpoint {endpoint.uid} {words}"}
        assert shown(merchant, endpoint) == codes
        mail.taken.clear()
    with inside(merchant):
        warn_members(at=began + timedelta(days=30))
    assert mail.taken == []


def test_a_mail_says_what_to_do_and_holds_neither_the_url_nor_a_secret(merchant, mail):
    a_member(merchant, Role.OWNER)
    with inside(merchant):
        endpoint = fail_once()
        warn_members(at=timezone.now() + timedelta(hours=1))

    ((_, message),) = mail.taken
    text = message.get_content()
    assert f"{endpoint.failing_since:%Y-%m-%d %H:%M} UTC" in text
    assert f"GET /webhook-endpoints/{endpoint.uid}/deliveries" in text
    assert "127.0.0.1" not in text and "whsec_" not in text and "None" not in text


def test_one_success_and_nobody_is_warned_any_more(merchant, mail):
    a_member(merchant, Role.OWNER)
    statuses = {"now": 500}
    with receiving(lambda arrived: answering(statuses["now"])(arrived)) as receiver, inside(merchant):
        endpoint = an_endpoint(receiver.url).endpoint
        a_ping()
        deliver_due()
        warn_members(at=timezone.now() + timedelta(hours=1, seconds=1))
        assert len(mail.taken) == 1
        statuses["now"] = 200
        deliver_due(clock=later(minutes=1))
        assert not EndpointWarning.objects.exists()
        warn_members(at=timezone.now() + timedelta(days=4))

    assert len(mail.taken) == 1
    assert shown(merchant, endpoint) == []


def test_nothing_is_disabled_for_failing_before_the_last_warning_was_given(merchant, mail):
    with inside(merchant):
        endpoint = fail_once()
        states = []
        for _ in range(2):
            WebhookDelivery.objects.update(due_at=timezone.now())
            deliver_due(clock=later(days=5, minutes=1))
            endpoint.refresh_from_db()
            states.append(endpoint.state)
            warn_members(at=timezone.now() + timedelta(days=5, minutes=1))

    assert states == ["enabled", "disabled"]
    assert shown(merchant, endpoint) == ["failing_for_an_hour", "failing_for_a_day", "disabled_in_a_day", "disabled"]


def test_members_hear_at_once_that_an_endpoint_was_disabled_and_not_when_they_asked_for_it(merchant, mail, run_jobs):
    address = a_member(merchant, Role.DEVELOPER)
    with receiving(answering(410)) as gone, inside(merchant):
        endpoint = an_endpoint(gone.url).endpoint
        a_ping()
        deliver_due()

    assert jobs.WARN_MEMBERS in run_jobs(merchant)
    ((recipient, message),) = mail.taken
    assert recipient == address
    assert str(message["Subject"]).endswith(f"{endpoint.uid} was disabled")
    assert "It answered 410." in message.get_content()
    assert shown(merchant, endpoint) == ["disabled"]

    key = a_key(merchant)
    assert ask(key, "put", f"{PATH}/{endpoint.uid}", {"state": "enabled"}).json()["warnings"] == []
    assert ask(key, "put", f"{PATH}/{endpoint.uid}", {"state": "disabled"}).json()["warnings"] == []
    run_jobs(merchant)
    assert len(mail.taken) == 1


def test_while_the_mail_server_refuses_the_api_warns_and_the_mail_is_tried_again(merchant, mail, settings):
    a_member(merchant, Role.OWNER)
    now = timezone.now() + timedelta(hours=1, seconds=1)
    with inside(merchant):
        endpoint = fail_once()
        mail.is_refusing = True
        warn_members(at=now)
        settings.EMAIL_PORT = 1
        warn_members(at=now + timedelta(minutes=10))
    assert mail.taken == []
    assert shown(merchant, endpoint) == ["failing_for_an_hour"]

    mail.is_refusing, settings.EMAIL_PORT = False, mail.port
    with inside(merchant):
        warn_members(at=now + timedelta(minutes=19))
        assert mail.taken == []
        warn_members(at=now + timedelta(minutes=20))
        warn_members(at=now + timedelta(minutes=40))
        assert list(EndpointWarning.objects.filter(code="failing_for_an_hour").values_list("due_at", "mail_count")) == [(None, 3)]
    assert len(mail.taken) == 1


def test_a_merchant_without_members_is_warned_in_the_api_alone(merchant, other_merchant, mail):
    a_member(other_merchant, Role.OWNER)
    with inside(merchant):
        endpoint = fail_once()
        warn_members(at=timezone.now() + timedelta(hours=1))

    assert mail.taken == []
    assert shown(merchant, endpoint) == ["failing_for_an_hour"]


def test_warnings_follow_the_sandboxs_clock(way: Way, mail: MailServer):
    address = a_member(way.merchant, Role.OWNER)
    endpoint_id = way.ask("POST", PATH, {"url": NOBODY_LISTENS}).json()["id"]
    way.ask("POST", f"{PATH}/{endpoint_id}/test")
    way.run_jobs()
    assert EndpointWarning in DUE_TABLES
    for seconds, codes in ((3500, 0), (200, 1), (24 * 3600, 2), (72 * 3600, 3), (24 * 3600, 4)):
        way.ask("POST", "/api/v1/sandbox/clock/advance", {"seconds": seconds})
        way.ask("POST", f"{PATH}/{endpoint_id}/test")
        way.run_jobs()
        endpoint = way.ask("GET", f"{PATH}/{endpoint_id}").json()
        assert len(endpoint["warnings"]) == len(mail.taken) == codes

    assert (endpoint["state"], endpoint["disabled_because"]) == ("disabled", "failing")
    assert [warning["code"] for warning in endpoint["warnings"]][-1] == "disabled"
    assert set(mail.addresses) == {address}
    assert mail.subjects[0] == f"Acme (sandbox): webhook endpoint {endpoint_id} has been failing for an hour"
