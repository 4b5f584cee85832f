"""An opening whose process is really killed, with SIGKILL, while it waits where the test made it wait."""

import os
import secrets
import signal
import subprocess
import sys
import time

import pytest
from django.db import connection, transaction

from tenants.merchants.models import Merchant
from tests.fixtures.merchants import inside
from verification.levels.models import Level

ENVIRONMENT = {"DJANGO_SETTINGS_MODULE": "kyc_platform.settings"}


def command(*arguments):
    return [sys.executable, "-m", "django", "open_merchant", *arguments]


def wait_for(what):
    """Ask again and again until there is an answer, for at most half a minute."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        time.sleep(0.002)
    raise AssertionError("it did not come")


def is_waiting_for_us():
    """Tell whether a process waits for a lock that this connection holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))")
        return bool(cursor.fetchone()[0])


@pytest.fixture
def opening():
    """The command in a process of its own, and the slug it opens."""
    slug = f"sigkill-{secrets.token_hex(5)}"
    process = subprocess.Popen(
        command(slug), env={**os.environ, **ENVIRONMENT}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=os.getcwd()
    )
    yield process, slug
    process.kill()
    process.wait()


def resume():
    finished = subprocess.run(command("--resume"), env={**os.environ, **ENVIRONMENT}, capture_output=True, text=True, timeout=60)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_killed_before_its_rows_are_committed_it_leaves_nothing(opening):
    process, slug = opening
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE tenants_platformlogentry IN SHARE MODE")
        wait_for(is_waiting_for_us)
        process.send_signal(signal.SIGKILL)
        process.wait()

    assert not Merchant.objects.filter(slug=slug).exists()


def test_killed_between_its_schemas_it_is_finished_by_resume(opening):
    process, slug = opening
    live = wait_for(lambda: Merchant.objects.filter(slug=slug, mode="live").first())
    with transaction.atomic():
        locked = Merchant.objects.select_for_update().get(pk=live.pk)
        assert locked.state == "opening"
        wait_for(is_waiting_for_us)
        process.send_signal(signal.SIGKILL)
        process.wait()

    assert f"{slug}: active" in resume()

    for row in Merchant.objects.filter(slug=slug):
        assert row.state == "active"
        with inside(row):
            assert sorted(Level.objects.values_list("name", flat=True)) == ["basic", "enhanced", "standard"]
