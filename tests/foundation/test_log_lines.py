"""What stands in a log line: for whom and under which id something was done; and of an exception never its text."""

import io
import json
import logging
import logging.config
import select
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client

from kyc_platform.background import SchemaTask, TaskWithoutSchema
from kyc_platform.celery import app
from kyc_platform.observability.logs import JsonLines, logging_config
from tenants.merchants.models import Merchant
from tests.fixtures.merchants import a_key

SECRET_TEXT = "Key (name)=(Anna Maria Eriksson) already exists"


class FailingTask(SchemaTask):
    name = "tests.failing"

    def run(self, **ids: Any) -> None:
        raise IntegrityError(SECRET_TEXT)


@pytest.fixture
def failing() -> Iterator[SchemaTask]:
    """The task, known to Celery for as long as the test takes."""
    yield app.register_task(FailingTask())
    del app.tasks[FailingTask.name]


class Log:
    """What is written to the log file meanwhile."""

    def __init__(self) -> None:
        self.written = io.StringIO()

    def lines(self, logger: str) -> list[dict[str, Any]]:
        """Return the lines of one logger."""
        found = [json.loads(line) for line in self.written.getvalue().splitlines()]
        return [line for line in found if line["logger"] == logger]


@pytest.fixture
def log() -> Iterator[Log]:
    """The log of a test, formatted as the platform's is."""
    log = Log()
    handler = logging.StreamHandler(log.written)
    handler.setFormatter(logging.config.DictConfigurator({"version": 1}).configure_formatter(logging_config("INFO")["formatters"]["json"]))
    logging.getLogger().addHandler(handler)
    yield log
    logging.getLogger().removeHandler(handler)


def test_a_failed_task_is_logged_with_its_merchant_and_ids_and_without_the_words_of_the_error(
    failing: SchemaTask, merchant: Merchant, log: Log
) -> None:
    with pytest.raises(IntegrityError):
        failing(schema=merchant.schema_name, verification_pk=17)

    (line,) = log.lines("kyc_platform.background")
    told = {name: line[name] for name in ("event", "level", "task", "schema", "ids", "error")}
    assert told == {
        "event": "task failed",
        "level": "error",
        "task": "tests.failing",
        "schema": merchant.schema_name,
        "ids": {"verification_pk": 17},
        "error": "IntegrityError",
    }
    assert any(place.endswith(" run") for place in line["trace"])
    assert "Anna" not in json.dumps(line)


def test_a_task_without_a_schema_is_refused_and_that_is_logged(failing: SchemaTask, log: Log) -> None:
    with pytest.raises(TaskWithoutSchema):
        failing(verification_pk=17)

    assert [(line["event"], line["schema"], line["error"]) for line in log.lines("kyc_platform.background")] == [
        ("task failed", "public", "TaskWithoutSchema")
    ]


def test_celery_itself_writes_no_exception(settings: Any) -> None:
    assert settings.LOGGING["loggers"]["celery.app.trace"] == {"level": "CRITICAL"}
    assert not logging.getLogger("celery.app.trace").isEnabledFor(logging.ERROR)


def test_a_request_is_logged_with_its_merchant(merchant: Merchant, client: Client, log: Log) -> None:
    answer = client.get("/api/v1/customers/nobody", headers={"Authorization": f"Api-Key {a_key(merchant.sandbox)}"})

    (line,) = log.lines("kyc_platform.requests")
    assert (line["schema"], line["merchant"]) == (merchant.sandbox.schema_name, merchant.sandbox.public_id)
    assert (line["request_id"], line["status"]) == (answer.headers["Request-Id"], 404)
    assert "nobody" not in json.dumps(line)


def test_a_request_of_nobody_is_logged_as_public(client: Client, log: Log) -> None:
    client.get("/healthz")

    (line,) = log.lines("kyc_platform.requests")
    assert line["schema"] == "public" and "merchant" not in line


def test_a_line_of_a_deep_exception_fits_into_one_write_of_a_pipe():
    def fall(depth: int) -> None:
        if depth == 0:
            raise ValueError("a value")
        fall(depth - 1)

    try:
        fall(200)
    except ValueError:
        record = logging.LogRecord("a.logger", logging.ERROR, __file__, 1, "unhandled", (), sys.exc_info())
    line = JsonLines().format(record)

    assert len(line.encode()) < select.PIPE_BUF
    assert json.loads(line)["trace"][-1].endswith("fall")
