"""Measuring two or more things against each other: interleaved rounds, so that a machine's moods meet all of them alike.

The figure of a comparison is the median of the ratios of the rounds, and its spread is their smallest and largest: the ratio of
two medians would compare moments that never met.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Self

Measure = Callable[[], float]  # one measurement: does the work and returns its figure, in the unit of the comparison

HEADINGS = ("what", "baseline", "ratio", "spread", "to reach", "", "here", "baseline here", "rounds", "note")


@dataclass(frozen=True)
class Goal:
    """What a ratio has to be: at least `limit`, or at most when it `is_ceiling`."""

    limit: float
    is_ceiling: bool = False

    def is_reached_by(self, ratio: float) -> bool:
        """Tell whether the ratio is good enough."""
        return ratio <= self.limit if self.is_ceiling else ratio >= self.limit

    def __str__(self) -> str:
        return f"{'≤' if self.is_ceiling else '≥'} {self.limit:g}"


def at_least(limit: float) -> Goal:
    """Return the goal for a ratio of rates."""
    return Goal(limit)


def at_most(limit: float) -> Goal:
    """Return the goal for a ratio of times or sizes."""
    return Goal(limit, is_ceiling=True)


@dataclass(frozen=True)
class Baseline:
    """What something is compared with. Without a goal the comparison is only reported."""

    name: str
    measure: Measure
    goal: Goal | None = None


@dataclass(frozen=True)
class Row:
    """One line of the table. `ours` and `theirs` are medians in `unit`; a figure without a baseline has no ratio."""

    what: str
    unit: str
    ours: float
    rounds: int
    baseline: str = ""
    theirs: float | None = None
    ratio: float | None = None
    spread: tuple[float, float] | None = None
    goal: Goal | None = None
    note: str = ""

    @property
    def is_reached(self) -> bool | None:
        """Tell whether the goal is reached; None when there is none."""
        return None if self.goal is None or self.ratio is None else self.goal.is_reached_by(self.ratio)

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, members: Mapping[str, Any]) -> Self:
        """Return the row that `to_json` was called on."""
        goal, spread = members["goal"], members["spread"]
        return cls(**{**members, "goal": Goal(**goal) if goal else None, "spread": tuple(spread) if spread else None})


def ms_each(work: Callable[[], object], times: int = 1) -> float:
    """Do something several times in a row and return the milliseconds that it took each time."""
    began = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - began) * 1000 / times


def interleave(measures: Mapping[str, Measure], *, rounds: int, warm_ups: int = 1) -> dict[str, list[float]]:
    """Run each measure once a round and return its figures in the order of the rounds, without those of the warm-ups.

    Every other round goes through them backwards, so that none always comes after the same one.
    """
    figures: dict[str, list[float]] = {name: [] for name in measures}
    for number in range(-warm_ups, rounds):
        order = list(measures.items())
        for name, measure in order if number % 2 == 0 else reversed(order):
            figure = measure()
            if number >= 0:
                figures[name].append(figure)
    return figures


def compare(
    what: str, measure: Measure, baselines: Sequence[Baseline], *, unit: str, rounds: int, warm_ups: int = 1, note: str = ""
) -> list[Row]:
    """Measure one thing against its baselines and return a row for each of these. The figures are rates, times or sizes in `unit`."""
    figures = interleave({what: measure} | {b.name: b.measure for b in baselines}, rounds=rounds, warm_ups=warm_ups)
    return [row(what, figures[what], b.name, figures[b.name], unit=unit, goal=b.goal, note=note) for b in baselines]


def row(
    what: str, ours: Sequence[float], baseline: str, theirs: Sequence[float], *, unit: str, goal: Goal | None = None, note: str = ""
) -> Row:
    """Return the row of figures that were taken in the same rounds."""
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    spread = (min(ratios), max(ratios))
    return Row(what, unit, median(ours), len(ratios), baseline, median(theirs), median(ratios), spread, goal, note)


def report(what: str, figures: Sequence[float], *, unit: str, note: str = "") -> Row:
    """Return the row of something that is measured alone. Its spread is that of the figures, as parts of their median."""
    middle = median(figures)
    return Row(what, unit, middle, len(figures), spread=(min(figures) / middle, max(figures) / middle), note=note)


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = [HEADINGS, tuple("---" for _ in HEADINGS), *(_cells(row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.what,
        row.baseline,
        "" if row.ratio is None else f"**{row.ratio:.3g}**",
        "" if row.spread is None else f"{row.spread[0]:.3g} to {row.spread[1]:.3g}",
        "" if row.goal is None else str(row.goal),
        {None: "", True: "reached", False: "**missed**"}[row.is_reached],
        f"{row.ours:,.4g} {row.unit}",
        "" if row.theirs is None else f"{row.theirs:,.4g} {row.unit}",
        str(row.rounds),
        row.note,
    )
