"""After the demonstration, nothing of its customers is found in the clear: not in the database, the objects, Redis, or any log."""

import base64
import json
import re
import secrets
from collections.abc import Iterable
from datetime import date

from kyc_platform.crypto.sealing import PREFIX_BYTES
from kyc_platform.demo.people import Person, made_up_person
from tests.fixtures.way import members_of_customer
from tests.system.customers import Crowd, PatientClient, a_small_picture
from tests.system.running import RunningPlatform, until
from tests.system.searching import OBJECTS, Needle, everything_written, find, needles_of_document, needles_of_text, sealed_places

# What granian says of itself and its workers, none of it about a request.
WORDS_OF_GRANIAN = re.compile(
    r"\[INFO\] (Starting granian \(main PID: \d+\)|Listening at: http://127\.0\.0\.1:\d+|Spawning worker-\d+ with PID: \d+|"
    r"(Started|Respawning|Stopping|Stopped) worker-\d+|Shutting down granian|Granian shutdown completed, see ya!)"
    r"|\[ERROR\] Unexpected exit from worker-\d+"  # another test has killed one
)
AS_IF_A_WORD = rb"(?<![A-Za-z0-9])[A-Za-z]{4}(?![A-Za-z0-9])"
CONSONANTS = "ghjkmnpqrstvwxz"  # no word that anybody has written, and no digits of hexadecimal
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


def a_short_word() -> str:
    """Return a word as short as a name that was never written before."""
    return "".join(secrets.choice(CONSONANTS) for _ in range(5))


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

    haystack = everything_written(platform)
    sealed = sealed_places(platform, haystack)
    assert len(sealed) >= DEMO_DOCUMENTS
    assert any(needle.is_short for needle in needles)
    assert find(needles, haystack, sealed=sealed) == []


def test_the_search_finds_what_is_there(platform: RunningPlatform) -> None:
    """Each place holds something in the clear by design: the search must find it there, or finding nothing means nothing."""
    with PatientClient(platform) as client:
        customer_id, short_id = f"canary-{secrets.token_hex(12)}", a_short_word()
        for own_id in (customer_id, short_id):
            answer = client.call("POST", "/api/v1/customers", members_of_customer(customer_id=own_id))
            members = {"doc_type": "SELFIE", "doc_body": base64.b64encode(a_small_picture()).decode()}
            document = client.call("POST", f"/api/v1/customers/{own_id}/documents", members).json()
    for own_id in (customer_id, short_id):
        until(lambda own_id=own_id: platform.received("SELECT 1 FROM received WHERE customer_id = ?", own_id), "the webhook")  # type: ignore[misc]
    canary, never_written = (secrets.token_hex(12) for _ in range(2))
    short_canary, short_in_hex = a_short_word(), a_short_word()
    with platform.redis() as redis:
        redis.set("canary", base64.b64encode(f"xy{canary}".encode()))
        redis.lpush("queue of canaries", json.dumps({"body": base64.b64encode(json.dumps({"name": short_canary}).encode()).decode()}))
        redis.hset("canaries", "bytes", f"xy{short_in_hex}".encode().hex() + " " + f"xy {short_in_hex}".encode().hex())
    (uid,) = platform.rows("SELECT uid FROM verification_customer WHERE customer_id = %s", customer_id)[0]
    needles = [
        *needles_of_text("customer_id", customer_id),
        *needles_of_text("short customer_id", short_id),
        *needles_of_text("request id", answer.headers["Request-Id"]),
        *needles_of_text("document id", document["id"]),
        *needles_of_text("canary", canary),
        *needles_of_text("short canary", short_canary),
        *needles_of_text("short canary in hex", short_in_hex),
        *needles_of_text("what was never written", never_written),
        *needles_of_text("applicant", platform.provided("SELECT reference FROM applicants LIMIT 1")[0][0]),
        *needles_of_text("opaque id", uid),
    ]

    log_of_redis = platform.folder.servers / "redis" / "appendonly.aof"
    until(lambda: b"canaries" in log_of_redis.read_bytes(), "Redis to have written")  # every second

    haystack = everything_written(platform)
    found = find(needles, haystack, sealed=sealed_places(platform, haystack))

    assert {"customer_id in pg_dump", "opaque id in pg_dump", "document id in names of files", "short customer_id in pg_dump"} <= set(found)
    assert {"request id in logs/web.log", "canary in redis b'canary'"} <= set(found)
    assert {"short canary in redis b'queue of canaries'", "short canary in hex in redis b'canaries'"} <= set(found)
    assert any(place.startswith("customer_id in receiver.sqlite3") for place in found)
    assert any(place.startswith("short customer_id in receiver.sqlite3") for place in found)
    assert any(place.startswith("applicant in provider.sqlite3") for place in found)
    for what in ("canary", "short canary", "short canary in hex"):
        assert any(place.startswith(f"{what} in servers/redis/appendonly.aof") for place in found)
    assert not [place for place in found if "never" in place]


def test_the_search_finds_a_short_word_in_an_object_that_is_not_sealed_or_not_where_it_belongs(platform: RunningPlatform) -> None:
    haystack = everything_written(platform)
    sealed = sealed_places(platform, haystack)
    place = sorted(sealed)[0]
    (chance,) = re.findall(AS_IF_A_WORD, haystack[place][PREFIX_BYTES:])[:1]
    folder, word = (platform.folder.path / place).parent, a_short_word()
    planted = {"plain": f"the name is {word}.".encode(), "moved": haystack[place], "short": b"," + word.encode() + b","}
    needles = [*needles_of_text("word", word), Needle("chance", chance)]
    for name, content in planted.items():
        (folder / f"doc_{name}").write_bytes(content)
    try:
        haystack = everything_written(platform)
        now_sealed = sealed_places(platform, haystack)
        found = find(needles, haystack, sealed=now_sealed)
    finally:
        for name in planted:
            (folder / f"doc_{name}").unlink()

    assert now_sealed == sealed
    where = place.rpartition("/")[0]
    assert {entry for entry in found if OBJECTS in entry} == {
        f"word in {where}/doc_plain",
        f"word in {where}/doc_short",
        f"chance in {where}/doc_moved",
    }


def test_the_logs_of_a_bad_day_are_json_lines_without_exception_texts_and_secrets(platform: RunningPlatform) -> None:
    crowd = Crowd(platform, 6).start()
    until(lambda: crowd.steps >= 8, "some calls")
    platform.kill("postgres")
    crowd.wait()
    for name in ("worker", "sender", "scheduler"):
        with platform.without(name):
            pass  # it is asked to end, which Celery remarks upon

    state, facts = platform.platform.state, platform.facts
    kept_secret = [value for name, value in vars(state).items() if isinstance(value, str) and name not in ("s3_access_key",)]
    kept_secret += [facts["test_api_key"], facts["live_api_key"], facts["webhook_secret"]]
    logs = {path.name: path.read_bytes() for path in platform.folder.logs.iterdir()}
    assert [name for name, log in logs.items() if any(secret.encode() in log for secret in kept_secret)] == []
    assert [(name, line[-600:]) for name, log in logs.items() for line in log.splitlines() if b"Traceback" in line] == []
    for name in ("web", "worker", "sender", "scheduler"):
        lines = logs[f"{name}.log"].decode().splitlines()
        told = [json.loads(line) for line in lines if not (name == "web" and WORDS_OF_GRANIAN.fullmatch(line))]
        assert [line for line in told if "schema" not in line or "level" not in line] == []
        assert [line for line in told if line["event"] == "answered" and not line["request_id"]] == []
        assert [line for line in told if line["event"] in ("task done", "task failed") and not line["task_id"]] == []
    worker = [json.loads(line) for line in logs["worker.log"].decode().splitlines() if b"task failed" in line.encode()]
    assert worker and {line["error"] for line in worker} <= {"OperationalError", "InterfaceError"}
