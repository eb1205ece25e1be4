"""Names of the market streams."""

import re
from collections.abc import Container
from dataclasses import dataclass
from enum import Enum

from apps.trading.sandbox.exchange.candles import interval_supported

ALL = ""  # the symbol of a stream over all markets
_PARTIAL = re.compile(r"depth(5|10|20)(@100ms|@1000ms)?")
_WINDOW = re.compile(r"ticker_(1h|4h|1d)")


class StreamKind(Enum):
    """What a stream carries."""

    TRADE = "trade"  # every public trade
    AGGREGATE = "aggTrade"  # every public trade in aggregate form
    DEPTH = "depth"  # differences of the book
    PARTIAL = "partial"  # the best levels of the book
    KLINE = "kline"  # candles of one interval
    MINI = "miniTicker"  # 24-hour statistics, short
    TICKER = "ticker"  # 24-hour statistics
    WINDOW = "window"  # statistics of 1, 4 or 24 hours
    BOOK = "bookTicker"  # best prices
    AVERAGE = "avgPrice"  # average price


@dataclass(frozen=True)
class Stream:
    """One stream: its name on the wire and what the name says."""

    name: str
    kind: StreamKind
    symbol: str  # ALL for the arrays over all markets
    detail: str = ""  # interval, window, or number of levels
    fast: bool = False  # every 100 ms instead of every second


_PLAIN = {
    "trade": StreamKind.TRADE,
    "aggTrade": StreamKind.AGGREGATE,
    "miniTicker": StreamKind.MINI,
    "ticker": StreamKind.TICKER,
    "bookTicker": StreamKind.BOOK,
    "avgPrice": StreamKind.AVERAGE,
    "depth": StreamKind.DEPTH,
    "depth@1000ms": StreamKind.DEPTH,
}
_ARRAYS = {
    "!miniTicker@arr": StreamKind.MINI,
    "!miniTicker@arr@1000ms": StreamKind.MINI,
    "!ticker@arr": StreamKind.TICKER,
    "!ticker@arr@1000ms": StreamKind.TICKER,
    "!bookTicker": StreamKind.BOOK,
}


def parse_stream(name: str, symbols: Container[str], bar_ms: int) -> Stream | None:
    """The stream of a name, or None when there is none. Symbols are written in lower case."""
    if name.startswith("!"):
        return _array(name)
    head, separator, tail = name.partition("@")
    symbol = head.upper()
    if not separator or head != head.lower() or symbol not in symbols:
        return None
    if tail in _PLAIN:
        return Stream(name, _PLAIN[tail], symbol)
    return _detailed(name, symbol, tail, bar_ms)


def _array(name: str) -> Stream | None:
    if name in _ARRAYS:
        return Stream(name, _ARRAYS[name], ALL)
    window = _WINDOW.fullmatch(name.removeprefix("!").removesuffix("@arr"))
    if window and name.endswith("@arr"):
        return Stream(name, StreamKind.WINDOW, ALL, window.group(1))
    return None


def _detailed(name: str, symbol: str, tail: str, bar_ms: int) -> Stream | None:
    if tail == "depth@100ms":
        return Stream(name, StreamKind.DEPTH, symbol, fast=True)
    if partial := _PARTIAL.fullmatch(tail):
        return Stream(name, StreamKind.PARTIAL, symbol, partial.group(1), fast=partial.group(2) == "@100ms")
    if window := _WINDOW.fullmatch(tail):
        return Stream(name, StreamKind.WINDOW, symbol, window.group(1))
    interval = tail.removeprefix("kline_")
    if tail.startswith("kline_") and interval_supported(interval, bar_ms):
        return Stream(name, StreamKind.KLINE, symbol, interval)
    return None
