"""What round trips went through: their results, how they are spread, how far the price ran while they were open."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kernel.instruments import Bars
from kernel.simulation.result import Trades

MOST_CLASSES: Final = 25
_STEPS: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0)
"""Widths of a class of results in percent; the narrowest is taken that needs no more than MOST_CLASSES."""


@dataclass(frozen=True, slots=True, eq=False)
class Excursions:
    """The highest and the lowest price while each trade was open, in ticks (int64[trades]), entry and exit included."""

    highest: NDArray[np.int64]
    lowest: NDArray[np.int64]

    def favourable(self, trades: Trades) -> NDArray[np.float64]:
        """How far above the entry each trade came, in percent of it (>= 0)."""
        return (self.highest / trades.entry_ticks - 1.0) * 100.0

    def adverse(self, trades: Trades) -> NDArray[np.float64]:
        """How far below the entry each trade fell, in percent of it (<= 0)."""
        return (self.lowest / trades.entry_ticks - 1.0) * 100.0


def excursions(trades: Trades, bars: Bars) -> Excursions:
    """Return the extremes of `bars` from each entry's bar to the one before the exit's, with both fills.

    The bar of an exit counts with its open only: the exit fills there.
    """
    if not len(trades):
        empty = np.empty(0, np.int64)
        return Excursions(empty, empty)
    edges = np.column_stack((trades.entry_bar, trades.exit_bar)).ravel()
    fills = (trades.entry_ticks, trades.exit_ticks)
    return Excursions(
        highest=np.maximum.reduce((np.maximum.reduceat(bars.high, edges)[::2], *fills)),
        lowest=np.minimum.reduce((np.minimum.reduceat(bars.low, edges)[::2], *fills)),
    )


def results(trades: Trades) -> NDArray[np.float64]:
    """Return the result of each trade after fees, in percent of what it cost."""
    return trades.profit / trades.invested * 100.0


@dataclass(frozen=True, slots=True)
class ResultClass:
    """Trades with a result in percent of at least `low` and below `high`."""

    low: float
    high: float
    count: int


def distribution(percents: NDArray[np.float64]) -> tuple[ResultClass, ...]:
    """Return how results (percent) are spread, in classes of equal width with an edge at zero; () without any."""
    if not len(percents):
        return ()
    least, most = float(percents.min()), float(percents.max())
    for step in _STEPS:
        first, last = int(np.floor(least / step)), int(np.floor(most / step))
        if last - first < MOST_CLASSES:
            break
    last = min(last, first + MOST_CLASSES - 1)
    places = np.clip(np.floor(percents / step).astype(np.int64) - first, 0, last - first)
    counts = np.bincount(places, minlength=last - first + 1).tolist()
    edges = [round((first + place) * step, 1) for place in range(len(counts) + 1)]
    return tuple(ResultClass(low, high, count) for low, high, count in zip(edges, edges[1:], counts, strict=False))
