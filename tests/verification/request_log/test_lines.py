"""From a request's line to its row, on the real Redis and database: nothing twice, nothing in a request's way."""

import secrets
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from prometheus_client import REGISTRY

from kyc_platform.redis_client import redis_client
from tenants.merchants.models import Merchant
from tenants.merchants.opening import close_merchant
from tests.fixtures.merchants import OPERATOR, inside
from verification.request_log import lines
from verification.request_log.lines import Line, Outbox, oldest_lines, remove
from verification.request_log.models import ApiRequest
from verification.workflow.logging_requests import log_requests, log_requests_of_merchant
from verification.workflow.tidying import tidy


def a_line(**changed: Any) -> Line:
    line = Line(f"req_{secrets.token_hex(13)}", time.time(), "kyc_test_ab", "GET", "/api/v1/customers", 200, 1.5, "")
    return line._replace(**changed)


@pytest.fixture
def outbox() -> Iterator[Outbox]:
    """An outbox with a thread of its own."""
    made = Outbox()
    yield made
    made.end()


def rows(merchant: Merchant) -> list[ApiRequest]:
    with inside(merchant):
        return list(ApiRequest.objects.order_by("pk"))


def test_a_line_becomes_a_row_of_its_merchant_and_of_nobody_else(outbox: Outbox, merchant: Merchant, other_merchant: Merchant):
    line = a_line(method="POST", status=201, duration_ms=48.3, idempotency_key="order 7")

    outbox.put(merchant.schema_name, line)
    assert outbox.hand_over()
    log_requests()

    (row,) = rows(merchant)
    assert (row.request_id, row.key, row.method, row.route) == (line.request_id, "kyc_test_ab", "POST", "/api/v1/customers")
    assert (row.status, row.duration_ms, row.idempotency_key) == (201, 48.3, "order 7")
    assert abs(row.at - datetime.fromtimestamp(line.at, UTC)) < timedelta(milliseconds=1)
    assert rows(merchant.sandbox) == rows(other_merchant) == []
    assert merchant.schema_name.encode() not in redis_client().smembers(lines.SCHEMAS)


def test_the_thread_hands_lines_over_without_being_asked(outbox: Outbox, merchant: Merchant):
    outbox.put(merchant.schema_name, a_line())

    until = time.monotonic() + 5
    while not oldest_lines(merchant.schema_name, 1) and time.monotonic() < until:
        time.sleep(0.02)

    assert len(oldest_lines(merchant.schema_name, 10)) == 1


def test_lines_leave_redis_after_they_are_written_and_a_task_that_died_in_between_doubles_nothing(outbox: Outbox, merchant: Merchant):
    for _ in range(3):
        outbox.put(merchant.schema_name, a_line())
    outbox.hand_over()
    waiting = oldest_lines(merchant.schema_name, 10)

    with inside(merchant):
        lines_before = log_requests_of_merchant()
    for line in waiting:  # as if the task had died after its commit
        outbox.put(merchant.schema_name, line)
    outbox.hand_over()
    with inside(merchant):
        log_requests_of_merchant()

    assert lines_before == 3
    assert [row.request_id for row in rows(merchant)] == [line.request_id for line in waiting]
    assert oldest_lines(merchant.schema_name, 10) == []


def test_a_worker_that_was_overtaken_removes_nothing_that_is_not_written(outbox: Outbox, merchant: Merchant):
    for _ in range(4):
        outbox.put(merchant.schema_name, a_line())
    outbox.hand_over()
    slow, quick = oldest_lines(merchant.schema_name, 2), oldest_lines(merchant.schema_name, 2)

    remove(merchant.schema_name, quick)
    left = oldest_lines(merchant.schema_name, 10)
    remove(merchant.schema_name, slow)

    assert len(left) == 2
    assert oldest_lines(merchant.schema_name, 10) == left


def test_many_workers_at_once_write_each_line_once(outbox: Outbox, merchant: Merchant):
    sent = [a_line() for _ in range(2500)]
    for line in sent:
        outbox.put(merchant.schema_name, line)
    outbox.hand_over()
    workers = [threading.Thread(target=log_and_close) for _ in range(4)]

    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    log_requests()

    assert sorted(row.request_id for row in rows(merchant)) == sorted(line.request_id for line in sent)
    assert oldest_lines(merchant.schema_name, 10) == []


def log_and_close() -> None:
    """Work as a worker's thread does."""
    log_requests()
    connection.close()


def test_while_redis_is_away_lines_wait_in_the_process_and_arrive_in_their_order(merchant: Merchant, settings: Any):
    outbox = Outbox()
    here = settings.REDIS_URL
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis_client.cache_clear()
    sent = [a_line() for _ in range(5)]
    for line in sent:
        outbox.put(merchant.schema_name, line)

    assert not outbox.hand_over()
    settings.REDIS_URL = here
    redis_client.cache_clear()
    assert outbox.hand_over()
    outbox.end()

    assert oldest_lines(merchant.schema_name, 10) == sent


def test_a_process_keeps_so_many_lines_and_counts_what_it_gives_up(outbox: Outbox, merchant: Merchant, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lines, "WAITING_IN_PROCESS_MAX", 0)
    name = "kyc_request_log_lines_lost_total"
    before = REGISTRY.get_sample_value(name) or 0.0

    outbox.put(merchant.schema_name, a_line())

    assert REGISTRY.get_sample_value(name) == before + 1


def test_redis_keeps_the_newest_lines_when_no_worker_comes(outbox: Outbox, merchant: Merchant, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lines, "WAITING_IN_REDIS_MAX", 3)
    sent = [a_line() for _ in range(5)]
    for line in sent:
        outbox.put(merchant.schema_name, line)
    outbox.hand_over()

    assert oldest_lines(merchant.schema_name, 10) == sent[2:]


def test_a_schema_that_cannot_be_written_to_holds_up_nobody_else_and_loses_nothing(
    outbox: Outbox, merchant: Merchant, other_merchant: Merchant
):
    table = ApiRequest._meta.db_table
    for row in (merchant, other_merchant):
        outbox.put(row.schema_name, a_line())
    outbox.hand_over()
    with inside(merchant), connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO not_migrated_yet")

    log_requests()
    with inside(merchant), connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE not_migrated_yet RENAME TO {table}")

    assert (len(rows(merchant)), len(rows(other_merchant))) == (0, 1)
    log_requests()
    assert (len(rows(merchant)), len(rows(other_merchant))) == (1, 1)


def test_the_lines_of_a_merchant_that_was_closed_are_dropped(outbox: Outbox, merchant: Merchant):
    outbox.put(merchant.schema_name, a_line())
    outbox.hand_over()
    close_merchant(merchant=merchant, reason="test", actor=OPERATOR, at=datetime.now(UTC))

    log_requests()

    assert oldest_lines(merchant.schema_name, 10) == []
    assert merchant.schema_name.encode() not in redis_client().smembers(lines.SCHEMAS)


def test_rows_are_deleted_after_thirty_days(merchant: Merchant):
    now = datetime.now(UTC)
    ages = {"old": timedelta(days=30, minutes=1), "young": timedelta(days=29, hours=23)}
    with inside(merchant):
        for name, age in ages.items():
            ApiRequest.objects.create(
                request_id=name, at=now - age, key="kyc_test_ab", method="GET", route="/api/v1/customers", status=200, duration_ms=1
            )

        tidy(at=now, world_at=now)

    assert [row.request_id for row in rows(merchant)] == ["young"]
