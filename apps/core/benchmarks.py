"""The one benchmark harness. A figure stands beside a reference that was measured in the same run."""

import gc
import json
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

ROUNDS = 5


@dataclass(frozen=True)
class Row:
    """One line of the table; `ratio` is figure ÷ reference figure."""

    bench: str
    case: str
    figure: float
    unit: str
    reference: str
    reference_figure: float

    @property
    def ratio(self) -> float:
        """Return how many times the reference the figure is."""
        return self.figure / self.reference_figure if self.reference_figure else 0.0

    def to_dict(self) -> dict[str, object]:
        """Return the row with its ratio."""
        return {**asdict(self), "ratio": self.ratio}


Bench = Callable[[], Iterable[Row]]
_benches: dict[str, Bench] = {}


def benchmark(name: str) -> Callable[[Bench], Bench]:
    """Register a benchmark; it checks its answers before it times anything."""

    def register(function: Bench) -> Bench:
        _benches[name] = function
        return function

    return register


def registered() -> dict[str, Bench]:
    """Return all benchmarks by name."""
    return dict(sorted(_benches.items()))


def cpu_seconds(function: Callable[[], object], *, rounds: int = ROUNDS) -> float:
    """Return the median CPU time (user + system, this process) of `rounds` calls, in seconds."""
    return _median(function, time.process_time, rounds)


def wall_seconds(function: Callable[[], object], *, rounds: int = ROUNDS) -> float:
    """Return the median wall time of `rounds` calls, for work whose cost is waiting, in seconds."""
    return _median(function, time.perf_counter, rounds)


def _median(function: Callable[[], object], clock: Callable[[], float], rounds: int) -> float:
    figures = []
    gc.collect()
    for _ in range(rounds):
        before = clock()
        function()
        figures.append(clock() - before)
    return statistics.median(figures)


def as_table(rows: Iterable[Row]) -> str:
    """Return the rows as a text table."""
    lines = [f"{'bench':<14} {'case':<44} {'figure':>12} {'unit':<10} {'reference':<34} {'figure':>12} {'ratio':>9}"]
    lines += [
        f"{row.bench:<14} {row.case:<44} {row.figure:>12.5g} {row.unit:<10} {row.reference:<34} "
        f"{row.reference_figure:>12.5g} {row.ratio:>9.3g}"
        for row in rows
    ]
    return "\n".join(lines)


def as_json(rows: Iterable[Row]) -> str:
    """Return the rows as JSON."""
    return json.dumps([row.to_dict() for row in rows], indent=1)
