"""The status read with an API key, against an empty Django view on the same server."""

from functools import partial

import requests

from benchmarks.harness import Baseline, Row, at_least, at_most, compare, row
from benchmarks.load import Plan, load
from benchmarks.merchants import a_caller
from benchmarks.processes import Web, serving

ONE, MANY, EMPTY = "status read with an API key", "status reads of 200 customers by turns", "an empty Django view"
CUSTOMERS = 200


def measure(rounds: int) -> list[Row]:
    """Compare the requests per second of one web process each.

    The statuses are cached, as those of customers who are polled are: one of them read again and again, and many by turns. The
    processor time that the process spends on a request is the steadier figure: another program that is at work on the machine makes
    both sides slower, but not equally.
    """
    spent: dict[str, list[float]] = {ONE: [], EMPTY: []}

    def rate(name: str, web: Web, plan: Plan) -> float:
        before = web.cpu_seconds()
        result = load(plan)
        spent.setdefault(name, []).append((web.cpu_seconds() - before) * 1e6 / result.requests)
        return result.requests_per_second

    with serving() as platform, serving("benchmarks.empty:application") as empty:
        caller = a_caller(platform.url)
        urls = [f"{platform.url}/api/v1/customers/{caller.register()}/kyc-status" for _ in range(CUSTOMERS)]
        for url in urls:
            requests.get(url, headers=caller.authorization, timeout=30).raise_for_status()
        theirs = Plan([f"{empty.url}/empty"])
        note = f"one process each, {theirs.connections} connections"
        baseline = Baseline(EMPTY, lambda: rate(EMPTY, empty, theirs), at_least(0.8))
        rows = []
        for name, asked in ((ONE, urls[:1]), (MANY, urls)):
            ours = Plan(asked, caller.authorization)
            rows += compare(name, partial(rate, name, platform, ours), [baseline], unit="requests/s", rounds=rounds, note=note)
    times = {name: figures[-rounds:] for name, figures in spent.items()}
    what = f"{ONE}: processor time of the web process"
    return [*rows, row(what, times[ONE], EMPTY, times[EMPTY], unit="µs a request", goal=at_most(1.25), note=note)]
