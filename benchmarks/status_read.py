"""The status read with an API key, against an empty Django view on the same server."""

from benchmarks.harness import Baseline, Row, at_least, compare
from benchmarks.load import Plan, load
from benchmarks.merchants import a_caller
from benchmarks.processes import serving


def measure(rounds: int) -> list[Row]:
    """Compare the requests per second of one web process each. The customer's status is cached, as that of a polled one is."""
    with serving() as platform, serving("benchmarks.empty:application") as empty:
        caller = a_caller(platform.url)
        url = f"{platform.url}/api/v1/customers/{caller.register()}/kyc-status"
        return compare(
            "status read with an API key",
            lambda: load(Plan(url, caller.authorization)).requests_per_second,
            [Baseline("an empty Django view", lambda: load(Plan(f"{empty.url}/empty")).requests_per_second, at_least(0.8))],
            unit="requests/s",
            rounds=rounds,
            note="one process each, 8 connections",
        )
