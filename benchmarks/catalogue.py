"""What is measured, in the order of the table. A new benchmark is a module with `measure(rounds: int) -> list[Row]` and a line here."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from benchmarks.harness import Row


@dataclass(frozen=True)
class Benchmark:
    """A module of this package, how many rounds it needs for a steady median, and what it shows."""

    module: str
    rounds: int
    shows: str

    def load(self) -> Callable[[int], list[Row]]:
        """Import the module and return its `measure`. Django must be set up: the modules use the houses."""
        measure: Callable[[int], list[Row]] = import_module(f"benchmarks.{self.module}").measure
        return measure


BENCHMARKS = {
    "status": Benchmark("status_read", 7, "the status read, against an empty Django view"),
    "reads": Benchmark("reads", 7, "an authenticated one-row read and an ordinary endpoint, against the naive stack"),
    "opening": Benchmark("opening", 7, "opening a merchant, at 1 and at 200 merchants, and asking which are behind"),
    "webhooks": Benchmark("webhooks", 5, "webhooks from the claim to the record"),
    "hostile": Benchmark("hostile", 3, "10,000 webhooks of fifty merchants, five of them hostile: what the others notice, and the memory"),
    "submission": Benchmark("submission", 9, "a document of 10 MB as base64 in JSON: time and memory"),
    "sealing": Benchmark("sealing", 15, "seal, hash and store 2 MB, against a bare S3 put"),
    "end_to_end": Benchmark("end_to_end", 3, "customers verified per second, and where the time goes"),
}
