"""A venue's public market data through ccxt.pro: sockets for what moves, REST for what was missed. No Django inside."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from apps.core.errors import LimitReached, Unavailable
from apps.trading.market_data.cancellation import still_wanted
from apps.trading.market_data.gateways.dialects import DIALECTS, read, symbol_of
from apps.trading.market_data.gateways.messages import BookTop, BookUpdate, Day, Kline, Message, Print
from apps.trading.market_data.gateways.unified import Exact, UnifiedFollower, keeping_digits
from kernel.order_book import Rule, Update

__all__ = ["BookTop", "BookUpdate", "Day", "Kline", "Message", "Print", "VenueStream", "load_library"]
MAX_ROWS = 1_000
TIMEOUT_MS = 8_000
TRIES = 6
FIRST_WAIT = 0.25
SNAPSHOT_LEVELS = 1_000

Answer = TypeVar("Answer")
Sink = Callable[[Message], None]


def load_library() -> None:
    """Import ccxt.pro: seconds of work, so a process does it before anything waits for it."""
    import ccxt.pro  # noqa: F401 - only the feed needs it


class VenueStream:
    """One connection to one venue. After an error it is closed and a new one is made."""

    def __init__(self, ccxt_id: str, settings: Mapping[str, Any], sink: Sink) -> None:
        import ccxt.pro  # see load_library

        venue_class: Any = getattr(ccxt.pro, ccxt_id)
        stream = self

        class Tapped(venue_class):  # type: ignore[misc]  # ccxt ships no types
            """Hands raw frames on: ccxt's unified forms drop exact digits, sequence numbers, and what is final."""

            def handle_message(self, client: Any, message: Any) -> None:
                """Take market data out of what comes; the rest is ccxt's (answers, pings, errors)."""
                if not stream._tap(message):
                    super().handle_message(client, message)

            def handle_order_book_subscription(self, client: Any, message: Any, subscription: Any) -> None:
                """Keep ccxt from fetching a snapshot: the feed's own builder asks for one."""

        self._ccxt_id = ccxt_id
        self._sink = sink
        given = {**settings, "timeout": TIMEOUT_MS}
        if self.is_unified:
            self._venue: Any = keeping_digits(venue_class)({**given, "number": Exact})
        else:
            self._venue = Tapped(given)
            self._venue.options["watchTradesForSymbols"] = {"name": "aggTrade"}  # the numbers that REST fills holes by
        self._follower = UnifiedFollower(self._venue, sink, self.newest_candle)
        self._names: dict[str, str] = {}
        self._refused = 0

    page_rows = MAX_ROWS

    @property
    def is_unified(self) -> bool:
        """Whether ccxt.pro reads this venue for us: no dialect of ours knows its frames."""
        return self._ccxt_id not in DIALECTS

    @property
    def refused_frames(self) -> int:
        """How many frames, or what ccxt.pro made of them, lacked a part."""
        return self._refused + self._follower.refused

    @property
    def book_rule(self) -> Rule | None:
        """How book updates of this venue follow each other; None: nobody tells its book."""
        dialect = DIALECTS.get(self._ccxt_id)
        if dialect is None:
            return Rule.WHOLE if self._follower.has_books else None
        return dialect.rule

    @property
    def can_fetch_book(self) -> bool:
        """Whether a lost book is mended by REST; if not, the stream is opened anew and begins with a snapshot."""
        dialect = DIALECTS.get(self._ccxt_id)
        return dialect is not None and not dialect.has_socket_snapshot

    @property
    def client(self) -> Any:
        """The ccxt client, for the meter of the venue's request budget."""
        return self._venue

    async def open(self) -> None:
        """Read the venue's markets."""
        markets = await self._patiently(self._venue.load_markets)
        spot = {name: market for name, market in markets.items() if market["spot"]}
        self._names = {symbol_of(market["base"] + market["quote"]): name for name, market in spot.items()}
        if not self.is_unified:
            self._venue.number = str  # what ccxt reads from here on keeps its digits

    def lists(self, symbol: str) -> bool:
        """Return whether the venue trades a symbol of ours."""
        return symbol in self._names

    async def closed_klines(self, symbol: str, interval: str, start_ms: int) -> list[Kline]:
        """Return the next closed candles (at most 999) that open at `start_ms` or later, by REST.

        A candle counts as closed when a later one exists: the newest of all may still be forming and is left out.
        """
        rows = await self._rows(symbol, interval, start_ms, MAX_ROWS)
        return [_candle(symbol, row[0], row[1:6], closed=True) for row in rows[:-1]]

    async def newest_candle(self, symbol: str, interval: str) -> Kline:
        """Return the newest candle, the forming one, by REST."""
        rows = await self._rows(symbol, interval, None, 1)
        return _candle(symbol, rows[-1][0], rows[-1][1:6], closed=False)

    async def _rows(self, symbol: str, interval: str, start_ms: int | None, limit: int) -> list[list[Any]]:
        """Return candles from a time on, or the newest ones, with the venue's own digits."""
        if self._ccxt_id != "binance":
            name = self._names[symbol]
            found: list[list[Any]] = await self._patiently(
                lambda: self._venue.fetch_ohlcv(name, interval, start_ms, limit)
            )
            return found
        request = {"symbol": symbol, "interval": interval, "limit": limit}
        if start_ms is not None:
            request["startTime"] = start_ms
        rows: list[list[Any]] = await self._patiently(lambda: self._venue.public_get_klines(request))
        return rows

    async def book_snapshot(self, symbol: str) -> Update:
        """Return the book by REST, numbered so that it fits the differences of the stream."""
        request = {"symbol": symbol, "limit": SNAPSHOT_LEVELS}
        found = await self._patiently(lambda: self._venue.public_get_depth(request))
        number = int(found["lastUpdateId"])
        return Update(number, number, found["bids"], found["asks"], is_snapshot=True)

    async def prints_from(self, symbol: str, first_id: int | None) -> list[Print]:
        """Return the next trades (at most 1,000) from an id on, or the newest, by REST; none where it cannot be."""
        if self._ccxt_id != "binance":
            return []
        request: dict[str, Any] = {"symbol": symbol, "limit": MAX_ROWS}
        if first_id is not None:
            request["fromId"] = first_id
        rows = await self._patiently(lambda: self._venue.public_get_aggtrades(request))
        return [
            Print(symbol, str(row["a"]), str(row["p"]), str(row["q"]), int(row["T"]), is_sell=bool(row["m"]))
            for row in rows
        ]

    async def book_top(self, symbol: str) -> tuple[Decimal, Decimal] | None:
        """Return best bid and ask by REST, or None while a side is empty."""
        limit = None if self.is_unified else 5  # which depths a venue knows, only ccxt knows
        found = await self._patiently(lambda: self._venue.fetch_order_book(self._names[symbol], limit))
        if not found["bids"] or not found["asks"]:
            return None
        return Decimal(str(found["bids"][0][0])), Decimal(str(found["asks"][0][0]))

    async def run(self, symbols: Sequence[str], interval: str, *, has_candles: bool = True) -> None:
        """Send messages to the sink until an error ends it. Each stream is subscribed once, whoever reads it."""
        if self.is_unified:
            pairs = {symbol: self._names[symbol] for symbol in symbols}
            await self._repeat(self._follower.steps(pairs, interval, has_candles=has_candles))
            return
        names = [self._names[symbol] for symbol in symbols]
        steps: list[Callable[[], Coroutine[Any, Any, Any]]] = [
            lambda: self._venue.watch_tickers(names),
            lambda: self._venue.watch_trades_for_symbols(names),
        ]
        if has_candles:
            steps.append(lambda: self._venue.watch_ohlcv_for_symbols([[name, interval] for name in names]))
        if self.can_fetch_book:
            steps.append(lambda: self._venue.watch_bids_asks(names))
        if self.book_rule is not None:
            steps.append(lambda: self._venue.watch_order_book_for_symbols(names))
        await self._repeat(steps)

    async def _repeat(self, steps: Sequence[Callable[[], Coroutine[Any, Any, Any]]]) -> None:
        async with asyncio.TaskGroup() as group:
            for step in steps:
                group.create_task(self._forever(step))

    async def close(self) -> None:
        """End the sockets."""
        await self._venue.close()

    def _tap(self, frame: Any) -> bool:
        """Hand on what a frame says; return whether it was market data that this stream reads itself."""
        try:
            messages = read(self._ccxt_id, frame)
        except (KeyError, ValueError, TypeError, IndexError):
            self._refused += 1
            return True
        for message in messages:
            self._sink(message)
        return bool(messages)

    async def _patiently(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """Ask by REST; a busy venue (429, 5xx, no answer) is asked again, each time later, half of it random."""
        import ccxt

        wait = FIRST_WAIT
        for left in range(TRIES - 1, -1, -1):
            try:
                return await call()
            except (ccxt.NetworkError, LimitReached, Unavailable):
                if not left:
                    raise
            await asyncio.sleep(wait * (0.5 + random.random() / 2))  # noqa: S311 - spreads requests, guards nothing
            wait *= 2
        raise AssertionError("unreachable")

    @staticmethod
    async def _forever(step: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        while still_wanted():
            await step()


def _candle(symbol: str, ts: Any, numbers: Sequence[Any], *, closed: bool) -> Kline:
    opened, high, low, close, volume = map(str, numbers)
    return Kline(symbol, int(ts), opened, high, low, close, volume, closed)
