"""Candles with and without something to find, and a space to look in."""

from decimal import Decimal

import numpy as np

from kernel.instruments import Bars
from kernel.lab import Dimension, Ground, Space
from kernel.simulation import Costs
from tests.kernel.market_samples import BTC

HOUR = 3_600_000
START = 40
"""Bars before the span, for the longest warm-up of the space."""

_MOMENTUM = {"kind": "indicator", "name": "ROC", "params": {"period": 20}, "source": "close", "shift": 0}
_LEVEL = {"kind": "constant", "value": "0"}
MOMENTUM = {
    "version": 1,
    "name": "momentum",
    "timeframe": "1h",
    "entry": {"kind": "gt", "left": _MOMENTUM, "right": _LEVEL},
    "exit": {"kind": "lt", "left": _MOMENTUM, "right": _LEVEL},
    "sizing": {"kind": "percent_equity", "percent": "90"},
}


def momentum_space() -> Space:
    """Eight periods (entry and exit together) and three levels: 24 points."""
    return Space(
        (
            Dimension.stepped(
                "period", ["entry.left.params.period", "exit.left.params.period"], Decimal(8), Decimal(36), Decimal(4)
            ),
            Dimension.stepped("level", ["entry.right.value"], Decimal(0), Decimal(2), Decimal(1)),
        )
    )


def wandering(seed: int, count: int, edge: float) -> Bars:
    """A random walk with 1 % a bar; `edge` a bar is added while the mood is good, taken while it is bad (0: noise)."""
    generator = np.random.default_rng(seed)
    returns = generator.standard_normal(count) * 0.01
    lengths = generator.geometric(1 / 80, count) + 20
    returns += np.repeat(np.where(np.arange(count) % 2 == 0, 1, -1), lengths)[:count] * edge
    close = np.maximum(100, np.rint(3_000_000 * np.exp(np.cumsum(returns)))).astype(np.int64)
    opens = np.concatenate(([3_000_000], close[:-1]))
    high, low = np.maximum(opens, close), np.minimum(opens, close)
    ts = 1_577_836_800_000 + HOUR * np.arange(count, dtype=np.int64)
    return Bars(ts, opens, high, low, close, np.full(count, 10**9, np.int64))


def ground(bars: Bars, **changes: object) -> Ground:
    """The candles with costs of 0.02 % a side."""
    return Ground(bars, START, BTC, Costs(taker_fee=Decimal("0.0002")), Decimal(10_000), **changes)  # type: ignore[arg-type]
