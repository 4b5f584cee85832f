"""What the programs behind the web processes are doing, for a monitor: when they last showed life, how late they are, what waits."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import redis
from django.conf import settings
from django.utils import timezone
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from kyc_platform.due import Overdue, overdue
from kyc_platform.life import seconds_since_life
from kyc_platform.redis_client import redis_client


@dataclass(frozen=True)
class BackgroundState:
    """One look at all of it. `seconds_since_life` is None for a program that never showed any."""

    seconds_since_life: dict[str, float | None]
    overdue: Overdue
    waiting: dict[str, int]

    def told(self) -> dict[str, Any]:
        """Return it as `/readyz` tells it."""
        return {
            "seconds_since_life": self.seconds_since_life,
            "overdue_seconds": self.overdue.seconds,
            "overdue_merchants": self.overdue.merchants,
        }


def background_state() -> BackgroundState | None:
    """Look once, at a cost that no number of merchants or customers changes. None while Redis, which knows it, is away."""
    try:
        waiting = {queue.name: int(redis_client().llen(queue.name)) for queue in settings.CELERY_TASK_QUEUES}
        return BackgroundState(seconds_since_life(), overdue(timezone.now()), waiting)
    except redis.RedisError:
        return None


class BackgroundCollector(Collector):
    """The same as gauges, looked up at each scrape; none of them while Redis is away."""

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges."""
        state = background_state()
        if state is None:
            return
        life = {program: seconds for program, seconds in state.seconds_since_life.items() if seconds is not None}
        yield _gauge("kyc_program_silent_seconds", "Seconds since a program of this kind last showed life", "program", life.items())
        yield _gauge("kyc_queue_messages", "Messages that wait in a queue", "queue", state.waiting.items())
        yield GaugeMetricFamily("kyc_overdue_seconds", "For how long the oldest work of any merchant has been due", state.overdue.seconds)
        yield GaugeMetricFamily("kyc_overdue_merchants", "Merchants with work that is due now", state.overdue.merchants)


def _gauge(name: str, documentation: str, label: str, values: Iterable[tuple[str, float]]) -> Metric:
    gauge = GaugeMetricFamily(name, documentation, labels=[label])
    for value_of, value in values:
        gauge.add_metric([value_of], value)
    return gauge


def background_registry() -> CollectorRegistry:
    """Return a registry that holds these gauges alone."""
    registry = CollectorRegistry()
    registry.register(BackgroundCollector())
    return registry
