"""The queue is a doorbell: whatever was in it may be lost, and the rows bring the work back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from kyc_platform.due import HINTS, take_due_schemas
from kyc_platform.redis_client import redis_client
from tests.fixtures.jobs import take_jobs
from tests.fixtures.merchants import inside
from tests.fixtures.sandbox_provider import free_port
from tests.fixtures.way import Way
from verification import jobs, tasks
from verification.callbacks.models import ProviderCallback
from verification.lifecycle.models import Verification
from verification.workflow import sweeping
from verification.workflow.collecting import START_AGAIN_SECONDS


def lose_queue(way: Way) -> None:
    take_jobs({way.merchant.sandbox.schema_name})


def sweep(way: Way, later: timedelta, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Sweep the merchant as the clock will show it, and run what the sweep asks for."""
    now = timezone.now() + later
    with inside(way.merchant.sandbox):
        monkeypatch.setattr("django.utils.timezone.now", lambda: now)
        tasks.sweep()
        monkeypatch.undo()
    return way.run_jobs()


def test_a_check_whose_job_was_lost_is_started_by_the_sweep(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    customer_id = way.register()
    way.submit_all(customer_id)
    lose_queue(way)

    assert sweep(way, timedelta(seconds=1), monkeypatch) == []
    assert jobs.START_CHECK in sweep(way, timedelta(seconds=START_AGAIN_SECONDS + 1), monkeypatch)

    way.until_answered()
    assert way.status(customer_id)["status"] == "verified"


def test_a_callback_whose_job_was_lost_is_handled_by_the_sweep(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    customer_id = way.register()
    way.submit_all(customer_id)
    way.run_jobs()
    way.hand_on(way.callbacks()[0])
    lose_queue(way)
    with inside(way.merchant.sandbox):
        assert ProviderCallback.objects.get().handled_at is None

    assert jobs.HANDLE_CALLBACK in sweep(way, timedelta(seconds=30), monkeypatch)

    assert way.status(customer_id)["status"] == "verified"
    with inside(way.merchant.sandbox):
        assert ProviderCallback.objects.get().due_at is None


def test_the_hints_are_made_again_from_the_rows_when_redis_has_lost_them(way: Way) -> None:
    way.submit_all(way.register())
    schema = way.merchant.sandbox.schema_name
    redis_client().delete(HINTS)
    assert schema not in take_due_schemas(timezone.now() + timedelta(hours=1))

    sweeping.rebuild_hints()

    assert schema in take_due_schemas(timezone.now() + timedelta(seconds=START_AGAIN_SECONDS + 1))


def test_a_schema_that_was_rung_for_is_put_off_and_not_forgotten(way: Way) -> None:
    way.submit_all(way.register())
    schema = way.merchant.sandbox.schema_name
    later = timezone.now() + timedelta(seconds=START_AGAIN_SECONDS + 1)

    assert schema in take_due_schemas(later)
    assert schema not in take_due_schemas(later)
    assert schema in take_due_schemas(later + timedelta(seconds=60))


def test_without_redis_documents_are_taken_and_the_work_is_found_later(way: Way, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    customer_id = way.register()
    here = settings.REDIS_URL
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    redis_client.cache_clear()
    try:
        way.submit_all(customer_id)
        assert way.status(customer_id)["stage"] == "submitted"
    finally:
        settings.REDIS_URL = here
        redis_client.cache_clear()
    lose_queue(way)

    sweep(way, timedelta(seconds=START_AGAIN_SECONDS + 1), monkeypatch)

    way.until_answered()
    assert way.status(customer_id)["status"] == "verified"


def test_a_decided_verification_is_due_when_its_identity_document_expires_and_not_before(way: Way) -> None:
    way.verified()  # with a passport that is valid until 15 April 2032

    with inside(way.merchant.sandbox):
        assert Verification.objects.get().due_at == datetime(2032, 4, 16, tzinfo=UTC)
        assert sweeping.due_verifications(at=timezone.now() + timedelta(days=400)) == []
