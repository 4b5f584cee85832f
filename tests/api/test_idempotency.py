"""The same key and the same request: one effect and one answer, however often, however parallel, and after a crash."""

import secrets
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.api.asking import ask, multipart
from tests.fixtures.merchants import a_key, inside
from tests.fixtures.way import Way, a_picture, members_of_customer
from verification.api.base import MerchantView
from verification.api.urls import urlpatterns
from verification.customers.models import Customer
from verification.documents.models import DocumentSubmission
from verification.idempotency.models import IdempotentRequest
from verification.idempotency.records import forget_expired


def registering(way: Way, members: dict[str, Any], key: str, path: str = "/api/v1/customers") -> Any:
    return way.ask("POST", path, members, headers={"Idempotency-Key": key})


def test_a_repetition_is_answered_the_same_and_does_nothing(way: Way) -> None:
    members, key = members_of_customer(), secrets.token_hex(8)

    first, second = registering(way, members, key), registering(way, members, key, "/customers")

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second.headers["Content-Type"] == first.headers["Content-Type"] == "application/json"
    assert ("Idempotent-Replayed" in first.headers, second.headers["Idempotent-Replayed"]) == (False, "true")


def test_the_order_of_members_and_the_quoting_of_the_key_make_no_other_request(way: Way) -> None:
    members, key = members_of_customer(), secrets.token_hex(8)
    first = registering(way, members, key)

    again = registering(way, dict(reversed(members.items())), f'"{key}"')

    assert again.content == first.content


def test_another_request_under_the_key_is_refused_and_stores_nothing(way: Way) -> None:
    key = secrets.token_hex(8)
    registering(way, members_of_customer(), key)

    answer = registering(way, members_of_customer(), key)

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    with inside(way.merchant.sandbox):
        assert Customer.objects.count() == 1


def test_a_request_that_fails_does_not_burn_its_key(way: Way) -> None:
    key = secrets.token_hex(8)
    members = members_of_customer()
    assert registering(way, {**members, "email": "nobody"}, key).status_code == 422

    assert registering(way, members, key).status_code == 201


def test_two_merchants_may_use_the_same_key(way: Way, other_merchant: Any) -> None:
    key, members = secrets.token_hex(8), members_of_customer()
    registering(way, members, key)

    theirs = way.ask("POST", "/api/v1/customers", members, key=a_key(other_merchant.sandbox), headers={"Idempotency-Key": key})

    assert theirs.status_code == 201
    assert "Idempotent-Replayed" not in theirs.headers


def test_a_form_with_another_boundary_is_the_same_request_and_one_with_another_file_is_not(way: Way) -> None:
    path, proof, key = f"/api/v1/customers/{way.register()}/documents", f"Api-Key {way.key}", {"Idempotency-Key": secrets.token_hex(8)}
    doc_type, file = ("doc_type", None, b"SELFIE"), ("file", "me.jpg", a_picture())

    first = ask("POST", path, proof, headers=key, **multipart(doc_type, file, boundary="a"))
    again = ask("POST", path, proof, headers=key, **multipart(file, doc_type, boundary="b"))  # in whichever order
    other = ask("POST", path, proof, headers=key, **multipart(doc_type, ("file", "me.jpg", a_picture())))

    assert first.status_code == 201, first.text
    assert (again.data, again.headers["Idempotent-Replayed"]) == (first.data, "true")
    assert (other.status_code, other.get_json(force=True)["code"]) == (422, "idempotency_key_reused")
    with inside(way.merchant.sandbox):
        assert DocumentSubmission.objects.count() == 1


def test_a_stored_answer_is_sealed(way: Way) -> None:
    registering(way, members_of_customer(), "a-key")

    with inside(way.merchant.sandbox):
        row = IdempotentRequest.objects.get()
        assert b"Eriksson" not in bytes(row.body_sealed or b"")
        assert row.effect.startswith("evt_")


@pytest.mark.parametrize("key", ["", "x" * 256, "clé"])
def test_a_header_that_is_no_key_is_refused(way: Way, key: str) -> None:
    answer = registering(way, members_of_customer(), key)

    assert answer.status_code == 422
    assert [error["code"] for error in answer.json()["errors"]] == ["invalid_idempotency_key"]


def test_after_a_day_a_key_is_new_again(way: Way) -> None:
    registering(way, members_of_customer(), "a-key")
    with inside(way.merchant.sandbox):
        assert forget_expired(at=timezone.now() + timedelta(hours=23)) == 0
        assert forget_expired(at=timezone.now() + timedelta(hours=25)) == 1

    assert registering(way, members_of_customer(), "a-key").status_code == 201


def test_every_view_that_changes_something_says_how_it_is_answered_again() -> None:
    views: list[Any] = [vars(pattern.callback)["view_class"] for pattern in urlpatterns]
    changing = [view for view in views if {"POST", "PUT", "DELETE"} & set(view.required_scopes)]

    assert len(changing) >= 8
    assert [view.__name__ for view in changing if view.answer_again is MerchantView.answer_again] == []
