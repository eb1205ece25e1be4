"""Statistics over windows of market time, and best prices."""

import re
from dataclasses import dataclass
from typing import Any

from apps.trading.sandbox.exchange.amounts import format_units
from apps.trading.sandbox.exchange.candles import DAY_MS, QUANTA, interval_open
from apps.trading.sandbox.exchange.engine import Engine
from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.payloads import lots_text, price_text
from kernel.matching import Side

Json = dict[str, Any]
_CENT_UNITS = 10**6
_MINUTE_MS = 60_000
_WINDOW = re.compile(r"(?:([1-9]|[1-5][0-9])m|([1-9]|1[0-9]|2[0-3])h|([1-7])d)")
_MINI_LACKS = ("priceChange", "priceChangePercent", "weightedAvgPrice")


@dataclass(frozen=True)
class _Sums:
    """One window of a symbol: prices in ticks, volume in base units, quote volume in 10^-2 quote."""

    opened: int
    high: int
    low: int
    last: int
    volume: int
    cents: int
    trades: int
    open_time: int


def book_ticker(engine: Engine, symbol: str) -> Json:
    """GET ticker/bookTicker of one symbol."""
    market = engine.quote(symbol)
    row: Json = {"symbol": symbol}
    for side, name in ((Side.BUY, "bid"), (Side.SELL, "ask")):
        price, lots = (market.book.depth(side, 1) or [(0, 0)])[0]
        row |= {f"{name}Price": price_text(price), f"{name}Qty": lots_text(market.spec, lots)}
    return row


def window_length(text: str) -> int:
    """Milliseconds of a windowSize (1m-59m, 1h-23h, 1d-7d); ApiError -1130."""
    match = _WINDOW.fullmatch(text)
    if match is None:
        raise ApiError(-1130, "Data sent for parameter 'windowSize' is not valid.")
    minutes, hours, days = (int(part or 0) for part in match.groups())
    return minutes * _MINUTE_MS + hours * 60 * _MINUTE_MS + days * DAY_MS


def rolling_day(engine: Engine, symbol: str) -> Json:
    """GET ticker/24hr: base bars that opened in the last 24 market hours, the forming one included."""
    market = engine.state.markets[symbol]
    sums = _window(engine, symbol, DAY_MS)
    row = _full(engine, symbol, sums)
    last_trade = market.tape[-1] if market.tape else None
    return row | {
        "prevClosePrice": price_text(sums.opened),
        "lastQty": lots_text(market.spec, last_trade.lots if last_trade else 0),
        **{name: value for name, value in book_ticker(engine, symbol).items() if name != "symbol"},
    }


def rolling_window(engine: Engine, symbol: str, length_ms: int, shape: str = "FULL") -> Json:
    """GET ticker: statistics of the last `length_ms` market milliseconds, in whole base bars."""
    return _shaped(_full(engine, symbol, _window(engine, symbol, length_ms)), shape)


def trading_day(engine: Engine, symbol: str, shape: str = "FULL") -> Json:
    """GET ticker/tradingDay: statistics since midnight UTC of the market clock."""
    now = engine.view.now_ms
    opened = interval_open("1d", now)
    bars = (now - opened) // engine.view.recording.bar_ms + 1
    row = _full(engine, symbol, _window(engine, symbol, bars * engine.view.recording.bar_ms))
    return _shaped(row, shape) | {"openTime": opened, "closeTime": opened + DAY_MS - 1}


def mini_ticker(engine: Engine, symbol: str) -> Json:
    """The @miniTicker event."""
    return _mini_event(rolling_day(engine, symbol))


def day_ticker(engine: Engine, symbol: str) -> Json:
    """The @ticker event."""
    row = rolling_day(engine, symbol)
    return (
        _event(row)
        | {"e": "24hrTicker", "x": row["prevClosePrice"], "Q": row["lastQty"]}
        | {"b": row["bidPrice"], "B": row["bidQty"], "a": row["askPrice"], "A": row["askQty"]}
    )


def window_ticker(engine: Engine, symbol: str, window: str) -> Json:
    """The @ticker_<window> event."""
    return _event(rolling_window(engine, symbol, window_length(window))) | {"e": f"{window}Ticker"}


def average_event(engine: Engine, symbol: str) -> Json:
    """The @avgPrice event."""
    view, tape = engine.view, engine.state.markets[symbol].tape
    return {
        "e": "avgPrice",
        "E": view.now_ms,
        "s": symbol,
        "i": "5m",
        "w": price_text(view.average_price(symbol)),
        "T": tape[-1].time if tape else view.now_ms,
    }


def _window(engine: Engine, symbol: str, length_ms: int) -> _Sums:
    view = engine.view
    current = engine.state.clock.quantum // QUANTA
    bars = max(1, length_ms // view.recording.bar_ms)
    candles = [*view.bars(symbol, max(0, current - bars + 1), current), view.forming(symbol)]
    return _Sums(
        candles[0].open,
        max(candle.high for candle in candles),
        min(candle.low for candle in candles),
        view.price(symbol),
        sum(candle.volume for candle in candles),
        sum(candle.quote_cents for candle in candles),
        sum(candle.trades for candle in candles),
        candles[0].open_time,
    )


def _full(engine: Engine, symbol: str, sums: _Sums) -> Json:
    change = sums.last - sums.opened
    percent = abs(change) * 100_000 // sums.opened
    average = sums.cents * 10**8 // sums.volume if sums.volume else sums.last
    last_id = engine.state.markets[symbol].last_trade_id
    return {
        "symbol": symbol,
        "priceChange": price_text(change),
        "priceChangePercent": f"{'-' if change < 0 else ''}{percent // 1000}.{percent % 1000:03d}",
        "weightedAvgPrice": price_text(average),
        "openPrice": price_text(sums.opened),
        "highPrice": price_text(sums.high),
        "lowPrice": price_text(sums.low),
        "lastPrice": price_text(sums.last),
        "volume": format_units(sums.volume),
        "quoteVolume": format_units(sums.cents * _CENT_UNITS),
        "openTime": sums.open_time,
        "closeTime": engine.view.now_ms,
        "firstId": max(0, last_id - sums.trades + 1),
        "lastId": last_id,
        "count": sums.trades,
    }


def _shaped(row: Json, shape: str) -> Json:
    """FULL or MINI; ApiError -1139."""
    if shape not in ("FULL", "MINI"):
        raise ApiError(-1139, "Invalid ticker type.")
    return row if shape == "FULL" else {name: value for name, value in row.items() if name not in _MINI_LACKS}


def _mini_event(row: Json) -> Json:
    names = {"c": "lastPrice", "o": "openPrice", "h": "highPrice", "l": "lowPrice", "v": "volume", "q": "quoteVolume"}
    head = {"e": "24hrMiniTicker", "E": row["closeTime"], "s": row["symbol"]}
    return head | {short: row[name] for short, name in names.items()}


def _event(row: Json) -> Json:
    """A ticker event's fields, from the row of the same statistics."""
    names = {"p": "priceChange", "P": "priceChangePercent", "w": "weightedAvgPrice", "O": "openTime", "C": "closeTime"}
    names |= {"F": "firstId", "L": "lastId", "n": "count"}
    return _mini_event(row) | {short: row[name] for short, name in names.items()}
