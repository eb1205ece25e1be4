"""Prices for the wallets: the close of the newest candle at or before a moment, in USDT or through it."""

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal

import numpy as np

from apps.core.clock import from_ms, to_ms
from apps.finance.wallets.operations import Price
from apps.trading.instruments.errors import UnknownSymbol
from apps.trading.instruments.queries import get_spec
from apps.trading.market_data.queries import BASE_INTERVAL, latest_bars, load_bars
from kernel.instruments import INTERVALS
from kernel.money import exact_multiple

PIVOT = "USDT"
STEP = INTERVALS[BASE_INTERVAL]
_CONTEXT = Context(prec=28, rounding=ROUND_HALF_EVEN)


class CandlePrices:
    """A price source over the stored candles; it knows the base assets of the instruments against USDT."""

    def price(self, asset: str, quote: str, at: datetime) -> Price | None:
        """Return the close of the newest candle that had closed by `at`."""
        return self.prices(asset, quote, [at])[0]

    def prices(self, asset: str, quote: str, moments: Sequence[datetime]) -> list[Price | None]:
        """Return closes as of moments in rising order; of two assets that are not USDT, the quotient of both."""
        if quote == PIVOT:
            return _closes(asset, moments)
        below = _closes(quote, moments)
        above = _ones(moments) if asset == PIVOT else _closes(asset, moments)
        return [_quotient(*pair) for pair in zip(above, below, strict=True)]


def _closes(asset: str, moments: Sequence[datetime]) -> list[Price | None]:
    """Return the prices of an asset in USDT."""
    symbol = f"{asset}{PIVOT}"
    try:
        tick = get_spec(symbol).tick
    except UnknownSymbol:
        return [None] * len(moments)
    ends = [to_ms(at) for at in moments]
    if not ends:
        return []
    # One candle from before the first moment, then all up to the last one.
    bars = latest_bars(symbol, BASE_INTERVAL, 1, end_ms=ends[0])
    opened = [(int(ts), int(close)) for ts, close in zip(bars.ts, bars.close, strict=True)]
    if len(ends) > 1:
        more = load_bars(symbol, BASE_INTERVAL, ends[0], ends[-1])
        places = np.unique(np.searchsorted(more.ts, np.array(ends) - STEP, side="right") - 1)
        opened += [(int(more.ts[place]), int(more.close[place])) for place in places if place >= 0]
    return _as_of(symbol, tick, opened, ends)


def _as_of(symbol: str, tick: Decimal, opened: list[tuple[int, int]], ends: list[int]) -> list[Price | None]:
    found: list[Price | None] = []
    newest: Price | None = None
    place = 0
    for end in ends:
        while place < len(opened) and opened[place][0] + STEP <= end:
            ts, close = opened[place]
            newest = Price(exact_multiple(tick, close), f"{symbol} candle", from_ms(ts + STEP))
            place += 1
        found.append(newest)
    return found


def _ones(moments: Sequence[datetime]) -> list[Price | None]:
    return [Price(Decimal(1), "", at) for at in moments]


def _quotient(above: Price | None, below: Price | None) -> Price | None:
    if above is None or below is None:
        return None
    source = " ÷ ".join(filter(None, (above.source, below.source)))
    return Price(_CONTEXT.divide(above.value, below.value), source, min(above.as_of, below.as_of))
