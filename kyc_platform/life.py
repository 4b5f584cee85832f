"""Signs of life of the programs that nobody can ask over HTTP: worker, sender and scheduler say in Redis, every few seconds, that they run.

Each sign is shown by the program's own main loop, not by a task: a program is then not held for dead because another one is.
"""

import logging
import time
from collections.abc import Iterable
from typing import Any

import redis
from celery import bootsteps
from celery.beat import PersistentScheduler, SchedulingError
from django.conf import settings

from kyc_platform.redis_breaker import breaker_of
from kyc_platform.redis_client import redis_client

logger = logging.getLogger(__name__)

SIGNS = "platform:life"
SIGN_SECONDS = 5.0
SCHEDULER = "scheduler"
# Every program there is, by the queue that it takes from; one that takes from both is both.
PROGRAM_OF_QUEUE = {settings.CELERY_TASK_DEFAULT_QUEUE: "worker", settings.WEBHOOK_QUEUE: "sender"}
PROGRAMS = (*PROGRAM_OF_QUEUE.values(), SCHEDULER)

# Redis' own clock, so that machines need not agree on the time. KEYS: the signs. ARGV: programs.
SHOW = """
local clock = redis.call('TIME')
for _, program in ipairs(ARGV) do redis.call('HSET', KEYS[1], program, clock[1] .. '.' .. string.format('%06d', clock[2])) end
"""


def show_life(programs: Iterable[str]) -> None:
    """Note that these programs run. While Redis is away there is nobody to tell."""
    try:
        redis_client().eval(SHOW, 1, SIGNS, *programs)
    except redis.RedisError:
        logger.debug("no sign of life")


def seconds_since_life() -> dict[str, float | None]:
    """Return how long ago each kind of program showed life, on whatever machine; None: never, or Redis forgot. Raises redis.RedisError."""
    pipe = redis_client().pipeline(transaction=False)
    pipe.time()
    pipe.hgetall(SIGNS)
    (seconds, microseconds), signs = pipe.execute()
    now = seconds + microseconds / 1e6
    last = {program: signs.get(program.encode()) for program in PROGRAMS}
    return {program: None if sign is None else round(now - float(sign), 1) for program, sign in last.items()}


class ShowsLife(bootsteps.StartStopStep):
    """The part of a worker that shows its life: from the loop that takes messages, so while it has a connection to the broker."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **options: Any) -> None:
        self.entry: Any = None
        super().__init__(consumer, **options)

    def start(self, consumer: Any) -> None:
        """Show it at once and then every few seconds."""
        programs = [PROGRAM_OF_QUEUE[name] for name in consumer.app.amqp.queues.consume_from if name in PROGRAM_OF_QUEUE]
        show_life(programs)
        self.entry = consumer.timer.call_repeatedly(SIGN_SECONDS, show_life, (programs,))

    def stop(self, consumer: Any) -> None:
        """Show it no more."""
        if self.entry is not None:
            self.entry.cancel()
            self.entry = None

    shutdown = stop


class Scheduler(PersistentScheduler):
    """Celery's scheduler, which shows its life as it goes round, and rings at nobody while Redis is away."""

    shown_at = 0.0

    def tick(self, *args: Any, **options: Any) -> float:
        """Do what is due, after a sign of life when the last one is old."""
        now = time.monotonic()
        if now - self.shown_at >= SIGN_SECONDS:
            self.shown_at = now
            show_life([SCHEDULER])
        return float(super().tick(*args, **options))

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Send what is due. While Redis is away it comes with its next turn, without a page of trace each second."""
        if not breaker_of(settings.CELERY_BROKER_URL).is_away:
            super().apply_entry(entry, producer=producer)

    def apply_async(self, *args: Any, **options: Any) -> Any:
        """Publish one message. Raises SchedulingError, of which the caller makes a line of the log."""
        try:
            return super().apply_async(*args, **options)
        except SchedulingError:
            breaker_of(settings.CELERY_BROKER_URL).note_away()
            raise
