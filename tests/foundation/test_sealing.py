"""Sealed bytes open where they belong, and nowhere else."""

import base64
import pickle
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc_platform.crypto.blind_index import blind_index
from kyc_platform.crypto.derive import derive_key
from kyc_platform.crypto.framing import framed
from kyc_platform.crypto.sealing import Binding, CannotOpen, Keyring, UnsuitableKey, new_key

PLACE = Binding(merchant="m_acme", table="customer", column="name", row="17")
OLD, NEW = new_key(), new_key()
OVERHEAD_BYTES = 33

texts = st.text(max_size=12)
bindings = st.builds(Binding, merchant=texts, table=texts, column=texts, row=texts)


@given(plaintext=st.binary(max_size=300), binding=bindings)
def test_what_was_sealed_opens_in_its_place(plaintext, binding):
    keyring = Keyring({1: NEW}, primary=1)

    sealed = keyring.seal(plaintext, binding)

    assert keyring.open(sealed, binding) == plaintext
    assert len(sealed) == len(plaintext) + OVERHEAD_BYTES
    assert type(sealed) is bytes


def test_a_document_of_ten_megabytes_seals_and_opens():
    keyring = Keyring({1: NEW}, primary=1)
    document = new_key() * (10 * 1024 * 1024 // 32)

    assert keyring.open(keyring.seal(document, PLACE), PLACE) == document


def test_no_single_bit_can_be_changed():
    keyring = Keyring({0: OLD, 1: NEW, 2**32 - 1: OLD}, primary=1)
    sealed = keyring.seal(b"Anna Maria Eriksson", PLACE)

    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CannotOpen):
            keyring.open(bytes(changed), PLACE)


@given(elsewhere=bindings, member=st.sampled_from(["merchant", "table", "column", "row"]), text=texts)
def test_what_is_moved_to_another_merchant_table_column_or_row_does_not_open(elsewhere, member, text):
    keyring = Keyring({1: NEW}, primary=1)
    sealed = keyring.seal(b"secret", PLACE)

    for other in (elsewhere, replace(PLACE, **{member: text})):
        if other != PLACE:
            with pytest.raises(CannotOpen):
                keyring.open(sealed, other)


@pytest.mark.parametrize(
    "elsewhere",
    [Binding("m_acm", "ecustomer", "name", "17"), Binding("m_acme", "custome", "rname", "17"), Binding("m_acme", "customer", "name1", "7")],
)
def test_the_members_of_a_place_cannot_lend_each_other_letters(elsewhere):
    keyring = Keyring({1: NEW}, primary=1)

    with pytest.raises(CannotOpen):
        keyring.open(keyring.seal(b"secret", PLACE), elsewhere)


@given(one=st.lists(texts, max_size=5), other=st.lists(texts, max_size=5))
def test_different_parts_never_give_the_same_bytes(one, other):
    assert (framed(*one) == framed(*other)) is (one == other)


def test_parts_cannot_lend_each_other_letters():
    assert framed("ab", "c") != framed("a", "bc")
    assert framed("a", "") != framed("", "a") != framed("a")


@given(junk=st.binary(max_size=80))
def test_bytes_that_were_never_sealed_do_not_open(junk):
    with pytest.raises(CannotOpen):
        Keyring({1: NEW}, primary=1).open(junk, PLACE)


def test_every_way_of_not_opening_reads_the_same():
    keyring, stranger = Keyring({1: NEW}, primary=1), Keyring({1: OLD}, primary=1)
    sealed = keyring.seal(b"secret", PLACE)
    attempts = [
        (stranger, sealed, PLACE),
        (Keyring({2: NEW}, primary=2), sealed, PLACE),
        (keyring, sealed, replace(PLACE, row="18")),
        (keyring, sealed[:-1], PLACE),
        (keyring, b"", PLACE),
    ]
    words = set()
    for ring, body, place in attempts:
        with pytest.raises(CannotOpen) as refusal:
            ring.open(body, place)
        words.add((refusal.value.detail, refusal.value.code, refusal.value.http_status, refusal.value.__cause__))

    assert words == {(CannotOpen.remedy, "cannot_open", 500, None)}


def test_a_keyring_rotates_while_it_is_in_use():
    before = Keyring({1: OLD}, primary=1)
    published = Keyring({1: OLD, 2: NEW}, primary=1)
    promoted = Keyring({1: OLD, 2: NEW}, primary=2)
    after = Keyring({2: NEW}, primary=2)
    sealed = before.seal(b"secret", PLACE)

    assert published.open(sealed, PLACE) == promoted.open(sealed, PLACE) == b"secret"
    assert not published.needs_reseal(sealed)
    assert promoted.needs_reseal(sealed)

    resealed = promoted.seal(promoted.open(sealed, PLACE), PLACE)

    assert not promoted.needs_reseal(resealed)
    assert published.open(resealed, PLACE) == after.open(resealed, PLACE) == b"secret"
    with pytest.raises(CannotOpen):
        after.open(sealed, PLACE)


def test_a_value_relabelled_to_another_key_id_does_not_open():
    keyring = Keyring({1: NEW, 2: NEW}, primary=1)
    sealed = keyring.seal(b"secret", PLACE)

    with pytest.raises(CannotOpen):
        keyring.open(sealed[:4] + b"\x02" + sealed[5:], PLACE)


def test_nonces_never_repeat():
    keyring = Keyring({1: NEW}, primary=1)

    sealed = [keyring.seal(b"", PLACE) for _ in range(20_000)]

    assert len({value[5:17] for value in sealed}) == len(sealed)


def test_new_keys_are_32_bytes_and_never_the_same():
    keys = {new_key() for _ in range(1000)}

    assert len(keys) == 1000
    assert {len(key) for key in keys} == {32}


def test_no_way_of_printing_a_keyring_shows_a_key():
    keyring = Keyring({1: OLD, 2: NEW}, primary=2)

    for printed in (repr(keyring), str(keyring), f"{keyring}", repr([keyring]), repr({"keyring": keyring})):
        for key in (OLD, NEW):
            assert repr(key)[2:-1] not in printed
            assert key.hex() not in printed
            assert base64.b64encode(key).decode() not in printed
    with pytest.raises(TypeError):
        pickle.dumps(keyring)


def test_a_keyring_does_not_change_when_the_mapping_it_was_made_of_does():
    keys = {1: NEW}
    keyring = Keyring(keys, primary=1)

    keys[1] = OLD

    assert keyring.keys == {1: NEW}


@pytest.mark.parametrize(
    ("keys", "primary"),
    [({1: NEW}, 2), ({}, 1), ({1: NEW[:31]}, 1), ({1: NEW, 2: b""}, 1), ({-1: NEW}, -1), ({2**32: NEW}, 2**32)],
)
def test_an_unsuitable_keyring_is_refused(keys, primary):
    with pytest.raises(UnsuitableKey):
        Keyring(keys, primary=primary)


def test_derived_keys_are_stable_and_differ_by_purpose_and_by_key():
    derived = {derive_key(key, purpose) for key in (OLD, NEW) for purpose in ("blind index", "access tokens")}

    assert len(derived) == 4
    assert {len(key) for key in derived} == {32}
    assert derive_key(bytes(32), "blind index") == derive_key(bytes(32), "blind index")
    assert derive_key(bytes(32), "blind index").hex() == "466656cc14ee1018c16eb132f266a89f99a76d9cb67616b2dd5635f5673aafe6"


def test_a_blind_index_is_stable_and_differs_by_key_field_and_value():
    indexes = {
        blind_index(key, field=field, value=value)
        for key in (OLD, NEW)
        for field in ("email", "phone_number")
        for value in ("anna@example.com", "anna@example.org")
    }

    assert len(indexes) == 8
    assert {len(index) for index in indexes} == {32}
    assert (
        blind_index(bytes(32), field="email", value="anna@example.com").hex()
        == "368149174f1424a402df5128b107525ed47433206c3be4eca8ba77a649d82c29"
    )


def test_a_blind_index_does_not_mix_field_and_value():
    assert blind_index(NEW, field="ab", value="c") != blind_index(NEW, field="a", value="bc")
