"""Reads that reach PostgreSQL, against the naive stack's read of the same row on the same server."""

from benchmarks.harness import Baseline, Row, at_least, compare
from benchmarks.load import Plan, load
from benchmarks.merchants import a_caller
from benchmarks.processes import serving

NAIVE = "benchmarks.naive.wsgi:application"
NAIVE_ENVIRONMENT = {"DJANGO_SETTINGS_MODULE": "benchmarks.naive.settings"}


def measure(rounds: int) -> list[Row]:
    """Compare the requests per second of one web process each."""
    with serving() as platform, serving(NAIVE, environment=NAIVE_ENVIRONMENT) as naive:
        caller = a_caller(platform.url, "customers:read", "customers:write")
        path = f"/customers/{caller.register()}"

        def rate(url: str) -> float:
            return load(Plan([url], caller.authorization)).requests_per_second

        def row(what: str, url: str, goal: float) -> list[Row]:
            baseline = Baseline("the naive stack, reading the customer", lambda: rate(f"{naive.url}{path}"), at_least(goal))
            return compare(what, lambda: rate(url), [baseline], unit="requests/s", rounds=rounds, note="one process each, 8 connections")

        return [
            *row("authenticated read of one customer's status", f"{platform.url}/api/v1{path}/kyc-status", 5),
            *row("an ordinary DRF endpoint: the customer, without `pii:read`", f"{platform.url}/api/v1{path}", 2.2),
        ]
