"""Curves for drawing: few points, and none of the extremes lost."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

_UNIT = Decimal("0.00000001")


@dataclass(frozen=True, slots=True)
class Sampled:
    """Points of the curves: Unix ms, equity and holding in quote, both drawdowns in percent (zero or negative)."""

    ts: list[int]
    equity: list[Decimal]
    holding: list[Decimal]
    drawdown: list[Decimal]
    holding_drawdown: list[Decimal]


def drawdown_of(equity: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return equity ÷ highest equity so far − 1 for each point (zero or negative)."""
    peak = np.maximum(np.maximum.accumulate(equity), 1) if len(equity) else equity
    fall: NDArray[np.float64] = (equity - peak) / peak
    return fall


def sample(series: dict[str, NDArray[np.int64]], points: int) -> Sampled:
    """Return at most `points` (>= 4) points of a result's series.

    The first and the last candle are always there; each stretch between gives its highest equity and its deepest
    drawdown, so neither the peak nor the worst fall is smoothed away.
    """
    equity, holding = series["equity"], series["holding"]
    fall, holding_fall = drawdown_of(equity), drawdown_of(holding)
    chosen = _chosen(equity, fall, points)
    return Sampled(
        ts=series["ts"][chosen].tolist(),
        equity=[quote(value) for value in equity[chosen].tolist()],
        holding=[quote(value) for value in holding[chosen].tolist()],
        drawdown=_percent(fall[chosen]),
        holding_drawdown=_percent(holding_fall[chosen]),
    )


def quote(units: int) -> Decimal:
    """Return whole 10^-8 quote as a Decimal with 8 decimals."""
    return Decimal(units) * _UNIT


def deepest(equity: NDArray[np.int64]) -> Decimal:
    """Return the worst fall from an earlier peak in percent (zero or negative)."""
    return _percent(drawdown_of(equity)[[int(np.argmin(drawdown_of(equity)))]])[0] if len(equity) else Decimal(0)


def _chosen(equity: NDArray[np.int64], fall: NDArray[np.float64], points: int) -> NDArray[np.int64]:
    count = len(equity)
    if count <= points:
        return np.arange(count)
    edges = np.linspace(0, count, (points - 2) // 2 + 1).astype(np.int64)
    found = [0, count - 1]
    for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        found += [first + int(np.argmax(equity[first:last])), first + int(np.argmin(fall[first:last]))]
    return np.unique(np.array(found, np.int64))


def _percent(shares: NDArray[np.float64]) -> list[Decimal]:
    # In whole 10^-6 first: the same digits on every machine.
    return [Decimal(value).scaleb(-4) for value in np.rint(shares * 1_000_000).astype(np.int64).tolist()]
