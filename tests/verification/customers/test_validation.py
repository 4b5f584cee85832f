"""What a customer's members must be, and what is said of those that are not."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc_platform.errors import InvalidRequest
from tests.verification.customers.anna import ANNA
from verification.customers.validation.addresses import read_address
from verification.customers.validation.customers import MEMBERS, read_customer
from verification.customers.validation.problems import Problems
from verification.customers.validation.types import Address, CustomerData, IdentityDocument, IdentityDocumentType

TODAY = date(2026, 11, 21)


def read(**changes: object) -> CustomerData:
    return read_customer(ANNA | changes, today=TODAY, minimum_age=18, known_levels=("standard", "basic"))


def problems(**changes: object) -> list[tuple[str, str]]:
    with pytest.raises(InvalidRequest) as refused:
        read(**changes)
    return [(error.pointer, error.code) for error in refused.value.errors]


def document_problems(**changes: object) -> list[tuple[str, str]]:
    return problems(identity_document=ANNA["identity_document"] | changes)


def address_problems(**changes: object) -> list[tuple[str, str]]:
    return problems(address=ANNA["address"] | changes)


def test_the_contracts_example_is_read_whole() -> None:
    assert read() == CustomerData(
        customer_id="cus-000123",
        name="Anna Maria Eriksson",
        email="anna@example.com",
        phone_number="+46701234567",
        date_of_birth=date(1974, 8, 12),
        address=Address(line1="Storgatan 1", city="Uppsala", country="SE", postal_code="753 20"),
        identity_document=IdentityDocument(IdentityDocumentType.PASSPORT, "L898902C3", "SE", date(2032, 4, 15)),
        level="standard",
        metadata={"tier": "gold", "visits": 1},
    )


def test_the_seeds_plain_strings_are_enough_for_address_and_identity_document() -> None:
    seed = {name: ANNA[name] for name in MEMBERS if name not in ("level", "metadata")}
    seed |= {"address": "1 Main Street\r\nSpringfield", "identity_document": "passport"}
    customer = read_customer(seed, today=TODAY, minimum_age=18, known_levels=None)

    assert customer.address == "1 Main Street\nSpringfield"
    assert customer.identity_document == IdentityDocument(IdentityDocumentType.PASSPORT)
    assert (customer.level, customer.metadata) == (None, {})


@pytest.mark.parametrize("spelling", ["driver's license", "Driver’s Licence", "driving_licence", "DRIVERS_LICENSE", "driving licence"])  # noqa: RUF001
def test_a_driving_licence_may_be_spelled_as_people_spell_it(spelling: str) -> None:
    assert read(identity_document=spelling).identity_document.type == "driving_licence"
    assert read(identity_document={"type": spelling}).identity_document.type == "driving_licence"


def test_everything_that_is_wrong_is_said_at_once_and_in_order() -> None:
    found = problems(
        name=7,
        email="nobody",
        phone_number="0701234567",
        date_of_birth="2030-01-01",
        address={"line1": "x"},
        identity_document="library card",
        level="platinum",
        metadata={"a": None},
        colour="red",
    )
    assert found == [
        ("/colour", "unknown_member"),
        ("/name", "wrong_type"),
        ("/email", "invalid_email"),
        ("/phone_number", "invalid_phone_number"),
        ("/date_of_birth", "date_in_future"),
        ("/address/city", "required"),
        ("/address/country", "required"),
        ("/identity_document", "unknown_document_type"),
        ("/level", "unknown_level"),
        ("/metadata/a", "wrong_type"),
    ]


def test_each_member_of_the_seed_is_required_whether_absent_null_or_blank() -> None:
    required = [f"/{name}" for name in MEMBERS if name not in ("level", "metadata")]
    for body in ({}, dict.fromkeys(MEMBERS), {name: " " for name in MEMBERS if name != "metadata"}):
        with pytest.raises(InvalidRequest) as refused:
            read_customer(body, today=TODAY, minimum_age=18, known_levels=None)
        assert [(error.pointer, error.code) for error in refused.value.errors] == [(pointer, "required") for pointer in required]


def test_no_refusal_repeats_what_was_sent() -> None:
    canary = "KANARIENVOGEL"
    with pytest.raises(InvalidRequest) as refused:
        read(
            name="\0" + canary, email=canary, phone_number=canary, date_of_birth=canary, customer_id=canary + "/", level=canary,
            address={"line1": canary, "city": canary, "country": canary, "postal_code": canary + "!"},
            identity_document={"type": canary, "number": canary + "!", "expiry_date": canary}, metadata={"note": [canary]},
        )  # fmt: skip
    assert canary not in str(refused.value) + repr(refused.value.errors)
    assert canary not in repr(read(name=canary, address=canary, metadata={"note": canary}))


def test_an_unknown_member_is_named_by_an_escaped_pointer_with_the_known_ones() -> None:
    with pytest.raises(InvalidRequest) as refused:
        read(**{"e/m~ail": 1})
    (error,) = refused.value.errors
    assert error.pointer == "/e~1m~0ail"
    assert ", ".join(MEMBERS) in error.detail


@pytest.mark.parametrize("customer_id", ["cus-000123", "42", "a.b_c~d:e@f", "...", "x" * 128])
def test_a_customer_id_that_is_safe_in_a_path_is_kept_as_it_is(customer_id: str) -> None:
    assert read(customer_id=customer_id).customer_id == customer_id


@pytest.mark.parametrize("customer_id", [".", "..", "a/b", "a b", "a%2fb", "a?b", "a#b", "a+b", "ä", "a\\b"])
def test_a_customer_id_that_a_client_would_change_in_a_path_is_refused(customer_id: str) -> None:
    assert problems(customer_id=customer_id) == [("/customer_id", "invalid_customer_id")]


def test_lengths_are_bounded_to_the_character() -> None:
    assert read(name="x" * 200).name == "x" * 200
    assert problems(name="x" * 201) == [("/name", "too_long")]
    assert problems(customer_id="x" * 129) == [("/customer_id", "too_long")]
    assert problems(name="x" * 10_000_000) == [("/name", "too_long")]


@pytest.mark.parametrize("name", ["Anna\0Eriksson", "Anna\nEriksson", "Anna\x1b[31m", "Anna \u202enosskirE", "Anna\ud800"])
def test_invisible_and_broken_characters_are_refused(name: str) -> None:
    assert problems(name=name) == [("/name", "invalid_characters")]


@pytest.mark.parametrize("name", ["Łukasz Żółć", "王小明", "محمد", "O'Brien-Smith Jr.", "Nguyễn Thị", "می‌خواهم", "X"])
def test_a_name_may_be_in_any_script(name: str) -> None:
    assert read(name=name).name == name


def test_strings_come_back_composed_and_with_single_spaces() -> None:
    assert read(name="  Jose\u0301   Garci\u0301a ").name == "José García"
    assert problems(name="1234") == [("/name", "invalid_name")]


@pytest.mark.parametrize(
    ("email", "normal"),
    [("Anna@EXAMPLE.com", "Anna@example.com"), ("a+b@xn--bcher-kva.de", "a+b@bücher.de"), (" a@example.org ", "a@example.org")],
)
def test_an_email_address_comes_back_in_normal_form(email: str, normal: str) -> None:
    assert read(email=email).email == normal


@pytest.mark.parametrize(
    "email", ["anna", "anna@", "@example.com", "anna@localhost", "a@b.test", "a b@example.com", "a@[127.0.0.1]", "Anna <a@example.com>"]
)
def test_what_is_no_public_email_address_is_refused(email: str) -> None:
    assert problems(email=email) == [("/email", "invalid_email")]


@pytest.mark.parametrize("phone", ["+46701234567", "+46 70-123 45 67", "+46 (70) 1234567", "+46 (0)701234567"])
def test_a_phone_number_comes_back_in_e164(phone: str) -> None:
    assert read(phone_number=phone).phone_number == "+46701234567"


@pytest.mark.parametrize(
    "phone", ["0701234567", "46701234567", "+4670", "+12530000", "+999123456789", "+1800FLOWERS", "+46701234567;ext=9", "+" + "1" * 30]
)
def test_a_phone_number_without_country_or_of_the_wrong_length_is_refused(phone: str) -> None:
    assert problems(phone_number=phone) == [("/phone_number", "invalid_phone_number")]


@pytest.mark.parametrize(
    ("born", "code"),
    [
        ("2026-11-22", "date_in_future"),
        ("1895-11-21", "date_too_early"),
        ("2008-11-22", "too_young"),
        ("1974-02-30", "invalid_date"),
        ("12/08/1974", "invalid_date"),
        ("19740812", "invalid_date"),
        ("1974-8-12", "invalid_date"),
        ("1974-08-12T00:00:00Z", "invalid_date"),
        ("١٩٧٤-٠٨-١٢", "invalid_date"),
        (19740812, "wrong_type"),
    ],
)
def test_a_date_of_birth_must_exist_and_be_that_of_a_living_adult(born: object, code: str) -> None:
    assert problems(date_of_birth=born) == [("/date_of_birth", code)]


def test_the_minimum_age_is_reached_on_the_birthday_itself() -> None:
    assert read(date_of_birth="2008-11-21").date_of_birth == date(2008, 11, 21)
    newborn = read_customer(ANNA | {"date_of_birth": "2026-11-21"}, today=TODAY, minimum_age=0, known_levels=None)
    assert newborn.date_of_birth == TODAY
    with pytest.raises(InvalidRequest) as refused:
        read_customer(ANNA | {"date_of_birth": "2008-02-29"}, today=date(2026, 2, 28), minimum_age=18, known_levels=None)
    assert "at least 18 years" in refused.value.errors[0].detail


@pytest.mark.parametrize(("country", "alpha_2"), [("SE", "SE"), ("swe", "SE"), ("XKX", "XK"), ("gb", "GB")])
def test_a_country_is_stored_as_alpha_2(country: str, alpha_2: str) -> None:
    address = read(address=ANNA["address"] | {"country": country}).address
    assert isinstance(address, Address)
    assert address.country == alpha_2
    assert read(identity_document={"type": "passport", "issuing_country": country}).identity_document.issuing_country == alpha_2


def test_what_is_no_country_or_postal_code_is_refused() -> None:
    assert address_problems(country="UK") == [("/address/country", "unknown_country")]
    assert address_problems(country="Sweden") == [("/address/country", "unknown_country")]
    for postal_code in ("-1", "7!", "1", "A" * 13, "75  320-"):
        assert address_problems(postal_code=postal_code) == [("/address/postal_code", "invalid_postal_code")]
    assert address_problems(street="x") == [("/address/street", "unknown_member")]
    assert problems(address=["Storgatan 1"]) == [("/address", "wrong_type")]


@pytest.mark.parametrize("postal_code", ["753 20", "SW1A 1AA", "10115", "1010-001", "H0H 0H0"])
def test_postal_codes_of_many_countries_pass(postal_code: str) -> None:
    found = Problems()
    address = read_address({"address": ANNA["address"] | {"postal_code": postal_code}}, found)
    found.raise_if_any()
    assert isinstance(address, Address)
    assert address.postal_code == postal_code


def test_an_expired_document_is_refused_and_one_that_expires_today_is_not() -> None:
    assert document_problems(expiry_date="2026-11-20") == [("/identity_document/expiry_date", "document_expired")]
    assert read(identity_document={"type": "passport", "expiry_date": "2026-11-21"}).identity_document.expiry_date == TODAY


@pytest.mark.parametrize("number", ["L898902C3", "T22000129", "12-345.678/9", "AB 123", "C<<123456"])
def test_a_document_number_is_kept_as_printed(number: str) -> None:
    assert read(identity_document={"type": "national_id", "number": number, "issuing_country": "SE"}).identity_document.number == number


@pytest.mark.parametrize("number", ["12", "-----", "1" * 26, "АБ1234", "<script>", "1;2;3"])  # noqa: RUF001
def test_a_number_that_no_machine_readable_zone_can_hold_is_refused(number: str) -> None:
    assert document_problems(number=number) == [("/identity_document/number", "invalid_document_number")]


@pytest.mark.parametrize(
    ("country", "right", "wrong"),
    [
        ("ES", "54362315K", "54362315Z"),
        ("ES", "X-2482300-W", "X-2482300-A"),
        ("ZA", "7503305044089", "8503305044089"),
        ("CN", "360426199101010071", "360426199101010072"),
        ("BE", "591-1917064-58", "591-1917064-59"),
    ],
)
def test_a_national_id_with_a_published_check_digit_is_checked(country: str, right: str, wrong: str) -> None:
    document = {"type": "national_id", "issuing_country": country}
    assert read(identity_document=document | {"number": right}).identity_document.number == right
    assert problems(identity_document=document | {"number": wrong}) == [("/identity_document/number", "invalid_document_number")]
    assert read(identity_document=document | {"type": "passport", "number": wrong}).identity_document.number == wrong


def test_metadata_come_back_as_they_were_sent() -> None:
    metadata = {"tier": "gold", "score": 1.5, "visits": 3, "vip": True, "note": "two\nlines", "blank": ""}
    assert read(metadata=metadata).metadata == metadata
    assert read(metadata={str(key): "x" * 500 for key in range(50)}).metadata.keys() == {str(key) for key in range(50)}


@pytest.mark.parametrize(
    ("metadata", "problem"),
    [
        ([], ("/metadata", "wrong_type")),
        ({str(key): 1 for key in range(51)}, ("/metadata", "too_many_keys")),
        ({"": 1}, ("/metadata/", "invalid_key")),
        ({"k" * 41: 1}, ("/metadata/" + "k" * 41, "invalid_key")),
        ({"k\x00": 1}, ("/metadata/k\x00", "invalid_characters")),
        ({"\u202ek": 1}, ("/metadata/\u202ek", "invalid_characters")),
        ({"a": "x" * 501}, ("/metadata/a", "too_long")),
        ({"a": {"b": 1}}, ("/metadata/a", "wrong_type")),
        ({"a": "\0"}, ("/metadata/a", "invalid_characters")),
        ({"a": float("nan")}, ("/metadata/a", "number_out_of_range")),
        ({"a": 2**53}, ("/metadata/a", "number_out_of_range")),
    ],
)
def test_metadata_are_flat_and_bounded(metadata: object, problem: tuple[str, str]) -> None:
    assert problems(metadata=metadata) == [problem]


def test_a_thousand_wrong_members_are_refused_with_a_bounded_answer() -> None:
    assert len(problems(**{f"member{number}": 1 for number in range(1000)})) == 50


def json_values() -> st.SearchStrategy[Any]:
    texts = st.one_of(
        st.text(st.characters(codec=None), max_size=30), st.sampled_from(["passport", "SE", "+46701234567", "2020-01-01", "a@b.co"])
    )
    leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts)
    names = st.one_of(
        texts, st.sampled_from(["type", "number", "country", "issuing_country", "expiry_date", "line1", "city", "postal_code"])
    )
    return st.recursive(
        leaves, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(names, inner, max_size=6)), max_leaves=12
    )


def read_or_refuse(body: object) -> None:
    try:
        read_customer(body, today=TODAY, minimum_age=18, known_levels=["standard"])
    except InvalidRequest as refused:
        assert refused.errors
        json.dumps([(error.pointer, error.code, error.detail) for error in refused.errors]).encode()
        assert all(error.pointer.encode("utf-8").decode() == error.pointer for error in refused.errors)


@given(json_values())
def test_no_json_value_is_answered_with_anything_but_a_refusal_or_a_customer(body: object) -> None:
    read_or_refuse(body)


@given(st.dictionaries(st.sampled_from(MEMBERS), json_values()))
def test_no_value_of_any_member_is_answered_with_anything_else(changes: dict[str, object]) -> None:
    read_or_refuse(ANNA | changes)


@pytest.mark.parametrize("wrong", [None, True, 1, "x", [], [{}]], ids=repr)
def test_a_body_that_is_no_object_is_refused_as_such(wrong: object) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_customer(wrong, today=TODAY, minimum_age=18, known_levels=None)
    assert [(error.pointer, error.code) for error in refused.value.errors] == [("", "wrong_type")]
