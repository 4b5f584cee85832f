"""Long base64 in JSON is decoded where it lies, and nobody can tell: every body means what orjson says that it means."""

import base64
import secrets
import tracemalloc
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kyc_platform.settings import DOCUMENT_BYTES_MAX
from tests.api.asking import ask
from tests.api.test_first_seed import OK, SUBMIT, User, refusal
from tests.fixtures.way import Way, a_picture
from verification.api.decoding import LONG_TEXT_BYTES, REST_BYTES_MAX, Base64Text, NotBase64, document_bytes, load_json
from verification.documents.inspection.errors import FileTooBig

DOCUMENT = bytes(range(256)) * 300
LONG = base64.b64encode(DOCUMENT)
TOO_BIG = base64.b64encode(bytes(DOCUMENT_BYTES_MAX + 1))
HALF = LONG[: len(LONG) // 2]
NO_JSON = "The body is not valid JSON: it cannot be read at"
DATA_URL = b"data:image/jpeg;base64,"

IN_PLACE = {
    "alone": b'{"doc_body":"%s"}' % LONG,
    "among others": b' { "doc_type" : "SELFIE" , "doc_body" : "%s" , "more" : [ {} ] } ' % LONG,
    "a data URL": b'{"doc_body":"%s%s"}' % (DATA_URL, LONG),
    "of a name with escapes": b'{"doc\\u005fbody":"%s"}' % LONG,
    "the last of its name": b'{"doc_body":"short","doc_body":"%s"}' % LONG,
    "a longest prefix": b'{"doc_body":"data:%s;base64,%s"}' % (b"x" * 188, LONG),
    "without padding": b'{"doc_body":"%s"}' % LONG.rstrip(b"="),
    "beside escapes": b'{"doc_type":"\\"","doc_body":"%s","c":"\\\\"}' % LONG,
}
BY_ORJSON = {
    "overridden": b'{"doc_body":"%s","doc_body":"short"}' % LONG,
    "a key": b'{"%s":"doc_body"}' % LONG,
    "in a list": b'{"doc_body":["%s"]}' % LONG,
    "in an object": b'{"doc_body":{"doc_body":"%s"}}' % LONG,
    "no object": b'"%s"' % LONG,
    "a list": b'["%s"]' % LONG,
    "behind an escaped quotation mark": b'{"doc_body":"\\"%s"}' % LONG,
    "before an escaped quotation mark": b'{"doc_body":"%s\\""}' % LONG,
    "escaped slashes": b'{"doc_body":"%s"}' % LONG.replace(b"/", b"\\/"),
    "an escaped letter": b'{"doc_body":"%s\\u0041%s"}' % (HALF, HALF),
    "escaped line breaks": b'{"doc_body":"%s"}' % b"\\r\\n".join(LONG[place : place + 76] for place in range(0, len(LONG), 76)),
    "a lone surrogate": b'{"doc_body":"%s\\ud800"}' % LONG,
    "a lone surrogate beside it": b'{"doc_type":"\\ud800","doc_body":"%s"}' % LONG,
    "a line break": b'{"doc_body":"%s\n%s"}' % (HALF, HALF),
    "NUL": b'{"doc_body":"%s\x00"}' % LONG,
    "another alphabet": b'{"doc_body":"%s-_"}' % LONG[:-2],
    "padding within": b'{"doc_body":"AA==%s"}' % LONG,
    "too little padding": b'{"doc_body":"%sAA="}' % LONG,
    "a blank": b'{"doc_body":"%s "}' % LONG,
    "letters of other alphabets": b'{"doc_body":"%s\xc3\xa5"}' % LONG,
    "no UTF-8 within": b'{"doc_body":"%s\xff"}' % LONG,
    "no UTF-8 beside it": b'{"doc_type":"\xff","doc_body":"%s"}' % LONG,
    "too big": b'{"doc_body":"%s"}' % TOO_BIG,
    "two, of which one is a megabyte": b'{"doc_type":"%s","doc_body":"%s"}' % (LONG, b"A" * 2**20),
    "a line break in a data URL": b'{"doc_body":"data:\n;base64,%s"}' % LONG,
    "an escape in a data URL": b'{"doc_body":"data:\\n;base64,%s"}' % LONG,
    "no UTF-8 in a data URL": b'{"doc_body":"data:\xff;base64,%s"}' % LONG,
    "a data URL in percent encoding": b'{"doc_body":"data:image/jpeg,%s"}' % LONG,
    "a prefix that is too long": b'{"doc_body":"data:%s;base64,%s"}' % (b"x" * 189, LONG),
    "a data URL without a comma": b'{"doc_body":"data:image/jpeg;base64%s"}' % LONG,
    "more behind the value": b'{"doc_body":"%s"}{}' % LONG,
    "cut off": b'{"doc_body":"%s"' % LONG,
    "cut off within": b'{"doc_body":"%s' % LONG,
    "without a quotation mark in front": b'{"doc_body":%s"}' % LONG,
    "where a comma should be": b'{"doc_type":"SELFIE"%s"":1}' % LONG,
    "outside of everything": b'%s"{}' % LONG,
    "a mark of the byte order": b'\xef\xbb\xbf{"doc_body":"%s"}' % LONG,
    "single quotation marks": b"{'doc_body':'%s'}" % LONG,
    "too deep": b'{"doc_body":"%s","more":%s}' % (LONG, b"[" * 2000 + b"]" * 2000),
    "a number that is none": b'{"doc_body":"%s","more":NaN}' % LONG,
    "a comma at the end": b'{"doc_body":"%s",}' % LONG,
    "behind many short strings": b'{"more":[%s],"doc_body":"%s"}' % (b",".join([b'"a"'] * 100), LONG),
    "beside much else": b'{"more":"%s","doc_body":"%s"}' % (b"a " * (REST_BYTES_MAX // 2), LONG),
    "short": b'{"doc_body":"aGVsbG8="}',
}

texts = st.sampled_from([LONG, LONG[:-1], HALF, LONG + b"=", b"A" * LONG_TEXT_BYTES, b"A" * (LONG_TEXT_BYTES - 1), DATA_URL + LONG])
SMUDGES = [b"\\/", b"\\n", b"\\", b'\\"', b'"', b"\n", b"\xff", b"\xc3\xa5", b"\\u0041", b"\\ud800", b" ", b"="]
smudges = st.one_of(st.just(b""), st.sampled_from(SMUDGES))
long_strings = st.builds(lambda before, text, after: b'"' + before + text + after + b'"', smudges, texts, smudges)
short_strings = st.sampled_from([b'"SELFIE"', b'"doc_body"', b'"\\""', b'"\\\\"', b'""', b'"doc\\u005fbody"', b'"\xff"', b'"a'])
plain_values = st.sampled_from([b"1", b"null", b"[]", b"{}", b"NaN", b"", b"1e400"])
inner_values = st.one_of(long_strings, short_strings, plain_values)
values = st.one_of(
    inner_values,
    inner_values.map(lambda value: b"[" + value + b"]"),
    inner_values.map(lambda value: b'{"doc_body":' + value + b"}"),
)
members = st.builds(lambda name, value: name + b":" + value, st.one_of(short_strings, short_strings, long_strings), values)
endings = st.sampled_from([b"", b"", b"", b"", b"\n", b" {}", b"}", b'"', b"\x00"])
bodies = st.builds(
    lambda start, inside, end: start + b"{" + b",".join(inside) + b"}" + end,
    st.sampled_from([b"", b"", b"", b" ", b"\xef\xbb\xbf", b'"']),
    st.lists(members, min_size=1, max_size=4),
    endings,
)


def said_by(read: Callable[[bytearray], Any], body: bytes) -> Any:
    """Return what a reader makes of a body, down to the place and the words of its error, and the document in each member."""
    try:
        value = read(bytearray(body))
    except orjson.JSONDecodeError as error:
        return error.msg, error.lineno, error.colno
    if not isinstance(value, dict):
        return value
    return {name: (text_of(member), outcome_of(member)) for name, member in value.items()}


def text_of(member: object) -> object:
    return bytes(member.text).decode("ascii") if isinstance(member, Base64Text) else member


def outcome_of(member: object) -> object:
    try:
        return document_bytes(member)
    except (NotBase64, FileTooBig) as error:
        return type(error)


@pytest.mark.parametrize("body", IN_PLACE.values(), ids=IN_PLACE)
def test_a_long_document_is_decoded_in_place(body: bytes) -> None:
    decoded = [member for member in load_json(bytearray(body)).values() if isinstance(member, Base64Text)]

    assert [document_bytes(member) for member in decoded] == [DOCUMENT]
    assert said_by(load_json, body) == said_by(orjson.loads, body)


@pytest.mark.parametrize("body", BY_ORJSON.values(), ids=BY_ORJSON)
def test_whatever_is_not_plainly_a_members_base64_is_read_by_orjson(body: bytes) -> None:
    assert said_by(load_json, body) == said_by(orjson.loads, body)


def test_what_orjson_reads_holds_nothing_decoded_in_place() -> None:
    found = []
    for name, body in BY_ORJSON.items():
        try:
            value = load_json(bytearray(body))
        except orjson.JSONDecodeError:
            continue
        found += [name for member in (value.values() if isinstance(value, dict) else []) if isinstance(member, Base64Text)]

    assert found == []


@settings(max_examples=400, deadline=None)
@given(bodies)
@example(b'{"doc_body":"%s","doc_body":"%s"}' % (LONG, LONG))
def test_both_ways_of_reading_agree(body: bytes) -> None:
    assert said_by(load_json, body) == said_by(orjson.loads, body)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(list(IN_PLACE.values())), st.data())
def test_both_ways_agree_on_a_body_with_a_byte_changed_and_its_end_cut_off(body: bytes, data: st.DataObject) -> None:
    edges = [*range(40), *range(len(body) - 40, len(body)), len(body) // 2]
    place = data.draw(st.sampled_from([edge for edge in edges if edge < len(body)]))
    changed = body[:place] + bytes([data.draw(st.integers(0, 255))]) + body[place + 1 :]
    changed = changed[: len(changed) - data.draw(st.sampled_from([0, 0, 1, 2, 3, 50]))]

    assert said_by(load_json, changed) == said_by(orjson.loads, changed)


def test_in_memory_there_is_little_more_than_the_body_and_the_document() -> None:
    body = bytearray(b'{"doc_type":"SELFIE","doc_body":"%s"}' % base64.b64encode(bytes(5_000_000)))
    document_bytes(load_json(bytearray(IN_PLACE["alone"])).pop("doc_body"))  # loads what is needed
    tracemalloc.start()
    try:
        document_bytes(load_json(body).pop("doc_body"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert 5_000_000 <= peak <= 5_100_000


@pytest.mark.parametrize("prefix", ["", "data:image/jpeg;base64,"])
def test_an_end_user_submits_a_long_document(way: Way, prefix: str) -> None:
    user, picture = User(way.key), a_picture(width=3200, height=2400)
    assert len(picture) > LONG_TEXT_BYTES

    assert user.submit(doc_body=prefix + base64.b64encode(picture).decode()).data == OK
    spoiled = user.submit("ID_FRONT", doc_body=prefix + base64.b64encode(picture).decode() + "*")
    assert refusal(spoiled)[:2] == (400, "Err1003")
    cut_off = b'{"doc_type":"ID_FRONT","doc_body":"%s"' % base64.b64encode(picture)
    place = f"line 1, column {len(cut_off) + 1}"
    assert refusal(ask("POST", SUBMIT, user.proof, json=cut_off)) == (400, "Err1001", f"{NO_JSON} {place}.")


def test_a_merchant_submits_a_long_document_and_gets_the_same_bytes_back(way: Way) -> None:
    customer_id, picture = way.register(), a_picture(width=3200, height=2400)

    as_json = way.submit(customer_id, "SELFIE", picture)

    assert as_json.status_code == 201
    path = f"/api/v1/customers/{customer_id}/documents/{as_json.json()['id']}/content"
    assert way.ask("GET", path).content == picture


def test_a_document_spelt_otherwise_is_the_same_request_under_its_idempotency_key(way: Way) -> None:
    customer_id, picture = way.register(), a_picture(width=3200, height=2400)
    path, headers = f"/api/v1/customers/{customer_id}/documents", {"Idempotency-Key": secrets.token_hex(8)}
    plain = b'{"doc_type":"SELFIE","doc_body":"%s"}' % base64.b64encode(picture)
    escaped = b'{"doc_body":"%s","doc_type":"SELFIE"}' % base64.b64encode(picture).replace(b"/", b"\\/")
    other = plain.replace(b'":"', b'":"data:image/jpeg;base64,').replace(b"data:image/jpeg;base64,SELFIE", b"SELFIE")

    first, again = (way.ask("POST", path, body, headers=headers) for body in (plain, escaped))

    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    answer = way.ask("POST", path, other, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
