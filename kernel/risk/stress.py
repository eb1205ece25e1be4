"""What portfolios would have lost in windows of the past, and would lose under shocks that somebody thinks up.

Shapes as in `measures`; `prices` is (days, assets), worths are held in quantity from the first price of a window on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class WindowResult:
    """Results at the end of a window and at its worst close, one number a portfolio; losses are negative."""

    at_end: Floats
    at_worst: Floats


def replay_window(prices: Floats, worths: Floats) -> WindowResult:
    """Return what worths of today come to when prices move as from the first to the last row of a window."""
    if len(prices) < 2:
        raise ValueError("a window has two prices at least")
    held = worths[None, :] if worths.ndim == 1 else worths
    results = held @ (prices / prices[0] - 1).T
    return WindowResult(results[:, -1], results.min(axis=1))


def find_worst_window(prices: Floats, worths: Floats, *, days: int) -> tuple[int, float]:
    """Return (first row, result) of the window of `days` days in which worths (assets,) would have lost most."""
    if not 1 <= days < len(prices):
        raise ValueError("the window is shorter than the history")
    results = (prices[days:] / prices[:-days] - 1) @ worths
    first = int(results.argmin())
    return first, results[first].item()


def apply_shocks(assets: Sequence[str], worths: Floats, shocks: Mapping[str, float]) -> Floats:
    """Return results of shocks by asset (−0.2: falls by a fifth); assets without a shock stay as they are.

    No price falls below zero. Raises ValueError for a shock below −1.
    """
    if any(shock < -1 for shock in shocks.values()):
        raise ValueError("a price cannot fall by more than all of it")
    moves = np.array([shocks.get(asset, 0.0) for asset in assets])
    found: Floats = (worths[None, :] if worths.ndim == 1 else worths) @ moves
    return found


def spread_shock(returns: Floats, place: int, shock: float) -> Floats:
    """Return moves (assets,) when the asset at `place` moves by `shock` and the others follow by their beta to it.

    beta = covariance / variance over `returns`; no move is below −1. Where the asset stood still, it moves alone.
    """
    centred = returns - returns.mean(axis=0)
    spread = centred[:, place] @ centred[:, place]
    betas = (centred.T @ centred[:, place]) / spread if spread > 0 else np.zeros(returns.shape[1])
    betas[place] = 1.0
    moves: Floats = np.maximum(betas * shock, -1.0)
    return moves
