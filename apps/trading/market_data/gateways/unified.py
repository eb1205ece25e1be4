"""Venues without a dialect of ours: followed through ccxt.pro's unified watch methods, as far as it declares them.

What ccxt.pro parsed becomes our messages. Whether a frame of the venue was lost is ccxt.pro's to notice: its book is
taken whole at each update, and a candle counts as closed when REST says so.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Self

from apps.trading.market_data.gateways.messages import BookTop, BookUpdate, Day, Kline, Message, Print
from kernel.order_book import Update

BOOK_LEVELS = 100
"""Of each side, at each update."""
ASKED_DEPTHS = {"kraken": 100}
"""Where ccxt's own depth shows less than a page does."""
POLL_SECONDS = 5.0
"""Candles of a venue that has no stream of them are asked for so often, by REST."""

Sink = Callable[[Message], None]
Step = Callable[[], Coroutine[Any, Any, Any]]


class Exact(float):
    """A number that ccxt can sort and negate, and that keeps the text it was read from."""

    text: str

    def __new__(cls, text: Any) -> Self:
        self = super().__new__(cls, text)
        self.text = str(text)
        return self

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def __reduce__(self) -> tuple[type["Exact"], tuple[str]]:
        return Exact, (self.text,)


def keeping_digits(venue_class: Any) -> Any:
    """Return ccxt's class with its readers of texts knowing `Exact`, and a frame it cannot read ending the socket."""

    class Kept(venue_class):  # type: ignore[misc]  # ccxt ships no types
        def handle_message(self, client: Any, message: Any) -> None:
            """Read a frame; an error would else end ccxt's reading without a word, its watchers waiting for ever."""
            try:
                super().handle_message(client, message)
            except Exception as error:  # noqa: BLE001 - whatever broke: what follows may build on this frame
                is_empty = isinstance(message, Mapping) and message.get("data") == []
                if not is_empty:  # some readers fail on a snapshot of nothing
                    client.on_error(error)

        @staticmethod
        def safe_string(dictionary: Any, key: Any, default_value: Any = None) -> Any:
            return _texts_of(venue_class.safe_string, dictionary, (key,), default_value, key)

        @staticmethod
        def safe_string_2(dictionary: Any, key1: Any, key2: Any, default_value: Any = None) -> Any:
            return _texts_of(venue_class.safe_string_2, dictionary, (key1, key2), default_value, key1, key2)

        @staticmethod
        def safe_string_n(dictionary: Any, key_list: Any, default_value: Any = None) -> Any:
            return _texts_of(venue_class.safe_string_n, dictionary, key_list, default_value, key_list)

    Kept.__name__ = venue_class.__name__
    return Kept


def _texts_of(read: Any, dictionary: Any, keys: Sequence[Any], default: Any, *arguments: Any) -> Any:
    found = read(dictionary, *arguments, None)
    if found is not None:
        return found
    for key in keys:
        try:
            value = dictionary[key]
        except (KeyError, IndexError, TypeError):
            continue
        if type(value) is Exact:
            return value.text
    return default


def text_of(value: Any) -> str:
    """Return a number of ccxt's as a plain decimal text with all its digits. Raises ValueError when it is none."""
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError(f"{str(value)[:40]} is no number") from error
    if not number.is_finite():
        raise ValueError(f"{str(value)[:40]} is no number")
    return f"{number:f}"


def print_of(symbol: str, row: Mapping[str, Any]) -> Print:
    """Return a trade. One without an id is known by what it says. Raises ValueError when a part is missing."""
    price, quantity, ts = text_of(row["price"]), text_of(row["amount"]), _time(row["timestamp"])
    name = row.get("id") or f"{ts}/{row.get('side')}/{price}/{quantity}"
    return Print(symbol, str(name), price, quantity, ts, is_sell=row.get("side") == "sell")


def candle_of(symbol: str, row: Sequence[Any]) -> Kline:
    """Return a candle that may still be forming. Raises ValueError when a part is missing."""
    opened, high, low, close, volume = map(text_of, row[1:6])
    return Kline(symbol, int(row[0]), opened, high, low, close, volume, closed=False)


def book_of(symbol: str, number: int, book: Mapping[str, Any]) -> BookUpdate:
    """Return ccxt's book, whole, as our update `number`: the best levels of each side. Raises ValueError."""
    bids, asks = ([(text_of(row[0]), text_of(row[1])) for row in book[side][:BOOK_LEVELS]] for side in ("bids", "asks"))
    return BookUpdate(symbol, Update(number, number, bids, asks, ts=book.get("timestamp") or 0, is_snapshot=True))


def day_of(symbol: str, row: Mapping[str, Any]) -> Day:
    """Return the day's figures; an opening price that the venue does not tell is 0. Raises ValueError."""
    opened, volume = (row.get(name) for name in ("open", "baseVolume"))
    texts = ["0" if value is None else text_of(value) for value in (opened, volume)]
    return Day(symbol, text_of(row["last"]), *texts)


def top_of(symbol: str, row: Mapping[str, Any]) -> BookTop:
    """Return the best prices of a ticker. Raises ValueError."""
    sizes = (row.get(name) for name in ("bidVolume", "askVolume"))
    texts = ["0" if value is None else text_of(value) for value in sizes]
    return BookTop(symbol, text_of(row["bid"]), text_of(row["ask"]), *texts)


def _time(value: Any) -> int:
    if value is None:
        raise ValueError("a trade without a time")
    return int(value)


class UnifiedFollower:
    """Follows one venue by its declared watch methods, a subscription for each symbol and kind."""

    def __init__(self, venue: Any, sink: Sink, newest_candle: Callable[[str, str], Awaitable[Kline]]) -> None:
        self._venue = venue
        self._sink = sink
        self._newest_candle = newest_candle
        self._books = 0
        self.refused = 0

    @property
    def has_books(self) -> bool:
        """Whether ccxt.pro keeps the venue's books."""
        return self._can("watchOrderBook")

    def _can(self, method: str) -> bool:
        return bool(self._venue.has.get(method))

    def steps(self, names: Mapping[str, str], interval: str, *, has_candles: bool) -> list[Step]:
        """Return what is to be called again and again, of symbols of ours and their names at ccxt."""
        found: list[Step] = []
        for symbol, name in names.items():
            if has_candles:
                found.append(self._candles(symbol, name, interval))
            if self._can("watchTrades"):
                found.append(lambda symbol=symbol, name=name: self._trades(symbol, name))  # type: ignore[misc]
            if self.has_books:
                found.append(lambda symbol=symbol, name=name: self._book(symbol, name))  # type: ignore[misc]
            if self._can("watchTicker"):
                found.append(lambda symbol=symbol, name=name: self._ticker(symbol, name))  # type: ignore[misc]
        return found

    def _candles(self, symbol: str, name: str, interval: str) -> Step:
        if not self._can("watchOHLCV"):
            return lambda: self._polled(symbol, interval)
        return lambda: self._streamed(symbol, name, interval)

    async def _streamed(self, symbol: str, name: str, interval: str) -> None:
        rows = await self._venue.watch_ohlcv(name, interval)
        if rows:  # the newest alone: what is before it is closed, and closed candles come by REST
            self._say(lambda: [candle_of(symbol, rows[-1])])

    async def _polled(self, symbol: str, interval: str) -> None:
        self._sink(await self._newest_candle(symbol, interval))
        await asyncio.sleep(POLL_SECONDS)

    async def _trades(self, symbol: str, name: str) -> None:
        for row in await self._venue.watch_trades(name):
            self._say(lambda row=row: [print_of(symbol, row)])  # type: ignore[misc]
            if not self._can("watchTicker"):
                self._say(lambda row=row: [Day(symbol, text_of(row["price"]), "0")])  # type: ignore[misc]

    async def _book(self, symbol: str, name: str) -> None:
        book = await self._venue.watch_order_book(name, ASKED_DEPTHS.get(self._venue.id))
        self._books += 1
        self._say(lambda: [book_of(symbol, self._books, book)])

    async def _ticker(self, symbol: str, name: str) -> None:
        row = await self._venue.watch_ticker(name)
        self._say(lambda: [day_of(symbol, row)])
        if not self.has_books:
            self._say(lambda: [top_of(symbol, row)])

    def _say(self, read: Callable[[], Sequence[Message]]) -> None:
        """Hand on what was read; what lacks a part is counted and left out."""
        try:
            messages = read()
        except (KeyError, ValueError, TypeError, IndexError):
            self.refused += 1
            return
        for message in messages:
            self._sink(message)
