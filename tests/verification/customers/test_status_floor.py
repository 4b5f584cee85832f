"""The cached status never shows less than what a merchant was told, on the real Redis."""

import random
import secrets
import threading

import pytest

from kyc_platform.redis_client import redis_client
from verification.customers import status_floor
from verification.customers.status_floor import key_of, raise_floors, read, recall

SCHEMA = "m_aaaaaaaaaaaaaaaa"


def store(schema: str, customer_id: str, sequence: int, body: bytes, seconds: int) -> bool:
    """Store what was read from the database just now."""
    return status_floor.store(schema, customer_id, sequence, body, seconds, word=recall(schema))


@pytest.fixture
def customer_id() -> str:
    return f"cus-{secrets.token_hex(6)}"


def test_what_was_stored_is_read_until_its_time_is_over(customer_id):
    assert read(SCHEMA, customer_id) is None

    assert store(SCHEMA, customer_id, 3, b'{"a": "b:c"}', 60)

    assert read(SCHEMA, customer_id) == b'{"a": "b:c"}'
    assert 0 < redis_client().ttl(key_of(SCHEMA, customer_id)) <= 60


def test_a_status_older_than_the_cached_one_does_not_replace_it(customer_id):
    store(SCHEMA, customer_id, 10, b"ten", 60)

    assert not store(SCHEMA, customer_id, 9, b"nine", 60)
    assert read(SCHEMA, customer_id) == b"ten"
    assert store(SCHEMA, customer_id, 10, b"ten again", 60)
    assert read(SCHEMA, customer_id) == b"ten again"


def test_raising_the_floor_removes_an_older_status_and_lets_none_back_in(customer_id):
    store(SCHEMA, customer_id, 9, b"nine", 60)

    raise_floors(SCHEMA, {customer_id: 10})

    assert read(SCHEMA, customer_id) is None
    assert not store(SCHEMA, customer_id, 9, b"nine", 60)
    assert store(SCHEMA, customer_id, 10, b"ten", 60)
    assert read(SCHEMA, customer_id) == b"ten"


def test_raising_the_floor_leaves_a_status_that_is_new_enough(customer_id):
    store(SCHEMA, customer_id, 10, b"ten", 60)

    raise_floors(SCHEMA, {customer_id: 10})

    assert read(SCHEMA, customer_id) == b"ten"


def test_a_floor_never_sinks_when_an_older_webhook_is_sent_again(customer_id):
    raise_floors(SCHEMA, {customer_id: 10})

    raise_floors(SCHEMA, {customer_id: 2})

    assert not store(SCHEMA, customer_id, 9, b"nine", 60)


def test_many_floors_are_raised_in_one_step():
    ids = [f"cus-{secrets.token_hex(6)}" for _ in range(500)]
    for number, customer_id in enumerate(ids):
        store(SCHEMA, customer_id, number, b"old", 60)

    raise_floors(SCHEMA, {customer_id: number + number % 2 for number, customer_id in enumerate(ids)})
    raise_floors(SCHEMA, {})

    assert [read(SCHEMA, customer_id) is None for customer_id in ids] == [number % 2 == 1 for number in range(500)]


def test_two_merchants_with_the_same_customer_id_do_not_meet(customer_id):
    store(SCHEMA, customer_id, 1, b"ours", 60)

    raise_floors("m_bbbbbbbbbbbbbbbb", {customer_id: 9})

    assert read("m_bbbbbbbbbbbbbbbb", customer_id) is None
    assert read(SCHEMA, customer_id) == b"ours"


def test_keys_name_the_schema_and_not_the_customer(customer_id):
    raise_floors(SCHEMA, {customer_id: 1})
    store(SCHEMA, customer_id, 1, b"one", 60)

    keys = [key.decode() for key in redis_client().scan_iter(f"*{key_of(SCHEMA, customer_id)}*")]

    assert len(keys) == 2
    assert all(SCHEMA in key and customer_id not in key for key in keys)
    assert 0 < redis_client().ttl(f"floor:{key_of(SCHEMA, customer_id)}") <= status_floor.FLOOR_SECONDS


def test_readers_that_store_late_never_bring_back_what_is_older_than_a_floor(customer_id):
    told, is_over = [0], threading.Event()

    def read_slowly_and_store() -> None:
        while not is_over.is_set():
            sequence = max(0, told[0] - random.randrange(3)) + random.randrange(2)
            store(SCHEMA, customer_id, sequence, b"%d" % sequence, 60)

    readers = [threading.Thread(target=read_slowly_and_store) for _ in range(4)]
    for reader in readers:
        reader.start()
    hits = 0
    try:
        for sequence in range(1, 400):
            raise_floors(SCHEMA, {customer_id: sequence})
            told[0] = sequence
            for _ in range(3):
                body = read(SCHEMA, customer_id)
                assert body is None or int(body) >= sequence
                hits += body is not None
    finally:
        is_over.set()
        for reader in readers:
            reader.join()
    assert hits > 50


def test_without_redis_nothing_is_cached_and_nobody_is_stopped(customer_id, settings):
    redis_client.cache_clear()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    try:
        assert not store(SCHEMA, customer_id, 1, b"one", 60)
        assert read(SCHEMA, customer_id) is None
        raise_floors(SCHEMA, {customer_id: 1})
    finally:
        redis_client.cache_clear()


def test_what_was_read_before_redis_lost_its_memory_is_not_stored_after_it(customer_id):
    word = recall(SCHEMA)  # a reader sees sequence 9 in the database,
    raise_floors(SCHEMA, {customer_id: 10})  # it changes and is told,
    lose_memory()

    assert not status_floor.store(SCHEMA, customer_id, 9, b"nine", 60, word=word)
    assert read(SCHEMA, customer_id) is None
    assert store(SCHEMA, customer_id, 10, b"ten", 60)


def test_readers_at_once_store_under_one_word(customer_id):
    lose_memory()

    words = {recall(SCHEMA) for _ in range(3)}

    assert len(words) == 1
    assert status_floor.store(SCHEMA, customer_id, 1, b"one", 60, word=words.pop())


def lose_memory() -> None:
    """Lose everything about statuses, and leave the rest to the other tests of this process."""
    for key in redis_client().scan_iter(count=1000):
        if SCHEMA.encode() in key:
            redis_client().delete(key)
