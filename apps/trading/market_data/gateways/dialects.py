"""Frames of venues, read without ccxt's rounding: exact texts, sequence numbers, and whether a candle is final.

A dialect knows how frames of one venue look and by which rule its book updates follow each other. Symbols are those of
ours: base and quote without a sign between them ("BTCUSDT").
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.trading.market_data.gateways.messages import BookTop, BookUpdate, Day, Kline, Message, Print
from kernel.order_book import Rule, Update

Frame = Mapping[str, Any]
SIGNS = str.maketrans("", "", "/-_:")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one venue speaks. `has_socket_snapshot`: the stream begins with the book, so REST is not asked for it."""

    read: Callable[[Frame], Iterator[Message]]
    rule: Rule
    has_socket_snapshot: bool = True


def read(ccxt_id: str, frame: Any) -> list[Message]:
    """Return what a frame says; nothing for answers, heartbeats and what is not market data.

    Raises KeyError, ValueError, TypeError or IndexError when a frame has the name of market data and not its form.
    """
    dialect = DIALECTS.get(ccxt_id)
    if dialect is None or not isinstance(frame, Mapping):
        return []
    return list(dialect.read(frame))


def symbol_of(name: str) -> str:
    """Return a venue's name of a pair without the sign between base and quote."""
    return name.translate(SIGNS).upper()


# ---- Binance (and our sandbox exchange)


def binance(frame: Frame) -> Iterator[Message]:
    """Read streams of Binance Spot, plain or wrapped in {stream, data}."""
    body = frame.get("data", frame)
    if not isinstance(body, Mapping):
        return
    kind = body.get("e")
    if kind == "kline":
        raw = body["k"]
        yield _kline(str(raw["s"]), raw["t"], [raw[name] for name in "ohlcv"], is_final=bool(raw["x"]))
    elif kind == "depthUpdate":
        previous = body.get("pu")
        update = Update(
            int(body["U"]), int(body["u"]), body["b"], body["a"], None if previous is None else int(previous), body["E"]
        )
        yield BookUpdate(str(body["s"]), update)
    elif kind in ("aggTrade", "trade"):
        number = body["a"] if kind == "aggTrade" else body["t"]
        yield Print(str(body["s"]), str(number), str(body["p"]), str(body["q"]), int(body["T"]), bool(body["m"]))
    elif kind in ("24hrMiniTicker", "24hrTicker"):
        yield Day(str(body["s"]), str(body["c"]), str(body["o"]), str(body["v"]))
    elif kind in (None, "bookTicker") and {"s", "b", "a", "B", "A"} <= body.keys():
        yield BookTop(str(body["s"]), str(body["b"]), str(body["a"]), str(body["B"]), str(body["A"]))


# ---- Bybit


def bybit(frame: Frame) -> Iterator[Message]:
    """Read public topics of Bybit v5."""
    topic = str(frame.get("topic", "")).split(".")
    body = frame.get("data")
    if topic[0] == "orderbook" and topic[1] == "1":
        return  # the best level alone has numbers of its own; the deeper book says it too
    if topic[0] == "orderbook" and isinstance(body, Mapping):
        number = int(body["u"])
        # An update with number 1 is a snapshot after a restart of the service, whatever it calls itself.
        is_snapshot = frame.get("type") == "snapshot" or number == 1
        update = Update(number, number, body["b"], body["a"], ts=int(frame["ts"]), is_snapshot=is_snapshot)
        yield BookUpdate(str(body["s"]), update)
    elif topic[0] == "publicTrade" and isinstance(body, Sequence):
        for row in body:
            yield Print(str(row["s"]), str(row["i"]), row["p"], row["v"], int(row["T"]), row["S"] == "Sell")
    elif topic[0] == "kline" and isinstance(body, Sequence):
        for row in body:
            numbers = [row[name] for name in ("open", "high", "low", "close", "volume")]
            yield _kline(topic[-1], row["start"], numbers, is_final=bool(row["confirm"]))
    elif topic[0] == "tickers" and isinstance(body, Mapping) and {"lastPrice", "prevPrice24h"} <= body.keys():
        volume = str(body.get("volume24h", "0"))
        yield Day(str(body["symbol"]), str(body["lastPrice"]), str(body["prevPrice24h"]), volume)


# ---- OKX


def okx(frame: Frame) -> Iterator[Message]:
    """Read public channels of OKX v5."""
    about = frame.get("arg")
    if not isinstance(about, Mapping) or not isinstance(frame.get("data"), Sequence):
        return
    channel = str(about.get("channel", ""))
    name = symbol_of(str(about.get("instId", "")))
    for row in frame["data"]:
        if channel.startswith("books"):
            previous, number = int(row["prevSeqId"]), int(row["seqId"])
            is_snapshot = frame.get("action") == "snapshot"
            update = Update(number, number, row["bids"], row["asks"], previous, int(row["ts"]), is_snapshot)
            yield BookUpdate(name, update)
        elif channel.startswith("trades"):
            yield Print(name, str(row["tradeId"]), row["px"], row["sz"], int(row["ts"]), row["side"] == "sell")
        elif channel == "tickers":
            yield BookTop(name, row["bidPx"], row["askPx"], row["bidSz"], row["askSz"])
            yield Day(name, row["last"], row["open24h"], row["vol24h"])
        elif channel.startswith("candle"):
            yield _kline(name, row[0], row[1:6], is_final=str(row[8]) == "1")


def _kline(symbol: str, ts: Any, numbers: Sequence[Any], *, is_final: bool) -> Kline:
    opened, high, low, close, volume = map(str, numbers)
    return Kline(symbol, int(ts), opened, high, low, close, volume, is_final)


DIALECTS = {
    "binance": Dialect(binance, Rule.RANGE, has_socket_snapshot=False),
    "binanceusdm": Dialect(binance, Rule.PREVIOUS, has_socket_snapshot=False),
    "bybit": Dialect(bybit, Rule.STEP),
    "okx": Dialect(okx, Rule.PREVIOUS),
}
"""By ccxt's name. A venue without a dialect is followed by ccxt.pro's own reading (`unified`): candles, trades, whole
books and tickers, where it declares them; the sequence of the venue's frames is then ccxt.pro's to check."""
