"""A customer full of words that stand nowhere else goes the whole way; then everything that could hold them is searched."""

import base64
import io
import logging
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from kyc_platform.redis_client import redis_client
from kyc_platform.storage.client import s3_client
from tenants.merchants.models import Merchant
from tests.api.asking import ask
from tests.api.operations import merchant_operations
from tests.fixtures.merchants import a_key, inside
from tests.fixtures.way import DOC_TYPES, Way, a_picture

NAME, NEW_NAME = "Kanarienvogel Quintessenzia", "Zeisigvogel Quintessenzia"
MEMBERS = {
    "name": NAME,
    "email": "kanarienvogel.quint@canary-example.com",
    "phone_number": "+46709998877",
    "date_of_birth": "1961-07-23",
    "address": {
        "line1": "Vogelbauergasse 77",
        "line2": None,
        "city": "Canaryville",
        "postal_code": "77 123",
        "region": None,
        "country": "SE",
    },
    "identity_document": {"type": "passport", "number": "CNRY77123Q", "issuing_country": "SE", "expiry_date": "2033-03-21"},
    "metadata": {"nickname": "Piepmatzchen"},
}
PERSONAL = (
    "Kanarienvogel",
    "Zeisigvogel",
    "Quintessenzia",
    "kanarienvogel.quint",
    "canary-example",
    "46709998877",
    "709998877",
    "1961-07-23",
    "Vogelbauergasse",
    "Canaryville",
    "CNRY77123Q",
    "Piepmatzchen",
)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything that the platform's own formatter writes to the log meanwhile, also what is too unimportant for production."""
    root, kept = logging.getLogger(), io.StringIO()
    handler = logging.StreamHandler(kept)
    handler.setFormatter(next(h.formatter for h in root.handlers if h.get_name() == "stderr"))
    levels = {name: logging.getLogger(name).level for name in ("", "django.request", "django.db.backends")}
    root.addHandler(handler)
    for name in ("", "django.request"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield kept
    root.removeHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def canary_id() -> str:
    """The merchant's own id of the canary, which stands in clear in the merchant's schema and nowhere else."""
    return f"cus-canary{secrets.token_hex(8)}"


@pytest.fixture
def pictures(way: Way, canary_id: str, written: io.StringIO) -> list[bytes]:
    """Walk the canary the whole way, with everything that usually goes wrong, and return the bytes of its documents."""
    key, path = f"Api-Key {way.key}", f"/api/v1/customers/{canary_id}"
    members = {**MEMBERS, "customer_id": canary_id}
    answer = ask("POST", "/api/v1/customers", key, json=members, headers={"Idempotency-Key": "one"})  # which keeps the answer
    assert answer.status_code == 201
    token = f"JWT {way.ask('POST', f'{path}/access-tokens', {}).json()['token']}"
    sent = [a_picture() for _ in DOC_TYPES]
    for doc_type, picture in zip(DOC_TYPES, sent, strict=True):
        body = {"doc_type": doc_type, "doc_body": base64.b64encode(picture).decode()}
        assert ask("POST", "/api/v1/user/me/kyc/submit", token, json=body).status_code == 200
    way.run_jobs()
    callback = way.callbacks(1)[0]
    assert way.hand_on(callback, body=callback.body + b" ").status_code == 400
    way.until_answered()
    assert way.status(canary_id)["status"] == "verified"
    refused = [
        ask("POST", "/api/v1/customers", key, json=members),
        ask("POST", "/api/v1/customers", key, json={**members, "customer_id": "other", "phone_number": f"{NAME} 46709998877"}),
        ask("POST", "/api/v1/customers", key, json={**members, "customer_id": "other", NAME: 1, "date_of_birth": "1961-07-23x"}),
        ask("POST", "/api/v1/customers", key, json=f'{{"name": "{NAME}"'.encode()),
        ask("GET", f"/api/v1/customers?email={MEMBERS['email']}&limit=0", key),
        ask("GET", f"/api/v1/nothing/{NAME}?{NAME}={NAME}", key),
        ask("GET", "/api/v1/customers", f"Api-Key {NAME}"),
        ask("POST", "/api/v1/user/me/kyc/submit", token, json={"doc_type": NAME, "doc_body": NAME}),
        ask("GET", "/api/v1/customers", key, headers={"Host": "kanarienvogel.example"}),
    ]
    assert [answer.status_code for answer in refused] == [409, 422, 422, 400, 422, 404, 401, 400, 400]
    assert ask("PUT", path, key, json={**members, "name": NEW_NAME}, headers={"Idempotency-Key": "two"}).status_code == 200
    for rest in ("", "/kyc-status", "/documents", "/verifications"):
        assert ask("GET", path + rest, key).status_code == 200
    way.run_jobs()
    document_id = ask("GET", f"{path}/documents", key).get_json()["data"][0]["id"]
    kept = [ask("GET", f"{path}/documents/{document_id}/content", key).data]
    assert kept[0]
    return [*sent, *kept]


def places(found: Any, *words: str) -> list[str]:
    """Return the words that stand in a text, in any case, as they are or as the hexadecimal digits of their bytes."""
    text = str(found).casefold()
    return [word for word in words if word.casefold() in text or word.encode().hex() in text]


def schemas() -> list[str]:
    """Return every schema of the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'")
        return [name for (name,) in cursor.fetchall()]


def rows_in(schema: str) -> str:
    """Return every row of every table of a schema as text, bytes as hexadecimal digits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
        selects = [f'SELECT t::text FROM "{schema}"."{table}" t' for (table,) in cursor.fetchall()]  # names from the catalogue
        if not selects:
            return ""
        cursor.execute(" UNION ALL ".join(selects))
        return "\n".join(text for (text,) in cursor.fetchall())


def objects_under(prefix: str) -> dict[str, bytes]:
    """Return the objects of the bucket under a prefix."""
    found = {}
    for page in s3_client().get_paginator("list_objects_v2").paginate(Bucket=settings.S3_BUCKET, Prefix=prefix):
        for entry in page.get("Contents", []):
            found[entry["Key"]] = s3_client().get_object(Bucket=settings.S3_BUCKET, Key=entry["Key"])["Body"].read()
    return found


def redis_contents() -> str:
    """Return every key and value of Redis as text."""
    client, found = redis_client(), []
    for key in client.scan_iter(count=1000):
        kind: Any = client.type(key)
        readers: dict[bytes, Any] = {
            b"none": lambda _: None,  # it ran out since it was listed
            b"string": client.get,
            b"hash": client.hgetall,
            b"list": lambda k: client.lrange(k, 0, -1),
            b"set": client.smembers,
            b"zset": lambda k: client.zrange(k, 0, -1, withscores=True),
        }
        found.append(f"{key!r} {readers[kind](key)!r}")
    return "\n".join(found)


def test_a_stranger_finds_no_canary_in_anything_that_can_be_read(way: Way, canary_id: str, pictures: list[bytes], other_merchant: Merchant):
    stranger = Way(other_merchant, a_key(other_merchant.sandbox), way.listener, way.provider, way.run)
    own = stranger.register()
    assert stranger.submit(own, "SELFIE").status_code == 201
    documents = ask("GET", f"/api/v1/customers/{own}/documents", f"Api-Key {stranger.key}").get_json()
    runs = ask("GET", f"/api/v1/customers/{own}/verifications", f"Api-Key {stranger.key}").get_json()
    endpoint = stranger.ask("POST", "/api/v1/webhook-endpoints", {"url": "https://93.184.215.14/kyc"}).json()
    assert stranger.ask("POST", "/api/v1/sandbox/integration-check", {"endpoint_id": endpoint["id"]}).status_code == 202
    ids = {
        "customer_id": own,
        "document_id": documents["data"][0]["id"],
        "verification_id": runs["data"][0]["id"],
        "endpoint_id": endpoint["id"],
        "event_id": ask("GET", "/api/v1/events", f"Api-Key {stranger.key}").get_json()["data"][0]["id"],
    }
    days = "?start=2026-01-01&end=2026-12-31"
    paths = [
        entry.filled(**ids) + (days if entry.name == "read_report" else "") for entry in merchant_operations() if entry.method == "get"
    ]
    public = ["/api/v1/schema", "/api/v1/docs", "/api/v1/docs/errors", "/healthz", "/readyz", "/metrics"]
    searching = [f"/api/v1/customers?{name}={MEMBERS[name]}".replace("+", "%2B") for name in ("email", "phone_number")]
    searching.append(f"/api/v1/customers?customer_id={canary_id}")

    for key in (stranger.key, a_key(other_merchant), a_key(way.merchant)):
        for path in [*paths, f"/api/v1/report{days}&format=csv", *searching, *public]:
            answer = ask("GET", path, f"Api-Key {key}")
            is_closed = path.startswith("/api/v1/sandbox/") and key.startswith("kyc_live_")
            assert answer.status_code in ((403,) if is_closed else (200, 404)), (path, answer.text)
            told = f"{answer.headers} {answer.data!r}"
            assert places(told, *PERSONAL, canary_id) == [], path
            assert not any(picture in answer.data for picture in pictures)
    assert all(ask("GET", path, f"Api-Key {stranger.key}").status_code == 200 for path in paths)


def test_the_log_holds_no_canary(canary_id: str, pictures: list[bytes], written: io.StringIO):
    lines = written.getvalue()

    assert lines.count('"answered"') > 20
    assert places(lines, *PERSONAL, canary_id) == []
    assert base64.b64encode(pictures[0][:60]).decode() not in lines


def test_redis_holds_no_canary(canary_id: str, pictures: list[bytes]):
    contents = redis_contents()

    assert "status:" in contents
    assert places(contents, *PERSONAL) == []
    keys = "\n".join(line.split(" ", 1)[0] for line in contents.splitlines())
    assert places(keys, canary_id) == []


def test_the_database_holds_no_canary_in_clear_and_the_id_in_one_schema_only(way: Way, canary_id: str, pictures: list[bytes]):
    home = way.merchant.sandbox.schema_name

    found = {schema: places(rows_in(schema), *PERSONAL, canary_id) for schema in schemas()}

    assert {schema: words for schema, words in found.items() if words} == {home: [canary_id]}


def test_the_bucket_holds_sealed_bytes_only_and_all_of_them_under_the_merchants_own_prefix(way: Way, canary_id: str, pictures: list[bytes]):
    home = f"merchants/{way.merchant.sandbox.schema_name}/"

    everything = objects_under("")
    own = {key: body for key, body in everything.items() if key.startswith(home)}

    assert len(own) == len(DOC_TYPES)
    for key, body in everything.items():
        assert places(key, *PERSONAL, canary_id) == []
        for picture in pictures:
            middle = len(picture) // 2
            assert picture[middle : middle + 48] not in body
    with inside(way.merchant):
        assert objects_under(f"merchants/{way.merchant.schema_name}/") == {}


def test_no_webhook_and_no_event_holds_a_canary(way: Way, pictures: list[bytes]):
    with inside(way.merchant.sandbox), connection.cursor() as cursor:
        cursor.execute("SELECT type, data::text FROM verification_event")
        events = cursor.fetchall()

    assert {"customer.created", "verification.approved", "customer.updated"} <= {kind for kind, _ in events}
    assert places(events, *PERSONAL) == []
