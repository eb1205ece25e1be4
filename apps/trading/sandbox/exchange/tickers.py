"""24-hour statistics and best prices."""

from typing import Any

from apps.trading.sandbox.exchange.amounts import format_units
from apps.trading.sandbox.exchange.candles import DAY_MS, QUANTA
from apps.trading.sandbox.exchange.engine import Engine
from apps.trading.sandbox.exchange.payloads import lots_text, price_text
from kernel.matching import Side

Json = dict[str, Any]
_CENT_UNITS = 10**6


def book_ticker(engine: Engine, symbol: str) -> Json:
    """GET ticker/bookTicker of one symbol."""
    market = engine.quote(symbol)
    row: Json = {"symbol": symbol}
    for side, name in ((Side.BUY, "bid"), (Side.SELL, "ask")):
        price, lots = (market.book.depth(side, 1) or [(0, 0)])[0]
        row |= {f"{name}Price": price_text(price), f"{name}Qty": lots_text(market.spec, lots)}
    return row


def rolling_day(engine: Engine, symbol: str) -> Json:
    """GET ticker/24hr: base bars that opened in the last 24 market hours, the forming one included."""
    view, market = engine.view, engine.state.markets[symbol]
    now = view.now_ms
    current = engine.state.clock.quantum // QUANTA
    candles = [*view.bars(symbol, max(0, current - DAY_MS // view.recording.bar_ms + 1), current), view.forming(symbol)]
    opened, last = candles[0].open, view.price(symbol)
    volume = sum(candle.volume for candle in candles)
    cents = sum(candle.quote_cents for candle in candles)
    ticks_average = cents * 10**8 // volume if volume else last
    last_trade = market.tape[-1] if market.tape else None
    percent = (last - opened) * 100_000 // opened
    return {
        "symbol": symbol,
        "priceChange": price_text(last - opened),
        "priceChangePercent": f"{'-' if percent < 0 else ''}{abs(percent) // 1000}.{abs(percent) % 1000:03d}",
        "weightedAvgPrice": price_text(ticks_average),
        "prevClosePrice": price_text(opened),
        "lastPrice": price_text(last),
        "lastQty": lots_text(market.spec, last_trade.lots if last_trade else 0),
        **{name: value for name, value in book_ticker(engine, symbol).items() if name != "symbol"},
        "openPrice": price_text(opened),
        "highPrice": price_text(max(candle.high for candle in candles)),
        "lowPrice": price_text(min(candle.low for candle in candles)),
        "volume": format_units(volume),
        "quoteVolume": format_units(cents * _CENT_UNITS),
        "openTime": candles[0].open_time,
        "closeTime": now,
        "firstId": -1,
        "lastId": market.last_trade_id,
        "count": sum(candle.trades for candle in candles),
    }


def mini_ticker(engine: Engine, symbol: str) -> Json:
    """The @miniTicker event."""
    row = rolling_day(engine, symbol)
    return {
        "e": "24hrMiniTicker",
        "E": row["closeTime"],
        "s": symbol,
        "c": row["lastPrice"],
        "o": row["openPrice"],
        "h": row["highPrice"],
        "l": row["lowPrice"],
        "v": row["volume"],
        "q": row["quoteVolume"],
    }


def day_ticker(engine: Engine, symbol: str) -> Json:
    """The @ticker event."""
    row = rolling_day(engine, symbol)
    return mini_ticker(engine, symbol) | {
        "e": "24hrTicker",
        "p": row["priceChange"],
        "P": row["priceChangePercent"],
        "w": row["weightedAvgPrice"],
        "x": row["prevClosePrice"],
        "Q": row["lastQty"],
        "b": row["bidPrice"],
        "B": row["bidQty"],
        "a": row["askPrice"],
        "A": row["askQty"],
        "O": row["openTime"],
        "C": row["closeTime"],
        "F": row["firstId"],
        "L": row["lastId"],
        "n": row["count"],
    }
