"""The documentation's pages: everything comes from this host, no script stands in a page, and each error is explained."""

import re
from html.parser import HTMLParser

import pytest
from django.test import Client

from kyc_platform.errors import Conflict, DomainError
from kyc_platform.outbound.errors import OutboundFailed
from kyc_platform.requests.problems import TYPE_BASE
from kyc_platform.urls.documentation import catalogue_of_errors
from tenants.api_keys.issuing import KeyIsRevoked
from tenants.merchants.opening import SlugTaken
from tenants.merchants.states import IllegalMerchantTransition
from tenants.merchants.template_making import NoPgDump
from verification.api.end_user import EndUserError
from verification.providers.registry import ProviderNotAvailable

PAGES = ("/api/v1/docs", "/api/v1/docs/errors")
# Families, what an operator's command meets, and what becomes a review or a retry before anybody is answered.
NEVER_ANSWERED = {
    DomainError,
    Conflict,
    EndUserError,
    KeyIsRevoked,
    SlugTaken,
    IllegalMerchantTransition,
    NoPgDump,
    OutboundFailed,
    ProviderNotAvailable,
}


class Page(HTMLParser):
    """What a page loads, and what is written into it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.ids: list[str] = []
        self.inline: list[str] = []
        self.open_script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "link", "img", "iframe"):
            self.loaded.append(given.get("src") or given.get("href") or "")
        if tag in ("script", "style") and "src" not in given:
            self.inline.append(tag)
        self.inline += [name for name in given if name.startswith("on") or name == "style"]
        self.ids += [value for name, value in attrs if name == "id" and value]


def all_errors() -> set[type[DomainError]]:
    """Return every class of error that is loaded."""
    found, waiting = set(), [DomainError]
    while waiting:
        error = waiting.pop()
        found.add(error)
        waiting += error.__subclasses__()
    return {error for error in found if not error.__module__.startswith("tests.")}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_everything_from_this_host_and_all_of_it_is_there(client: Client, path: str):
    page = Page(client.get(path).text)

    assert page.loaded
    for address in page.loaded:
        assert re.match(r"/static/[a-z]", address)
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.getvalue()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_inline_script_or_style_and_its_policy_would_refuse_them(client: Client, path: str):
    answer = client.get(path)

    assert Page(answer.text).inline == []
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"


def test_the_page_draws_the_document_of_this_platform_and_asks_no_validator(client: Client):
    page = client.get("/api/v1/docs").text
    script = client.get("/static/api/docs.js").getvalue().decode()

    assert 'data-schema="/api/v1/schema"' in page
    assert 'validatorUrl: "none"' in script
    assert "http" not in script


def test_the_document_is_json_and_is_not_sent_again_when_it_is_known(client: Client):
    first = client.get("/api/v1/schema")
    again = client.get("/api/v1/schema", headers={"If-None-Match": first.headers["ETag"]})

    assert (first.status_code, first.headers["Content-Type"]) == (200, "application/json")
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", [*PAGES, "/api/v1/schema"])
def test_a_page_can_be_read_only(client: Client, path: str):
    answer = client.post(path)

    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert answer.json()["code"] == "method_not_allowed"


def test_the_catalogue_of_errors_explains_each_code_where_the_type_of_a_problem_leads(client: Client):
    answer = client.get(TYPE_BASE.partition("#")[0])
    page = Page(answer.text)

    assert page.ids == [error.code for error in catalogue_of_errors()]
    for error in catalogue_of_errors():
        assert error.cause and error.remedy and error.title
        assert 400 <= error.http_status <= 599


def test_each_error_has_a_frozen_code_of_its_own():
    codes = [error.code for error in all_errors() if "code" in vars(error)]

    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", code) for code in codes)


def test_each_error_is_in_the_catalogue_unless_nobody_is_ever_answered_with_it():
    catalogued = {error.code for error in catalogue_of_errors()}
    missing = {error for error in all_errors() if error.code not in catalogued or "code" not in vars(error)}

    assert missing == NEVER_ANSWERED
