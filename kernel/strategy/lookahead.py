"""Whether a strategy knows the future: its signals on a history that ends earlier must be those of the longer one."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernel.instruments import Bars
from kernel.strategy.compiler import CompiledStrategy, HistorySignals


@dataclass(frozen=True, slots=True)
class Leak:
    """A signal that changed when later bars became known: which, on which bar, with how many bars known."""

    signal: str
    bar: int
    known: int


def find_lookahead(compiled: CompiledStrategy, bars: Bars, cuts: int = 12) -> list[Leak]:
    """Return the signals up to t that change with what comes after t: none, unless an element looks ahead.

    The strategy is run over `bars` and over `cuts` shorter histories that begin alike and end between the warm-up and
    the end; the first difference of each signal in each is returned.
    """
    whole = _columns(compiled.history(bars))
    first = min(compiled.warm_up + 1, len(bars))
    leaks = []
    for known in sorted({int(place) for place in np.linspace(first, len(bars), cuts + 1)[:-1]}):
        for name, column in _columns(compiled.history(bars[:known])).items():
            changed = np.flatnonzero(column[:known] != whole[name][:known])
            if len(changed):
                leaks.append(Leak(name, int(changed[0]), known))
    return leaks


def _columns(signals: HistorySignals) -> dict[str, NDArray[np.int64]]:
    named: dict[str, NDArray[Any]] = {"entry": signals.entry, "exit": signals.exit}
    named.update({f"more[{place}]": column for place, column in enumerate(signals.more)})
    named.update({f"range over {bars} bars": column for bars, column in signals.ranges.items()})
    return {name: column.astype(np.int64) for name, column in named.items()}
