"""Candles for tests: exact, cheap, different at each time."""

import numpy as np

from apps.core.actors import Actor
from apps.trading.market_data import queries
from apps.trading.market_data.operations import store_candles
from kernel.instruments import INTERVALS, Bars

FIVE = INTERVALS["5m"]
SLOT = 1_000 * FIVE
START = 1_717_200_000_000 // SLOT * SLOT
"""The open time of the slot that holds 2024-06-01."""


def make_bars(count: int, *, start: int = START, step: int = FIVE, seed: int = 0, base: int = 6_000_000) -> Bars:
    """Return `count` candles without gaps, prices in ticks around `base`."""
    rng = np.random.default_rng(seed)
    close = base + np.cumsum(rng.integers(-500, 501, count))
    opened = np.concatenate(([base], close[:-1]))
    high = np.maximum(opened, close) + rng.integers(0, 200, count)
    low = np.minimum(opened, close) - rng.integers(0, 200, count)
    ts = start + np.arange(count, dtype=np.int64) * step
    return Bars(ts, opened, high, low, close, rng.integers(0, 10**10, count))


def store(bars: Bars, *, symbol: str = "BTCUSDT", interval: str = "5m", reason: str = "test"):
    """Store candles as the feed would."""
    return store_candles(actor=Actor.system("test"), symbol=symbol, interval=interval, bars=bars, reason=reason)


def series_of(symbol: str, interval: str = "5m") -> queries.SeriesFacts:
    """Return what is stored of a series that the test made."""
    found = queries.get_series(symbol, interval)
    assert found is not None
    return found


def quote_of(symbol: str) -> queries.Quote:
    """Return a quote that the test made."""
    found = queries.get_quote(symbol)
    assert found is not None
    return found


def same(left: Bars, right: Bars) -> bool:
    """Return whether both hold the same candles."""
    names = ("ts", "open", "high", "low", "close", "volume")
    return all(np.array_equal(getattr(left, name), getattr(right, name)) for name in names)
