"""Prices that may set an order off: fresh, of a live feed, near the candles, not while a candle is in quarantine."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from apps.trading.instruments.queries import get_spec
from apps.trading.market_data.queries import BASE_INTERVAL, is_market_stale, latest_bars, list_held, list_quotes
from kernel.instruments import market_of

FURTHEST = Decimal("0.2")
"""A price so far from the newest candle is looked at by people first."""


@dataclass(frozen=True, slots=True)
class CheckedPrice:
    """The last price of a symbol, and when the feed said it."""

    symbol: str
    price: Decimal
    at: datetime


def read_checked(symbols: Iterable[str]) -> dict[str, CheckedPrice]:
    """Return by symbol the prices that may set orders off; a symbol without one is missing.

    A contract goes by the market that it follows.
    """
    found: dict[str, CheckedPrice] = {}
    wanted: dict[str, list[str]] = {}
    for symbol in sorted(set(symbols)):
        wanted.setdefault(market_of(symbol), []).append(symbol)
    for quote in list_quotes(sorted(wanted)):
        if quote.is_stale or not 0 < quote.bid <= quote.ask or quote.last <= 0 or is_market_stale(quote.symbol):
            continue
        if _agrees_with_candles(quote.symbol, quote.last):
            found |= {name: CheckedPrice(name, quote.last, quote.at) for name in wanted[quote.symbol]}
    return found


def _agrees_with_candles(symbol: str, price: Decimal) -> bool:
    bars = latest_bars(symbol, BASE_INTERVAL, 1)
    newest = int(bars.ts[-1]) if len(bars) else 0
    if list_held(symbol).filter(ts__gt=newest).exists():
        return False
    if not newest:
        return True
    close = get_spec(symbol).price(int(bars.close[-1]))
    return abs(price - close) <= close * FURTHEST
