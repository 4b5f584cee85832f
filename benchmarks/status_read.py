"""The status read with an API key, against an empty Django view on the same server."""

from benchmarks.harness import Baseline, Row, at_least, at_most, compare, row
from benchmarks.load import Plan, load
from benchmarks.merchants import a_caller
from benchmarks.processes import Web, serving

WHAT, EMPTY = "status read with an API key", "an empty Django view"


def measure(rounds: int) -> list[Row]:
    """Compare the requests per second of one web process each, and the processor time that it spends on one.

    The customer's status is cached, as that of a customer who is polled is. The processor time is the steadier figure of the two:
    another program that is at work on the machine makes both sides slower, but the one that talks to Redis more.
    """
    spent: dict[str, list[float]] = {WHAT: [], EMPTY: []}

    def rate(name: str, web: Web, plan: Plan) -> float:
        before = web.cpu_seconds()
        result = load(plan)
        spent[name].append((web.cpu_seconds() - before) * 1e6 / result.requests)
        return result.requests_per_second

    with serving() as platform, serving("benchmarks.empty:application") as empty:
        caller = a_caller(platform.url)
        ours = Plan(f"{platform.url}/api/v1/customers/{caller.register()}/kyc-status", caller.authorization)
        theirs = Plan(f"{empty.url}/empty")
        baseline = Baseline(EMPTY, lambda: rate(EMPTY, empty, theirs), at_least(0.8))
        note = f"one process each, {ours.connections} connections"
        rates = compare(WHAT, lambda: rate(WHAT, platform, ours), [baseline], unit="requests/s", rounds=rounds, note=note)
    times = {name: figures[-rounds:] for name, figures in spent.items()}
    what = f"{WHAT}: processor time of the web process"
    return [*rates, row(what, times[WHAT], EMPTY, times[EMPTY], unit="µs a request", goal=at_most(1.25), note=note)]
