"""What alerts and watchlists are told of a symbol: figures of the caches, by the names of kernel.rules.MOMENT.

A quote that is old is no figure: an alert neither fires nor re-arms on silence.
"""

from collections.abc import Sequence
from decimal import Decimal

from apps.trading.instruments.operations import sweep_alerts
from apps.trading.market_data import queries
from apps.trading.market_data.day_figures import day_figures
from kernel.events.market import CandleClosed
from kernel.rules import Figures

HUNDRED = Decimal(100)
PERCENT = Decimal("0.000001")
FROM_STATISTICS = ("imbalance", "pressure", "index", "vwap")


def market_facts(symbols: Sequence[str]) -> dict[str, Figures]:
    """Return the figures there are for each symbol; symbols without a fresh quote are missing."""
    return {quote.symbol: _figures(quote) for quote in queries.list_quotes(list(symbols)) if not quote.is_stale}


def _figures(quote: queries.Quote) -> Figures:
    middle = (quote.bid + quote.ask) / 2
    found = {"price": quote.last, "bid": quote.bid, "ask": quote.ask, "spread": quote.ask - quote.bid}
    if middle > 0:
        found["spread_percent"] = (found["spread"] / middle * HUNDRED).quantize(PERCENT)
    if quote.change_percent is not None:
        found["change_percent"] = quote.change_percent
    day = day_figures(quote.symbol)
    if day is not None:
        found |= {"high": max(day.high, quote.last), "low": min(day.low, quote.last), "volume": day.volume}
    return {**found, **_derived(quote.symbol)}


def _derived(symbol: str) -> Figures:
    statistics = queries.get_statistics(symbol) or {}
    return {name: Decimal(statistics[name]) for name in FROM_STATISTICS if name in statistics}


def look_at_alerts(candle: CandleClosed) -> None:
    """At a closed base candle, have alerts looked at at once, not only at the next turn of the sweep."""
    if candle.interval == queries.BASE_INTERVAL:
        sweep_alerts()
