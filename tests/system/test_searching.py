"""The search for leaks finds what was put there, in every form, however short; and is not taken in by chance."""

import base64
import json
import re

import pytest

from kyc_platform.crypto.sealing import PREFIX_BYTES, Binding, Keyring, new_key
from tests.system.searching import CERTAIN_BYTES, Needle, find, needles_of_document, needles_of_text

OBJECT = "servers/s3/objects/bucket/merchants/m/documents/doc"
KEYRING, PLACE = Keyring({1: new_key()}, primary=1), Binding("m", "document_submission", "object", "doc")


def a_sealed_object(megabytes: int = 1) -> bytes:
    """Return an object as the platform stores it."""
    return KEYRING.seal(bytes(megabytes * 2**20), PLACE)


def a_word_by_chance(sealed: bytes) -> bytes:
    """Return four letters that stand in the ciphertext as a word."""
    match = re.compile(rb"(?<![A-Za-z0-9])[A-Za-z]{4}(?![A-Za-z0-9])").search(sealed, PREFIX_BYTES)
    assert match
    return match[0]


@pytest.mark.parametrize("before", [b"", b"a", b"ab", b"abc"])
@pytest.mark.parametrize("after", [b"", b"a", b"ab"])
def test_it_sees_through_encodings(before: bytes, after: bytes) -> None:
    needles = needles_of_text("name", "Märta Åkerlund")
    text = before + "Märta Åkerlund".encode() + after
    forms = {
        "plain": text,
        "upper case": before + "MÄRTA ÅKERLUND".encode() + after,
        "JSON": json.dumps({"name": f"{before.decode()}Märta Åkerlund{after.decode()}"}).encode(),
        "hex": text.hex().encode(),
        "base64": base64.b64encode(text),
        "URL": before + b"M%C3%A4rta%20%C3%85kerlund" + after,
        "another": before + "Märta Öhman".encode() + after,
    }

    assert find(needles, forms) == sorted(f"name in {form}" for form in forms if form != "another")


@pytest.mark.parametrize("name", ["Anna", "Åke", "Maria", "Märta", "Öhman", "Ekdahl"])
@pytest.mark.parametrize("before", ["", " ", '{"a": 1, "name": "', "first_name="])
@pytest.mark.parametrize("after", ["", " ", '", "b": 2}', "_x"])
def test_it_finds_a_short_word_in_every_encoding(name: str, before: str, after: str) -> None:
    needles = needles_of_text("name", name)
    text = (before + name + after).encode()
    forms = {
        "plain": text,
        "upper case": (before + name.upper() + after).encode(),
        "lower case": (before + name.lower() + after).encode(),
        "read as latin-1": (before + name.encode().decode("latin-1") + after).encode(),
        "JSON": json.dumps({"more": before + name + after}).encode(),
        "bytea of a dump": rb"1	\x" + text.hex().encode() + b"	t",
        "hex behind a digit": b"v1" + text.hex().encode(),
        "hex in upper case": text.hex().upper().encode(),
        "hex between random bytes": b"\\x01"
        + bytes(range(128, 160)).hex().encode()
        + text.hex().encode()
        + bytes(range(128, 160)).hex().encode(),
        "body of a message": json.dumps({"body": base64.b64encode(text).decode(), "headers": {}}).encode(),
        "base64 of URLs": b"?token=" + base64.urlsafe_b64encode(text).rstrip(b"=") + b"&next=1",
        "path with base64": b"/" + base64.urlsafe_b64encode(text) + b"/x",
        "plain between random bytes": bytes(range(128, 256)) + text + bytes(range(128, 256)),
    }

    assert find(needles, forms) == sorted(f"name in {form}" for form in forms)


def test_a_short_word_within_another_is_another_word() -> None:
    needles = needles_of_text("name", "Anna")

    assert find(needles, {"a log": b'{"host": "Hannah", "id": "cus_Anna7", "at": "Annas", "x": "SUFubmF0"}'}) == []


def test_what_is_too_short_to_be_told_from_chance_is_refused_and_not_passed_over() -> None:
    with pytest.raises(ValueError, match="initials is too short"):
        needles_of_text("initials", "AB3")


def test_chance_in_the_ciphertext_of_an_object_that_opens_is_no_leak() -> None:
    sealed = a_sealed_object()
    word = a_word_by_chance(sealed)

    assert find([Needle("name", word)], {OBJECT: sealed}, sealed=[OBJECT]) == []
    assert find([Needle("name", word)], {OBJECT: sealed}) == [f"name in {OBJECT}"]


def test_a_short_word_in_the_header_of_an_object_is_a_leak_even_when_it_opens() -> None:
    sealed = a_sealed_object()
    planted = sealed[: PREFIX_BYTES - 6] + b"-Anna-" + sealed[PREFIX_BYTES:]

    assert find(needles_of_text("name", "Anna"), {OBJECT: planted}, sealed=[OBJECT]) == [f"name in {OBJECT}"]


def test_what_is_longer_is_a_leak_anywhere_in_an_object_even_when_it_opens() -> None:
    sealed = a_sealed_object()
    planted = sealed[:1000] + b"Sjoberg" + sealed[1007:]
    assert len(b"Sjoberg") == CERTAIN_BYTES

    assert find(needles_of_text("surname", "Sjoberg"), {OBJECT: planted}, sealed=[OBJECT]) == [f"surname in {OBJECT}"]


def test_a_window_of_a_document_is_found_wherever_it_stands() -> None:
    document = bytes(range(256)) * 40
    needles = needles_of_document("ID_FRONT", document)

    haystack = {
        "plain": document[:2000],
        "hex": document.hex().encode(),
        "base64": base64.b64encode(document[1:]),
        "sealed": a_sealed_object(),
    }

    assert find(needles, haystack) == ["ID_FRONT in base64", "ID_FRONT in hex", "ID_FRONT in plain"]
