"""What a load balancer and an operator ask: does the process live, can it work, what has it done."""

from collections.abc import Callable

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from kyc_platform.redis_client import redis_client
from kyc_platform.requests.problems import only
from kyc_platform.storage.objects import is_reachable
from kyc_platform.urls.background import background_registry, background_state


@only("GET", "HEAD")
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200: the process takes requests. Asks nothing else, so that a dead database does not get web processes killed."""
    return JsonResponse({"status": "ok"})


@only("GET", "HEAD")
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when every dependency can be reached, else 503, with the state of each; and what the programs behind this one are doing.

    Those never change the status: a worker that is dead is no reason to send nobody to a web process that works.
    """
    states = {name: "ok" if probe() else "unreachable" for name, probe in PROBES.items()}
    is_ready = all(state == "ok" for state in states.values())
    background = background_state()
    told = {
        "status": "ready" if is_ready else "not_ready",
        "dependencies": states,
        "background": None if background is None else background.told(),
    }
    return JsonResponse(told, status=200 if is_ready else 503)


@only("GET", "HEAD")
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer in Prometheus' text format: the sum over this machine's processes where they share a folder, else this process alone.

    No label holds a merchant's or a customer's id.
    """
    counted: CollectorRegistry = REGISTRY
    if settings.METRICS_FOLDER is not None:
        counted = CollectorRegistry()
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
    return HttpResponse(generate_latest(counted) + generate_latest(background_registry()), content_type=CONTENT_TYPE_LATEST)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _redis() -> bool:
    try:
        return bool(redis_client().ping())
    except redis.RedisError:
        return False


PROBES: dict[str, Callable[[], bool]] = {"database": _database, "redis": _redis, "storage": is_reachable}
