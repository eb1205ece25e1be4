"""High, low, volume and first price of the last 24 hours of market time, from the stored candles, kept on a shelf.

The key carries the newest candle, so a new candle is a new entry and an old figure is never shown beside it.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.core.shelves import Shelf
from apps.trading.instruments.queries import get_spec
from apps.trading.market_data.queries import BASE_INTERVAL, get_series, latest_bars
from kernel.instruments import INTERVALS, VOLUME_SCALE

DAY = Shelf("day-figures", seconds=900)
DAY_MS = INTERVALS["1d"]


@dataclass(frozen=True, slots=True)
class DayFigures:
    """Prices in quote, volume in base; `closes` are ticks at even distances for a small line."""

    opened: Decimal
    high: Decimal
    low: Decimal
    last: Decimal
    volume: Decimal
    closes: tuple[int, ...]
    as_of_ms: int


def day_figures(symbol: str) -> DayFigures | None:
    """Return the day of a symbol, or None without candles. Raises UnknownSymbol."""
    series = get_series(symbol, BASE_INTERVAL)
    if series is None:
        return None
    found: list[Any] | None = DAY.get(f"{symbol}:{series.last_ts}", lambda: _made(symbol))
    if found is None:
        return None
    opened, high, low, last, volume = (Decimal(text) for text in found[:5])
    return DayFigures(opened, high, low, last, volume, tuple(found[5]), found[6])


def _made(symbol: str) -> list[Any] | None:
    bars = latest_bars(symbol, BASE_INTERVAL, DAY_MS // INTERVALS[BASE_INTERVAL])
    if not len(bars):
        return None
    spec = get_spec(symbol)
    ticks = (int(bars.open[0]), int(bars.high.max()), int(bars.low.min()), int(bars.close[-1]))
    volume = Decimal(int(bars.volume.sum())) / VOLUME_SCALE
    stride = max(1, len(bars) // 29)
    return [
        *(f"{spec.price(value):f}" for value in ticks),
        f"{volume:f}",
        bars.close[::stride].tolist(),
        int(bars.ts[-1]),
    ]
