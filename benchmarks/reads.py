"""Reads that reach PostgreSQL, against the naive stack's read of the same row on the same server."""

from benchmarks.harness import Baseline, Row, at_least, compare
from benchmarks.load import Plan, load
from benchmarks.merchants import a_caller
from benchmarks.processes import serving
from benchmarks.status_read import PLATFORM

NAIVE = "benchmarks.naive.wsgi:application"
NAIVE_ENVIRONMENT = {"DJANGO_SETTINGS_MODULE": "benchmarks.naive.settings"}


def measure(rounds: int) -> list[Row]:
    """Compare the requests per second of one web process each."""
    with serving(PLATFORM) as platform, serving(NAIVE, environment=NAIVE_ENVIRONMENT) as naive:
        caller = a_caller(platform, "customers:read", "customers:write")
        customer_id = caller.register()

        def rate(url: str) -> float:
            return load(Plan(url, caller.authorization)).requests_per_second

        return compare(
            "an ordinary endpoint: one customer",
            lambda: rate(f"{platform}/api/v1/customers/{customer_id}"),
            [Baseline("the naive stack", lambda: rate(f"{naive}/customers/{customer_id}"), at_least(2.2))],
            unit="requests/s",
            rounds=rounds,
            note="one process each, 8 connections; the key has no `pii:read`",
        )
