"""The statistics of one symbol over the last minutes of its own market time, from its trades and best prices."""

import math
from collections import deque
from collections.abc import Sequence
from typing import Final

import numpy as np

from kernel.microstructure.book import Level, depth_within, imbalance, micro_price, order_flow_imbalance
from kernel.microstructure.trades import (
    Array,
    kyle_lambda,
    price_statistics,
    realised_volatility,
    trade_pressure,
    twap,
    vwap,
)

WINDOW_MS: Final = 300_000
BUCKETS: Final = 60
MOST_TRADES: Final = 5_000
DEPTH_FRACTION: Final = 0.001
"""Depth counts within 0.1 % of the mid price."""


def number(text: str) -> float:
    """Return a decimal text as a float, for figures that no amount is made of; raises ValueError."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]} is not finite")
    return value


class MarketWindow:
    """Trades and flows of the last `window_ms` of market time."""

    def __init__(self, window_ms: int = WINDOW_MS) -> None:
        self.window_ms = window_ms
        self._trades: deque[tuple[int, float, float, bool]] = deque(maxlen=MOST_TRADES)
        self._flows: deque[tuple[int, float]] = deque(maxlen=MOST_TRADES)
        self._top: tuple[Level, Level] | None = None
        self._levels: tuple[Sequence[Level], Sequence[Level]] = ((), ())
        self.newest_ms = 0

    def trade(self, price: float, quantity: float, ts: int, *, is_sell: bool) -> None:
        """Take a trade."""
        self.newest_ms = max(self.newest_ms, ts)
        self._trades.append((ts, price, quantity, is_sell))

    def best(self, bid: Level, ask: Level, ts: int) -> None:
        """Take the best levels after each update of the book."""
        self.newest_ms = max(self.newest_ms, ts)
        if self._top is not None and (bid, ask) != self._top:
            self._flows.append((ts, order_flow_imbalance(self._top, (bid, ask))))
        self._top = (bid, ask)

    def levels(self, bids: Sequence[Level], asks: Sequence[Level]) -> None:
        """Take the levels near the best, for depth; best first."""
        self._levels = (bids, asks)

    def values(self) -> dict[str, float]:
        """Return the figures there are, by name; prices in quote, sizes in base, spread also in basis points."""
        return {name: value for name, value in {**self._of_book(), **self._of_trades()}.items() if value is not None}

    def _of_book(self) -> dict[str, float | None]:
        if self._top is None:
            return {}
        bid, ask = self._top
        mid, start = (bid[0] + ask[0]) / 2, self.newest_ms - self.window_ms
        while self._flows and self._flows[0][0] < start:
            self._flows.popleft()
        below, above = (depth_within(side, mid, DEPTH_FRACTION) for side in self._levels)
        return {
            "spread": ask[0] - bid[0],
            "spread_bps": (ask[0] - bid[0]) / mid * 10_000,
            "microprice": micro_price(bid, ask),
            "depth_bid": below,
            "depth_ask": above,
            "imbalance": imbalance(bid[1], ask[1]),
            "ofi": sum(flow for _, flow in self._flows),
        }

    def _of_trades(self) -> dict[str, float | None]:
        start = self.newest_ms - self.window_ms
        while self._trades and self._trades[0][0] < start:
            self._trades.popleft()
        if not self._trades:
            return {"trades": 0.0}
        table = np.array(self._trades, dtype=np.float64)
        times, prices, quantities, sells = table.T
        stats = price_statistics(prices)
        found: dict[str, float | None] = {
            "trades": float(len(table)),
            "vwap": vwap(prices, quantities),
            "twap": twap(prices, times, float(self.newest_ms)),
            "pressure": trade_pressure(quantities, sells > 0),
        }
        steps, signed = self._buckets(times, prices, np.where(sells > 0, -quantities, quantities))
        found["kyle_lambda"] = kyle_lambda(np.diff(steps), signed[1:]) if len(steps) > 1 else None
        found["volatility"] = realised_volatility(steps, self.window_ms / 1_000 / BUCKETS)
        if stats is not None:
            found |= {"mean": stats.mean, "deviation": stats.deviation, "skewness": stats.skewness}
            found |= {"kurtosis": stats.kurtosis, "low": stats.low, "median": stats.median, "high": stats.high}
        return found

    def _buckets(self, times: Array, prices: Array, signed: Array) -> tuple[Array, Array]:
        """Return the last price and the signed volume of each equal step of time from the first trade on."""
        place = ((times - (self.newest_ms - self.window_ms)) * BUCKETS // self.window_ms).astype(np.int64)
        place = np.maximum.accumulate(np.minimum(place, BUCKETS - 1))
        first, last = int(place[0]), int(place[-1])
        volumes = np.bincount(place - first, weights=signed, minlength=last - first + 1).astype(np.float64)
        ends = np.searchsorted(place, np.arange(first, last + 1), side="right") - 1
        return prices[ends], volumes
