"""An end user's token opens one customer of one merchant, until it ends or is revoked."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.fixtures.merchants import a_key
from tests.fixtures.way import Way
from verification.customers.access_tokens import TokenInvalid, issue_token, read_token, require_unexpired

STATUS = "/api/v1/user/me/kyc/status"


def token_of(way: Way, customer_id: str) -> str:
    answer = way.ask("POST", f"/api/v1/customers/{customer_id}/access-tokens", {})
    assert answer.status_code == 201
    return str(answer.json()["token"])


def asking(way: Way, token: str, scheme: str = "JWT") -> Any:
    return way.client.get(STATUS, headers={"Authorization": f"{scheme} {token}"})


@pytest.mark.parametrize("scheme", ["JWT", "jwt", "Bearer", "bearer"])
def test_a_token_shows_its_own_customer_whatever_the_case_of_the_scheme(way: Way, scheme: str) -> None:
    customer_id = way.register()

    answer = asking(way, token_of(way, customer_id), scheme)

    assert answer.status_code == 200
    user_id = way.ask("GET", f"/api/v1/customers/{customer_id}").json()["id"]
    assert answer.json() == {"user_id": user_id, "status": "unverified", "submission_status": "NOT_SUBMITTED"}


def test_revoked_tokens_are_refused_and_new_ones_are_not(way: Way) -> None:
    customer_id, other_id = way.register(), way.register()
    first, second, of_other = token_of(way, customer_id), token_of(way, customer_id), token_of(way, other_id)

    assert way.ask("DELETE", f"/api/v1/customers/{customer_id}/access-tokens").status_code == 204

    for token in (first, second):
        answer = asking(way, token)
        assert (answer.status_code, answer.json()["err_code"]) == (401, "Err1101")
    assert asking(way, of_other).status_code == 200
    assert asking(way, token_of(way, customer_id)).status_code == 200


def test_a_token_ends_when_it_says_so() -> None:
    at = timezone.now()
    token = issue_token(schema="m_aaaaaaaaaaaaaaaa", customer_pk=7, at=at, seconds=60).token

    claims = read_token(token)
    assert (claims.schema, claims.customer_pk) == ("m_aaaaaaaaaaaaaaaa", 7)
    require_unexpired(claims, at=at + timedelta(seconds=59))
    with pytest.raises(TokenInvalid):
        require_unexpired(claims, at=at + timedelta(seconds=60))


@pytest.mark.parametrize(
    "spoil", [lambda t: t[:-2], lambda t: t + "x", lambda t: "", lambda t: t.split(".")[0] + ".e30.", lambda t: "a.b.c"]
)
def test_a_token_that_was_changed_is_refused(way: Way, spoil: Any) -> None:
    answer = asking(way, spoil(token_of(way, way.register())))

    assert (answer.status_code, answer.json()["err_code"], answer.json()["is_success"]) == (401, "Err1101", False)


def test_an_api_key_is_no_token_and_a_token_is_no_api_key(way: Way) -> None:
    customer_id = way.register()
    token = token_of(way, customer_id)

    assert asking(way, way.key, "Api-Key").status_code == 401
    refused = way.client.get(f"/api/v1/customers/{customer_id}", headers={"Authorization": f"Api-Key {token}"})
    assert (refused.status_code, refused.json()["code"]) == (401, "api_key_invalid")


def test_another_merchants_key_cannot_issue_a_token(way: Way, other_merchant: Any) -> None:
    customer_id = way.register()

    answer = way.ask("POST", f"/api/v1/customers/{customer_id}/access-tokens", {}, key=a_key(other_merchant.sandbox))

    assert (answer.status_code, answer.json()["code"]) == (404, "customer_not_found")
