"""The public live topics `quotes candles book trades stats`, each with a symbol. Numbers are texts.

`candles.<SYMBOL>.<interval>`; `book.<SYMBOL>` and `trades.<SYMBOL>` are the home venue's; `.<venue>` names another.
`stats.<SYMBOL>` are derived figures; with an interval and an indicator behind it (market_data.indicators) it is that.
"""

import re
from decimal import Decimal
from typing import Any

from apps.core.clock import to_ms
from apps.core.live import Identity, Scope, Topic, register_topic
from apps.trading.instruments.errors import UnknownSymbol
from apps.trading.instruments.queries import get_spec
from apps.trading.market_data.choices import HOME_VENUE
from apps.trading.market_data.gateways import live_cache
from apps.trading.market_data.indicators import latest_values, parse_topic
from apps.trading.market_data.queries import Quote, get_quote, latest_bars
from kernel.instruments import INTERVALS, VOLUME_SCALE, InstrumentSpec

BY_VENUE = {"book": live_cache.book_key, "trades": live_cache.trades_key}
VENUE_NAME = re.compile(r"[a-z0-9_]{1,32}")
Row = tuple[int, int, int, int, int, int]


def register_topics() -> None:
    """Make the topics known to the hub; any signed-in person may listen."""
    snapshots = {
        "quotes": _quote_snapshot,
        "candles": _candle_snapshot,
        "book": _cached_snapshot,
        "trades": _cached_snapshot,
        "stats": _cached_snapshot,
    }
    for prefix, snapshot in snapshots.items():
        register_topic(
            Topic(prefix=prefix, scope=Scope.PUBLIC, snapshot=snapshot, authorise=_may_listen, conflates=True)
        )


def quote_data(quote: Quote) -> dict[str, Any]:
    """Return a quote as the topic and the API give it; `at` is Unix ms as text."""
    change = quote.change_percent
    return {
        "bid": f"{quote.bid:f}",
        "ask": f"{quote.ask:f}",
        "last": f"{quote.last:f}",
        "at": str(to_ms(quote.at)),
        "change_percent": None if change is None else f"{change:f}",
    }


def candle_texts(spec: InstrumentSpec, row: Row) -> tuple[int, str, str, str, str, str]:
    """Return (ts, open, high, low, close, volume) with prices in quote and volume in base as texts."""
    ts, opened, high, low, close, volume = row
    prices = (f"{spec.price(ticks):f}" for ticks in (opened, high, low, close))
    return (ts, *prices, f"{Decimal(volume) / VOLUME_SCALE:f}")  # type: ignore[return-value]  # four prices, one volume


def candle_data(spec: InstrumentSpec, row: Row, *, closed: bool) -> dict[str, Any]:
    """Return a candle as the topic gives it."""
    ts, opened, high, low, close, volume = candle_texts(spec, row)
    return {"ts": str(ts), "o": opened, "h": high, "l": low, "c": close, "v": volume, "closed": closed}


def _may_listen(_identity: Identity, topic: str) -> bool:
    kind, _, rest = topic.partition(".")
    symbol, _, detail = rest.partition(".")
    if (kind == "candles" and detail not in INTERVALS) or (kind == "quotes" and detail):
        return False
    if kind == "stats" and detail and parse_topic(topic) is None:
        return False
    if kind in BY_VENUE and detail and not VENUE_NAME.fullmatch(detail):
        return False
    try:
        get_spec(symbol)
    except UnknownSymbol:
        return False
    return True


def _quote_snapshot(_identity: Identity, topic: str) -> dict[str, Any]:
    quote = get_quote(topic.partition(".")[2])
    return {} if quote is None else quote_data(quote)


def _cached_snapshot(_identity: Identity, topic: str) -> dict[str, Any]:
    kind, _, rest = topic.partition(".")
    symbol, _, venue = rest.partition(".")
    if kind == "stats" and (asked := parse_topic(topic)) is not None:
        return latest_values(asked)
    key = live_cache.statistics_key(symbol) if kind == "stats" else BY_VENUE[kind](symbol, venue or HOME_VENUE)
    return live_cache.read(key) or {}


def _candle_snapshot(_identity: Identity, topic: str) -> dict[str, Any]:
    _, symbol, interval = topic.split(".")
    newest = list(latest_bars(symbol, interval, 1).rows())
    return candle_data(get_spec(symbol), newest[0], closed=True) if newest else {}
