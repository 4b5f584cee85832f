"""What every request is counted by. Labels are routes with their placeholders, never ids."""

from functools import lru_cache

from prometheus_client import Counter

METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
REQUESTS = Counter("kyc_requests_total", "Requests answered", ["method", "route", "status"])


def count_request(method: str, route: str | None, status: int) -> None:
    """Count an answered request. A method that is none of HTTP's usual ones, which anybody can make up, has one label for all."""
    _counter(method if method in METHODS else "other", route or "none", status).inc()


@lru_cache(maxsize=1024)
def _counter(method: str, route: str, status: int) -> Counter:
    return REQUESTS.labels(method, route, str(status))
