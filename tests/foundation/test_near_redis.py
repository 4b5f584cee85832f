"""What a thread remembers of Redis is what Redis holds, on the real Redis: no change goes unheard, and no silence is believed."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis

from kyc_platform import near_redis
from kyc_platform.near_redis import ask, remembered
from kyc_platform.redis_client import redis_client


@pytest.fixture(autouse=True)
def a_thread_that_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered yet; and a busy machine makes nothing too old: a test that is about age says so."""
    near_redis._here.near = None
    monkeypatch.setattr(near_redis, "BELIEVED_SECONDS", 60.0)


@pytest.fixture
def key() -> str:
    return f"test:near:{secrets.token_hex(8)}"


def soon(is_so: Callable[[], bool]) -> bool:
    """Tell whether something becomes true: a notice takes its way through the kernel."""
    until = time.monotonic() + 5
    while not is_so() and time.monotonic() < until:
        time.sleep(0.001)
    return is_so()


def kill_connection() -> None:
    """Let Redis close this thread's connection, as a restart does."""
    number, _ = ask("CLIENT", "ID")
    redis_client().client_kill_filter(_id=str(number))


def test_a_value_that_was_read_is_known_without_asking_again(key: str):
    redis_client().set(key, b"one", ex=60)
    assert remembered(key) is None

    assert ask("PING", read=[key, key + ":none"]) == (b"PONG", [b"one", None])

    assert remembered(key, key + ":none") == [b"one", None]
    assert remembered(key + ":other") is None


CHANGES: dict[str, Callable[[str], Any]] = {
    "set": lambda key: redis_client().set(key, b"two", ex=60),
    "deleted": lambda key: redis_client().delete(key),
    "changed by a script": lambda key: redis_client().eval("return redis.call('SET', KEYS[1], 'two', 'EX', 60)", 1, key),
    "run out": lambda key: [redis_client().pexpire(key, 1), threading.Event().wait(0.01), redis_client().get(key)],
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_value_is_no_longer_known_once_it_was(change: str, key: str):
    redis_client().set(key, b"one", ex=60)
    ask("PING", read=[key])

    CHANGES[change](key)

    assert soon(lambda: remembered(key) is None)
    assert ask("PING", read=[key])[1] == [redis_client().get(key)]
    assert remembered(key) == [redis_client().get(key)]


def test_a_key_that_did_not_exist_is_no_longer_known_to_once_it_does(key: str):
    ask("PING", read=[key])
    assert remembered(key) == [None]

    redis_client().set(key, b"one", ex=60)

    assert soon(lambda: remembered(key) is None)


def test_a_change_that_comes_while_an_answer_is_awaited_is_heard(key: str):
    redis_client().set(key, b"0", ex=60)
    is_over = threading.Event()

    def change_again_and_again() -> None:
        while not is_over.is_set():
            redis_client().incr(key)

    thread = threading.Thread(target=change_again_and_again)
    thread.start()
    try:
        for _ in range(300):
            ask("PING", read=[key])
    finally:
        is_over.set()
        thread.join()

    last = redis_client().get(key)
    assert soon(lambda: remembered(key) in (None, [last]))
    assert ask("PING", read=[key])[1] == [last]


def test_a_connection_that_was_closed_is_opened_anew_and_what_it_was_told_is_forgotten(key: str):
    redis_client().set(key, b"one", ex=60)
    ask("PING", read=[key])
    kill_connection()

    assert soon(lambda: remembered(key) is None)
    assert remembered() is None

    assert ask("PING", read=[key]) == (b"PONG", [b"one"])
    redis_client().set(key, b"two", ex=60)
    assert soon(lambda: remembered(key) is None)


def test_a_connection_that_died_unseen_costs_the_caller_nothing(key: str):
    kill_connection()

    assert ask("SET", key, b"one", "EX", 60) == (b"OK", [])
    assert redis_client().get(key) == b"one"


def test_nothing_is_believed_for_long_after_redis_last_answered(key: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(near_redis, "BELIEVED_SECONDS", 0.05)
    redis_client().set(key, b"one", ex=60)
    ask("PING", read=[key])
    time.sleep(0.06)

    assert remembered(key) is None
    assert remembered() is None

    ask("PING")  # what was read before is known again: nobody has told of a change
    assert remembered(key) == [b"one"]


def test_a_bounded_number_of_values_is_kept_and_the_oldest_goes(key: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(near_redis, "REMEMBERED_KEYS", 3)
    keys = [f"{key}:{number}" for number in range(4)]

    ask("PING", read=keys)

    assert remembered(*keys[1:]) == [None, None, None]
    assert remembered(keys[0]) is None


def test_a_thread_remembers_for_itself_alone(key: str):
    ask("PING", read=[key])
    found: list[object] = []

    thread = threading.Thread(target=lambda: found.append(remembered(key)))
    thread.start()
    thread.join()

    assert found == [None]
    assert remembered(key) == [None]


@pytest.fixture
def user_without_client_commands(settings: Any) -> Iterator[None]:
    """A user of Redis who may read and write, and not give CLIENT commands, as with some hosted ones."""
    name, password, url = secrets.token_hex(8), secrets.token_hex(8), settings.REDIS_URL
    administrator = redis_client()
    administrator.acl_setuser(name, enabled=True, passwords=[f"+{password}"], keys="*", commands=["+@all", "-client"])
    settings.REDIS_URL = url.replace(url[url.index("//") + 2 : url.index("@")], f"{name}:{password}")
    redis_client.cache_clear()
    yield
    settings.REDIS_URL = url
    redis_client.cache_clear()
    near_redis._here.near = None
    administrator.acl_deluser(name)


def test_a_redis_that_does_not_tell_of_changes_is_asked_every_time(user_without_client_commands: None, key: str):
    ask("SET", key, b"one", "EX", 60)

    assert ask("PING", read=[key]) == (b"PONG", [b"one"])

    assert remembered(key) is None
    assert remembered() == []


def test_a_refused_command_raises_and_the_next_one_gets_its_own_answer(key: str):
    with pytest.raises(redis.ResponseError):
        ask("INCR", read=[key])

    assert ask("PING", read=[key]) == (b"PONG", [None])
    with pytest.raises(redis.exceptions.NoScriptError):
        ask("EVALSHA", "0" * 40, 0, read=[key])
    assert remembered(key) == [None]
