"""Monte Carlo: the same trading in another order, over resampled returns, or over candles with noise. All seeded."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernel.instruments import Bars

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fan:
    """Quantiles of many paths: float64[levels, points] of growth (1.0 is the start)."""

    levels: tuple[float, ...]
    curves: Floats


def shuffled_trades(returns: Floats, paths: int, seed: int) -> Floats:
    """Growth after each trade, float64[paths, trades + 1], each path the same trades in another order.

    Every path ends where the others do; what differs is the way there, above all the deepest fall.
    """
    generator = np.random.default_rng(seed)
    orders = np.argsort(generator.random((paths, len(returns))), axis=1)
    return _grown(returns[orders])


def stationary_bootstrap(returns: Floats, paths: int, seed: int, *, mean_block: float) -> Floats:
    """Growth after each bar, float64[paths, bars + 1], of stretches drawn with random lengths (mean `mean_block`).

    D. Politis and J. Romano, The Stationary Bootstrap, Journal of the American Statistical Association 89, 1994.
    """
    if mean_block < 1 or not len(returns):
        raise ValueError("needs returns, and blocks of one bar or more")
    count = len(returns)
    generator = np.random.default_rng(seed)
    fresh = generator.random((paths, count)) < 1.0 / mean_block
    fresh[:, 0] = True
    starts = generator.integers(0, count, (paths, count))
    places = np.arange(count)
    since = np.maximum.accumulate(np.where(fresh, places, 0), axis=1)
    picked = (np.take_along_axis(starts, since, axis=1) + places - since) % count
    return _grown(returns[picked])


def block_bootstrap(returns: Floats, paths: int, seed: int, *, block: int) -> Floats:
    """Growth after each bar, float64[paths, bars + 1], of stretches of `block` bars around a circle.

    D. Politis and J. Romano, A circular block-resampling procedure for stationary data, 1992.
    """
    if block < 1 or not len(returns):
        raise ValueError("needs returns, and blocks of one bar or more")
    count = len(returns)
    pieces = -(-count // block)
    starts = np.random.default_rng(seed).integers(0, count, (paths, pieces))
    picked = (starts[:, :, None] + np.arange(block)).reshape(paths, -1)[:, :count] % count
    return _grown(returns[picked])


def noisy_bars(bars: Bars, seed: int, *, strength: float) -> Bars:
    """The candles with each close moved by `strength` × the candle's height × a standard normal number.

    Opens keep their distance from the close before, highs and lows from the body; a price is never below one tick.
    """
    if not 0 <= strength <= 2:
        raise ValueError("strength is between 0 and 2")
    moves = np.random.default_rng(seed).standard_normal(len(bars)) * (bars.high - bars.low) * strength
    shift = np.rint(moves).astype(np.int64)
    close = np.maximum(1, bars.close + shift)
    before = np.concatenate(([0], shift[:-1]))
    opens = np.maximum(1, bars.open + before)
    above = bars.high - np.maximum(bars.open, bars.close)
    below = np.minimum(bars.open, bars.close) - bars.low
    top, bottom = np.maximum(opens, close), np.minimum(opens, close)
    return Bars(bars.ts, opens, top + above, np.maximum(1, bottom - below), close, bars.volume)


def deepest_falls(growth: Floats) -> Floats:
    """The deepest fall of each path from an earlier peak as a share of that peak (zero or positive)."""
    peaks = np.maximum.accumulate(growth, axis=1)
    falls: Floats = (1.0 - growth / np.maximum(peaks, 1e-12)).max(axis=1)
    return falls


def fan_of(growth: Floats, *, points: int, levels: tuple[float, ...] = (0.05, 0.25, 0.5, 0.75, 0.95)) -> Fan:
    """Quantiles over the paths at `points` evenly spread places, first and last included."""
    columns = np.unique(np.linspace(0, growth.shape[1] - 1, points).astype(np.int64))
    return Fan(levels, np.quantile(growth[:, columns], levels, axis=0))


def _grown(returns: Floats) -> Floats:
    growth = np.ones((returns.shape[0], returns.shape[1] + 1))
    np.cumprod(1.0 + returns, axis=1, out=growth[:, 1:])
    return growth
