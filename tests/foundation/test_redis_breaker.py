"""The breaker before Redis, with a real one that is stopped in its tracks, killed and started again."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis

from kyc_platform.due import HINTS, hint
from kyc_platform.embedded.places import Folder
from kyc_platform.embedded.redis import Redis
from kyc_platform.embedded.state import State, settle_ports
from kyc_platform.redis_breaker import Breaker, BreakingPool, RedisAway, breaker_of
from kyc_platform.redis_client import redis_client

TIMEOUT = 0.5
CALLS = 50


class OwnRedis:
    """A Redis of the test's own."""

    def __init__(self, folder: Path) -> None:
        state = State()
        settle_ports(state, ["redis"], say=lambda _line: None)
        (folder / "servers").mkdir()
        self.server = Redis(Folder(folder), state, is_durable=False)
        self.server.prepare(say=lambda _line: None)
        self.url = self.server.url()
        self.start()

    def start(self) -> None:
        program = self.server.program()
        self.process = subprocess.Popen(program.command, cwd=program.directory, stdout=subprocess.DEVNULL)
        until(self.server.is_ready)

    def hang(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def pool(self) -> BreakingPool:
        return BreakingPool.from_url(self.url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)


def until(is_so, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not within {seconds} seconds"
        time.sleep(0.02)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[OwnRedis]:
    server = OwnRedis(tmp_path)
    yield server
    server.kill()


@pytest.fixture
def own_client(server: OwnRedis, settings: Any) -> Iterator[Callable[[], redis.Redis]]:
    """The process's own client, for the test's own Redis."""
    here = settings.REDIS_URL
    settings.REDIS_URL = server.url
    redis_client.cache_clear()
    yield redis_client
    settings.REDIS_URL = here
    redis_client.cache_clear()


def answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


def test_a_redis_that_hangs_costs_a_process_one_timeout_and_is_used_again_when_it_answers(server: OwnRedis) -> None:
    client, another = redis.Redis.from_pool(server.pool()), redis.Redis.from_pool(server.pool())
    client.set("word", "kept")
    another.get("word")
    server.hang()
    began = time.monotonic()

    for number in range(CALLS):
        with pytest.raises((redis.TimeoutError, redis.ConnectionError)):
            (client, another)[number % 2].get("word")

    assert TIMEOUT <= time.monotonic() - began < 2 * TIMEOUT
    with pytest.raises(RedisAway):
        client.get("word")
    server.go_on()
    until(lambda: answers(another))
    assert client.get("word") == b"kept"


def test_pipelines_scripts_and_connections_made_by_hand_heed_it_too(server: OwnRedis) -> None:
    client = redis.Redis.from_pool(server.pool())
    held = client.connection_pool.connection_class(**client.connection_pool.connection_kwargs)
    held.send_command("PING")
    assert held.read_response() == b"PONG"
    server.hang()
    with pytest.raises(redis.TimeoutError):
        held.send_command("PING")
        held.read_response()
    began = time.monotonic()

    pipe = client.pipeline(transaction=False)
    for _ in range(CALLS):
        with pytest.raises(RedisAway):
            pipe.ping()
            pipe.execute()
        with pytest.raises(RedisAway):
            client.eval("return 1", 0)
        with pytest.raises(RedisAway):
            held.send_command("PING")

    assert time.monotonic() - began < TIMEOUT


def test_threads_wait_once_each_at_most(server: OwnRedis) -> None:
    client = redis.Redis.from_pool(server.pool())

    def asked(_number: int) -> float:
        began = time.monotonic()
        assert not answers(client)
        return time.monotonic() - began

    server.hang()
    with ThreadPoolExecutor(8) as threads:
        waits = list(threads.map(asked, range(8 * CALLS)))

    assert len([wait for wait in waits if wait > TIMEOUT / 2]) <= 8
    assert sum(waits) < 8 * 2 * TIMEOUT


def test_a_redis_that_was_killed_is_found_again_by_itself(server: OwnRedis) -> None:
    client = redis.Redis.from_pool(server.pool())
    assert answers(client)
    server.kill()
    assert not answers(client)
    assert breaker_of(server.url).is_away

    server.start()

    until(lambda: not breaker_of(server.url).is_away)
    assert answers(client)


def test_one_servers_trouble_is_not_anothers(server: OwnRedis, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = OwnRedis(tmp_path / "other")
    client = redis.Redis.from_pool(other.pool())
    try:
        server.hang()
        assert not answers(redis.Redis.from_pool(server.pool()))

        assert answers(client)
    finally:
        other.kill()


def test_a_forked_process_finds_out_for_itself_since_the_watching_thread_stayed_behind(server: OwnRedis) -> None:
    breaker = breaker_of(server.url)
    server.hang()
    assert not answers(redis.Redis.from_pool(server.pool()))
    assert breaker.is_away

    child = os.fork()
    if child == 0:
        os._exit(1 if breaker.is_away else 0)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert breaker.is_away


def test_with_tls_it_is_in_between_as_well() -> None:
    pool = BreakingPool.from_url("rediss://192.0.2.1:6379/0")

    assert issubclass(pool.connection_class, redis.SSLConnection)
    assert pool.connection_class.__name__ == "BreakingSSLConnection"


def test_what_finds_the_server_away_again_is_done_when_it_answers_the_next_time_and_not_in_between() -> None:
    answers, done = [True], []

    def do() -> None:
        done.append(time.monotonic())
        if len(done) == 1:
            answers[0] = False  # it answered once and is away again
            breaker.when_back(do)

    breaker = Breaker(lambda: answers[0])
    breaker.when_back(do)
    until(lambda: done)

    time.sleep(0.6)
    assert (len(done), breaker.is_away) == (1, True)
    answers[0] = True
    until(lambda: len(done) == 2 and not breaker.is_away)


def test_a_thing_that_goes_on_failing_does_not_keep_the_watching_thread_busy() -> None:
    tried = []

    def do() -> None:
        tried.append(1)
        breaker.when_back(do)

    breaker = Breaker(lambda: not tried)
    breaker.when_back(do)

    time.sleep(0.6)
    assert len(tried) == 1


def test_what_was_due_while_redis_hung_is_hinted_at_when_it_answers_again(server: OwnRedis, own_client) -> None:
    soon, later = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 2, tzinfo=UTC)
    server.hang()
    hint({"m_a": later, "m_b": later})
    hint({"m_a": soon})
    hint({"m_a": later})
    server.go_on()

    until(lambda: not breaker_of(server.url).is_away and None not in own_client().zmscore(HINTS, ["m_a", "m_b"]))
    assert own_client().zmscore(HINTS, ["m_a", "m_b"]) == [soon.timestamp(), later.timestamp()]
