"""Under supervision a killed server comes back with what it had stored; after a killed supervisor the next start finds the orphans."""

import os
import signal
import subprocess
import time

import psutil
import psycopg2
import pytest
import redis

from kyc_platform.embedded.leftovers import find_leftovers, stop_leftovers
from kyc_platform.embedded.places import Folder
from kyc_platform.embedded.servers import embedded_servers, wait_until_ready
from kyc_platform.embedded.state import load_state, save_state, settle_ports
from kyc_platform.embedded.supervision import Supervision

NAMES = ["postgres", "redis", "s3", "supervisor"]


@pytest.fixture
def running(folder, base, request):
    """The three servers of a folder under supervision, durable as the platform's are."""
    state = load_state(folder)
    settle_ports(state, NAMES, say=lambda line: None)
    save_state(folder, state)
    supervision = Supervision(folder, state)
    request.addfinalizer(supervision.stop)
    servers = {server.name: server for server in embedded_servers(folder, state, {})}
    for server in servers.values():
        server.prepare(say=lambda line: None)
    supervision.start([server.program() for server in servers.values()], environment=base)
    until(supervision.answers)
    for name in servers:
        supervision.run(name)
    wait_until_ready(list(servers.values()), log=supervision.log, is_alive=supervision.is_trying)
    for server in servers.values():
        server.create()
    return supervision, servers


def until(is_so, seconds=30):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not within {seconds} seconds"
        time.sleep(0.05)


def process_of(folder, name):
    """The server itself: of PostgreSQL's many, the one that started the others."""
    found = [process for process in find_leftovers(folder) if process.name() == name]
    return next(process for process in found if process.ppid() not in [other.pid for other in found])


def cluster_state(postgres):
    """What PostgreSQL noted about its own end: `shut down`, or `in production` when it never came to that."""
    command = [postgres.install / "pginstall18" / "bin" / "pg_controldata", "-D", postgres.data]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_killed_postgresql_comes_back_with_every_committed_row(folder, running):
    _, servers = running
    postgres = servers["postgres"]
    connection = psycopg2.connect(postgres.url())
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept (word text PRIMARY KEY); INSERT INTO kept VALUES ('committed')")
    killed = process_of(folder, "postgres")

    killed.send_signal(signal.SIGKILL)
    until(lambda: not killed.is_running() and postgres.is_ready())

    with psycopg2.connect(postgres.url()) as again, again.cursor() as cursor:
        cursor.execute("SELECT word FROM kept")
        assert cursor.fetchall() == [("committed",)]


def test_a_killed_redis_comes_back_with_what_it_had_written(folder, running):
    _, servers = running
    client = redis.Redis.from_url(servers["redis"].url())
    client.set("word", "kept")
    time.sleep(1.5)  # it writes every second
    killed = process_of(folder, "redis-server")

    killed.send_signal(signal.SIGKILL)
    until(lambda: not killed.is_running() and servers["redis"].is_ready())

    assert redis.Redis.from_url(servers["redis"].url()).get("word") == b"kept"


def test_stopping_ends_every_process_of_the_folder_and_repeats_harmlessly(folder, running):
    supervision, _ = running
    assert {"postgres", "rclone", "redis-server"} <= {process.name() for process in find_leftovers(folder)}

    supervision.stop()
    supervision.stop()

    assert find_leftovers(folder) == []


def test_orphans_of_a_killed_supervisor_are_stopped_properly_and_nobody_elses(folder, running, tmp_path):
    supervision, servers = running
    os.kill(supervision.process.pid, signal.SIGKILL)
    supervision.process.wait()
    orphans = find_leftovers(folder)
    assert {"postgres", "rclone", "redis-server"} <= {process.name() for process in orphans}
    assert stop_leftovers(Folder(tmp_path)) == 0
    assert all(process.is_running() for process in orphans)

    stop_leftovers(folder)

    assert [process for process in orphans if process.is_running() and process.status() != psutil.STATUS_ZOMBIE] == []
    assert "shut down\n" in cluster_state(servers["postgres"])


def test_a_lock_file_that_names_somebody_elses_process_does_not_stop_the_next_start(folder, running):
    supervision, servers = running
    supervision.stop()
    (servers["postgres"].data / "postmaster.pid").write_text(f"{os.getpid()}\n{servers['postgres'].data}\n")

    servers["postgres"].prepare(say=lambda line: None)

    assert not (servers["postgres"].data / "postmaster.pid").exists()


def test_secrets_are_in_private_files_only(folder, running):
    state = load_state(folder)
    secrets = [state.postgres_password, state.redis_password, state.s3_secret_key, state.supervisor_password]
    commands = " ".join(" ".join(process.cmdline()) for process in find_leftovers(folder))

    assert [secret for secret in secrets if secret in commands] == []
    readable = [path for path in folder.path.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]
    assert readable == []
