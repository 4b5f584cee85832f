"""One spelling for each meaning: searching, comparing, and storing without loss."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verification.customers.anna import ANNA
from verification.customers.validation.canonical import document_number_for_search, email_for_search, phone_for_search
from verification.customers.validation.changes import changed_members
from verification.customers.validation.customers import read_customer
from verification.customers.validation.stored import from_stored, to_members
from verification.customers.validation.types import CustomerData


def read(**changes: object) -> CustomerData:
    return read_customer(ANNA | changes, today=date(2026, 11, 21), minimum_age=18, known_levels=None)


def test_an_email_address_is_found_in_any_spelling_of_the_same_mailbox() -> None:
    spellings = ["Anna@Bücher.de", " anna@bücher.DE", "anna@xn--bcher-kva.de", "ANNA@XN--BCHER-KVA.DE"]
    assert {email_for_search(spelling) for spelling in spellings} == {"anna@bücher.de"}


def test_a_phone_number_is_found_with_any_separators() -> None:
    assert {phone_for_search(spelling) for spelling in ["+46701234567", "+46 70-123 45 67", " +46 (0)70 1234567"]} == {"+46701234567"}


def test_a_document_number_is_found_without_its_separators_and_case() -> None:
    assert {document_number_for_search(spelling) for spelling in ["L898902C3", "l 898-902.c3", "L898902C3<"]} == {"l898902c3"}


@given(st.text(st.characters(codec=None), max_size=60))
def test_searching_takes_any_text_and_what_was_found_finds_itself(text: str) -> None:
    for search_form in (email_for_search, phone_for_search, document_number_for_search):
        assert search_form(search_form(text)) == search_form(text)


def test_a_stored_customer_comes_back_the_same_through_json() -> None:
    for customer in (read(), read(address="Storgatan 1, Uppsala", identity_document="passport", level=None, metadata=None)):
        assert from_stored(json.loads(json.dumps(to_members(customer)))) == customer


def test_a_customers_members_are_those_of_the_contract() -> None:
    assert to_members(read()) == ANNA


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, set()),
        ({"name": " anna maria ERIKSSON"}, set()),
        ({"email": "ANNA@example.com", "phone_number": "+46 70 123 45 67"}, set()),
        ({"address": ANNA["address"] | {"line1": "STORGATAN 1", "country": "SWE"}}, set()),
        ({"identity_document": ANNA["identity_document"] | {"number": "l-898902c3"}}, set()),
        ({"metadata": {"visits": 1, "tier": "gold"}}, set()),
        ({"name": "Anna Maria Ericsson"}, {"name"}),
        ({"date_of_birth": "1974-08-13"}, {"date_of_birth"}),
        ({"email": "anna@example.org", "phone_number": "+46701234568"}, {"email", "phone_number"}),
        ({"address": ANNA["address"] | {"line2": "c/o Bo"}}, {"address"}),
        ({"address": "Storgatan 1, Uppsala"}, {"address"}),
        ({"identity_document": "passport"}, {"identity_document"}),
        ({"identity_document": ANNA["identity_document"] | {"expiry_date": "2033-04-15"}}, {"identity_document"}),
        ({"metadata": {"tier": "gold", "visits": True}}, {"metadata"}),
        ({"level": "basic", "metadata": None}, {"level", "metadata"}),
    ],
)
def test_a_change_is_one_of_meaning_and_not_of_spelling(changes: dict[str, object], names: set[str]) -> None:
    assert changed_members(read(), read(**changes)) == names
