"""After the demonstration, nothing of its customers is found in the clear: not in the database, the objects, Redis, or any log."""

import base64
import json
import re
import secrets
from collections.abc import Iterable
from datetime import date

import pytest

from kyc_platform.demo.people import Person, made_up_person
from tests.fixtures.way import members_of_customer
from tests.system.customers import Crowd, PatientClient, a_small_picture
from tests.system.running import RunningPlatform, until
from tests.system.searching import Needle, everything_written, find, needles_of_document, needles_of_text

WORDS_OF_SERVERS = re.compile(r"\[INFO\] |worker: (Warm|Cold|Hitting)|$")  # granian's own, and what Celery prints when it is asked to end
DEMO_DOCUMENTS = 13  # three customers with four each, and one that was submitted again


def words_of(person: Person) -> Iterable[Needle]:
    """Return everything that is known of a person."""
    texts = {
        "name": person.name,
        "given names": person.given_names,
        "first name": person.given_names.split()[0],
        "second name": person.given_names.split()[1],
        "surname": person.surname,
        "street": person.street,
        "postal code and city": f"{person.postal_code} {person.city}",
        "e-mail": person.email,
        "phone": person.phone_number,
        "phone without plus": person.phone_number[1:],
        "date of birth": person.date_of_birth.isoformat(),
        "document number": person.document_number,
        "expiry date": person.expires_on.isoformat(),
    }
    return [needle for what, text in texts.items() for needle in needles_of_text(what, text)]


def test_nothing_of_the_demonstrations_customers_is_found_in_the_clear(platform: RunningPlatform) -> None:
    day = date.fromisoformat(platform.rows("SELECT (now() AT TIME ZONE 'UTC')::date::text")[0][0])
    known = {row[0] for row in platform.rows("SELECT customer_id FROM verification_customer")}
    platform.play()
    customers = [row[0] for row in platform.rows("SELECT customer_id FROM verification_customer") if row[0] not in known]
    assert len(customers) == 3
    needles: list[Needle] = []
    documents = 0
    with PatientClient(platform) as client:
        for customer_id in customers:
            registered = client.call("GET", f"/api/v1/customers/{customer_id}").json()
            kind = registered["identity_document"]["type"]
            person = made_up_person(customer_id.removeprefix("demo-"), document_type=kind, today=day)
            assert registered["name"] == person.name  # so the words that are looked for are the right ones
            needles += words_of(person)
            for entry in client.call("GET", f"/api/v1/customers/{customer_id}/documents").json()["data"]:
                body = client.call("GET", f"/api/v1/customers/{customer_id}/documents/{entry['id']}/content").content
                needles += needles_of_document(entry["doc_type"], body)
                documents += 1
    assert documents == DEMO_DOCUMENTS

    assert find(needles, everything_written(platform)) == []


def test_the_search_finds_what_is_there(platform: RunningPlatform) -> None:
    """Each place holds something in the clear by design: the search must find it there, or finding nothing means nothing."""
    with PatientClient(platform) as client:
        customer_id = f"canary-{secrets.token_hex(12)}"
        answer = client.call("POST", "/api/v1/customers", members_of_customer(customer_id=customer_id))
        members = {"doc_type": "SELFIE", "doc_body": base64.b64encode(a_small_picture()).decode()}
        document = client.call("POST", f"/api/v1/customers/{customer_id}/documents", members).json()
    until(lambda: platform.received("SELECT 1 FROM received WHERE customer_id = ?", customer_id), "the webhook")
    redis_canary, provider_canary = (secrets.token_hex(12) for _ in range(2))
    with platform.redis() as redis:
        redis.set("canary", base64.b64encode(f"xy{redis_canary}".encode()))
    (uid,) = platform.rows("SELECT uid FROM verification_customer WHERE customer_id = %s", customer_id)[0]
    needles = [
        *needles_of_text("customer_id", customer_id),
        *needles_of_text("request id", answer.headers["Request-Id"]),
        *needles_of_text("document id", document["id"]),
        *needles_of_text("canary in Redis", redis_canary),
        *needles_of_text("what was never written", provider_canary),
        *needles_of_text("applicant", platform.provided("SELECT reference FROM applicants LIMIT 1")[0][0]),
        *needles_of_text("opaque id", uid),
    ]

    log_of_redis = platform.folder.servers / "redis" / "appendonly.aof"
    until(lambda: b"canary" in log_of_redis.read_bytes(), "Redis to have written")  # every second

    found = find(needles, everything_written(platform))

    assert {"customer_id in pg_dump", "opaque id in pg_dump", "document id in names of files"} <= set(found)
    assert {"request id in logs/web.log", "canary in Redis in redis b'canary'"} <= set(found)
    assert any(place.startswith("customer_id in receiver.sqlite3") for place in found)
    assert any(place.startswith("applicant in provider.sqlite3") for place in found)
    assert any(place.startswith("canary in Redis in servers/redis/appendonly.aof") for place in found)
    assert not [place for place in found if "never" in place]


@pytest.mark.parametrize("before", [b"", b"a", b"ab", b"abc"])
@pytest.mark.parametrize("after", [b"", b"a", b"ab"])
def test_the_search_sees_through_encodings(before: bytes, after: bytes) -> None:
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


def test_the_logs_of_a_bad_day_are_json_lines_without_exception_texts_and_secrets(platform: RunningPlatform) -> None:
    crowd = Crowd(platform, 6).start()
    until(lambda: crowd.steps >= 8, "some calls")
    platform.kill("postgres")
    crowd.wait()

    state, facts = platform.platform.state, platform.facts
    kept_secret = [value for name, value in vars(state).items() if isinstance(value, str) and name not in ("s3_access_key",)]
    kept_secret += [facts["test_api_key"], facts["live_api_key"], facts["webhook_secret"]]
    logs = {path.name: path.read_bytes() for path in platform.folder.logs.iterdir()}
    assert [name for name, log in logs.items() if any(secret.encode() in log for secret in kept_secret)] == []
    assert [(name, line[-600:]) for name, log in logs.items() for line in log.splitlines() if b"Traceback" in line] == []
    for name in ("web", "worker", "sender", "scheduler"):
        lines = [line for line in logs[f"{name}.log"].decode().splitlines() if not WORDS_OF_SERVERS.match(line)]
        told = [json.loads(line) for line in lines]
        assert [line for line in told if "schema" not in line or "level" not in line] == []
        assert [line for line in told if line["event"] == "answered" and not line["request_id"]] == []
        assert [line for line in told if line["event"] in ("task done", "task failed") and not line["task_id"]] == []
    worker = [json.loads(line) for line in logs["worker.log"].decode().splitlines() if b"task failed" in line.encode()]
    assert worker and {line["error"] for line in worker} <= {"OperationalError", "InterfaceError"}
