"""Jobs: asked for by name, on commit, with ids only; run inside the schema they were asked for in.

The database is the queue's truth and the broker only a doorbell: whatever a job does is also due in a row that the sweep finds,
so a message may be lost, doubled or late. That is why nothing here retries or waits in Celery.
"""

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import redis
from celery import Task
from django.conf import settings
from django.db import close_old_connections, transaction
from django.utils.module_loading import import_string
from kombu.exceptions import OperationalError

from kyc_platform.celery import app
from kyc_platform.redis_breaker import breaker_of
from kyc_platform.redis_client import redis_client
from kyc_platform.schema import current_schema

logger = logging.getLogger(__name__)

Body = Callable[..., None]


class TaskWithoutSchema(RuntimeError):
    """A task of a merchant was sent without saying whose. It is refused: it never runs in `public`."""


class SchemaTask(Task[Any, None]):
    """The base of every task: runs a merchant's task in its schema, and anything else only when it is declared as the platform's."""

    is_of_platform = False

    def __call__(self, *args: Any, schema: str | None = None, **ids: Any) -> None:
        """Run the body, in the schema named by the message. Raises TaskWithoutSchema. The schema is left again whatever happens.

        One line is written when it ends: for whom, with which ids, how long it took, and of an exception the type and the places only.
        """
        began = time.perf_counter()
        told: dict[str, Any] = {"task": self.name, "task_id": self.request.id, "schema": schema or "public", "ids": ids}
        close_old_connections()
        try:
            if self.is_of_platform:
                self.run(**ids)
            elif not schema or args:
                raise TaskWithoutSchema(f"{self.name} was sent without a schema")
            else:
                with import_string(settings.SCHEMA_ENTRY)(schema):
                    self.run(**ids)
        except Exception:
            logger.exception("task failed", extra=told)
            raise
        else:
            level = logging.DEBUG if self.is_of_platform else logging.INFO  # the platform's own run every second
            logger.log(level, "task done", extra=told | {"duration_ms": round((time.perf_counter() - began) * 1000, 1)})
        finally:
            close_old_connections()


def tenant_task(name: str) -> Callable[[Body], Body]:
    """Register the body of a merchant's task. It takes keyword ids, and `**_` for arguments that a newer web process added."""

    def register(body: Body) -> Body:
        app.task(name=name)(body)
        return body

    return register


def platform_task(name: str) -> Callable[[Body], Body]:
    """Register the body of a task that works across merchants; it starts in `public` and enters schemas itself."""

    def register(body: Body) -> Body:
        app.task(name=name, is_of_platform=True)(body)
        return body

    return register


def enqueue_on_commit(name: str, **ids: int | str) -> None:
    """Ask for a task of the current merchant once the present transaction has committed.

    A broker that cannot be reached is logged and does not fail the caller: the row that the task is about is due anyway.
    """
    transaction.on_commit(partial(ring, name, current_schema(), **ids), robust=True)


def enqueue_once_on_commit(name: str) -> None:
    """Ask on commit for a task that does whatever is due, unless the same one is waiting already.

    The body calls `doorbell_answered(name)` first, so that work which arrives while it runs rings again.
    """
    schema = current_schema()

    def ring_once() -> None:
        try:
            if redis_client().set(_doorbell_key(name, schema), b"1", nx=True, ex=DOORBELL_SECONDS):
                ring(name, schema)
        except redis.RedisError:
            logger.warning("doorbell unreachable", extra={"task": name})

    transaction.on_commit(ring_once, robust=True)


DOORBELL_SECONDS = 10


def doorbell_answered(name: str) -> None:
    """Let the next `enqueue_once_on_commit` of this merchant ring again."""
    try:
        redis_client().delete(_doorbell_key(name, current_schema()))
    except redis.RedisError:
        logger.warning("doorbell unreachable", extra={"task": name})


def ring(name: str, schema: str, **ids: int | str) -> None:
    """Send a merchant's task to the broker now. A broker that cannot be reached is logged; the sweep makes it good."""
    breaker = breaker_of(settings.CELERY_BROKER_URL)
    try:
        breaker.require_there()
        app.send_task(name, kwargs={**ids, "schema": schema})
    except (OperationalError, redis.RedisError, OSError):
        breaker.note_away()
        logger.warning("queue unreachable, the sweep will find the work", extra={"task": name})


def _doorbell_key(name: str, schema: str) -> str:
    return f"doorbell:{schema}:{name}"
