"""Drawings of the trades of a back-test as plain SVG values: how results are spread, how far prices ran."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np

from apps.core.templatetags.ui import signed_percent
from apps.trading.backtests.outcome import StoredOutcome
from kernel.simulation import distribution, results

WIDTH: Final = 100
SPREAD_HEIGHT: Final = 40
SCATTER_HEIGHT: Final = 60
MOST_DOTS: Final = 1_000
_GAP: Final = 0.15


@dataclass(frozen=True, slots=True)
class SpreadBar:
    """One class of results, drawn in a box of 100 × 40; `tone` is up or down."""

    x: str
    y: str
    width: str
    height: str
    tone: str
    text: str


@dataclass(frozen=True, slots=True)
class Spread:
    """How the results of trades are spread."""

    bars: Sequence[SpreadBar]
    zero: str
    least: str
    most: str
    summary: str


@dataclass(frozen=True, slots=True)
class Dot:
    """One trade, drawn in a box of 100 × 60; `tone` is up or down."""

    x: str
    y: str
    tone: str


@dataclass(frozen=True, slots=True)
class Scatter:
    """How far the price fell (across) and rose (upwards) while trades were open."""

    dots: Sequence[Dot]
    across: str
    upwards: str
    summary: str


def spread_of(stored: StoredOutcome) -> Spread | None:
    """Return how the results of the closed trades are spread, None without any."""
    classes = distribution(results(stored.trades))
    if not classes:
        return None
    step, tallest = WIDTH / len(classes), max(item.count for item in classes)
    bars = []
    for place, item in enumerate(classes):
        height = SPREAD_HEIGHT * item.count / tallest
        text = f"{_percent(item.low)} to {_percent(item.high)}: {item.count}"
        bars.append(
            SpreadBar(
                x=f"{(place + _GAP / 2) * step:.2f}",
                y=f"{SPREAD_HEIGHT - height:.2f}",
                width=f"{(1 - _GAP) * step:.2f}",
                height=f"{height:.2f}",
                tone="down" if item.low < 0 else "up",
                text=text,
            )
        )
    least, most = classes[0].low, classes[-1].high
    zero = min(max((0 - least) / (most - least), 0.0), 1.0) * WIDTH
    widest = max(classes, key=lambda item: item.count)
    summary = (
        f"Results of {len(stored.trades)} trades from {_percent(least)} to {_percent(most)}; "
        f"most, {widest.count}, lie between {_percent(widest.low)} and {_percent(widest.high)}."
    )
    return Spread(bars, f"{zero:.2f}", _percent(least), _percent(most), summary)


def scatter_of(stored: StoredOutcome) -> Scatter | None:
    """Return how far the price fell and rose while each of the newest trades was open; None where it is not known."""
    reached, count = stored.excursions, len(stored.trades)
    if reached is None or not count:
        return None
    shown = slice(max(0, count - MOST_DOTS), count)
    worst = -reached.adverse(stored.trades)[shown]
    best = reached.favourable(stored.trades)[shown]
    wide, high = max(float(np.max(worst)), 0.01), max(float(np.max(best)), 0.01)
    won = (stored.trades.profit[shown] > 0).tolist()
    dots = [
        Dot(f"{fall / wide * WIDTH:.2f}", f"{(1 - rise / high) * SCATTER_HEIGHT:.2f}", "up" if gained else "down")
        for fall, rise, gained in zip(worst.tolist(), best.tolist(), won, strict=True)
    ]
    summary = (
        f"{len(dots)} trades by their worst moment, down to {_percent(-wide)}, and their best, up to {_percent(high)}."
    )
    return Scatter(dots, _percent(-wide), _percent(high), summary)


def _percent(value: float) -> str:
    return signed_percent(Decimal(repr(value)), 1)
