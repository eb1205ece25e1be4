"""The leader's work while it holds the lease: follow the venue until something breaks."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

import redis.asyncio

from apps.core.clock import monotonic, now_ms
from apps.core.context import PUBLIC, in_tenant_thread
from apps.core.live import publish_async
from apps.trading.market_data.cancellation import still_wanted
from apps.trading.market_data.feed import records
from apps.trading.market_data.feed.board import SymbolBoard
from apps.trading.market_data.feed.records import KlineRefused, row_of
from apps.trading.market_data.gateways.quote_cache import EXPIRY_SECONDS, key_of, to_text
from apps.trading.market_data.gateways.venue_stream import BookTop, Day, Kline, Message, VenueStream
from apps.trading.market_data.operations.dispatch import dispatch_closed
from apps.trading.market_data.topics import Row
from kernel.instruments import INTERVALS

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger("outcry.market_data")
FIRST_BARS = 1_000


class FeedStale(Exception):
    """The venue has news that its sockets did not bring."""


@dataclass(frozen=True, slots=True)
class FeedOptions:
    """How the feed works; seconds of wall time."""

    venue: str = "sandbox"
    interval: str = "5m"
    silence_seconds: float = 10.0
    """After so long without a message REST is asked whether the market stands or the socket is dead."""
    flush_seconds: float = 0.25
    quote_seconds: float = 5.0
    """An unchanged quote is stamped again so often, while the venue answers."""
    retry_dispatch_seconds: float = 2.0


def hop(function: Callable[P, R]) -> Callable[P, Awaitable[R]]:
    """Return a database function as an awaitable that runs in a thread, in public."""
    return in_tenant_thread(PUBLIC, function)


@dataclass
class Leader:
    """Follows one venue. `run` ends with an exception; all that matters is stored by then."""

    options: FeedOptions
    redis: "redis.asyncio.Redis"
    boards: dict[str, SymbolBoard] = field(default_factory=dict)
    last_ts: dict[str, int | None] = field(default_factory=dict)
    forming_ts: dict[str, int] = field(default_factory=dict)
    alive_at: float = 0.0

    async def run(self) -> None:
        """Connect, fill what is missing, dispatch what was missed, follow the sockets."""
        queue: asyncio.Queue[Message] = asyncio.Queue()
        ccxt_id, settings = await hop(records.venue_access)(self.options.venue)
        stream = VenueStream(ccxt_id, settings, queue.put_nowait)
        try:
            await stream.open()
            await self._recall(stream)
            for symbol in self.boards:
                await self._fill(stream, symbol)
            self.alive_at = monotonic()
            async with asyncio.TaskGroup() as group:
                group.create_task(stream.run(list(self.boards), self.options.interval))
                for step in (self._consume(queue, stream), self._flush(), self._watch(stream), self._dispatch_again()):
                    group.create_task(step)
        finally:
            await stream.close()

    @property
    def step(self) -> int:
        """The base interval in ms."""
        return INTERVALS[self.options.interval]

    async def _recall(self, stream: VenueStream) -> None:
        self.boards.clear()
        self.forming_ts.clear()
        for item in await hop(records.followed)(self.options.interval):
            if stream.lists(item.spec.symbol):
                board = self.boards[item.spec.symbol] = SymbolBoard(item.spec, self.step)
                board.recall(item.recent)
                self.last_ts[item.spec.symbol] = item.last_ts

    async def _fill(self, stream: VenueStream, symbol: str) -> None:
        """Store every closed candle after the newest stored one, by REST, and have all of them dispatched."""
        interval = self.options.interval
        last = self.last_ts[symbol]
        start = await self._first_start(stream, symbol) if last is None else last + self.step
        filled = 0
        while klines := await stream.closed_klines(symbol, interval, start):
            await self._store(symbol, [row_of(kline, self.boards[symbol].spec) for kline in klines], "REST")
            filled += len(klines)
            start = klines[-1].ts + self.step
        if filled:
            logger.info("gap filled", extra={"symbol": symbol, "candles": filled})
        await self._dispatch(symbol)

    async def _first_start(self, stream: VenueStream, symbol: str) -> int:
        """Without any stored candle the feed begins with the venue's last thousand."""
        newest = await stream.newest_open(symbol, self.options.interval)
        return max(0, newest - FIRST_BARS * self.step)

    async def _store(self, symbol: str, rows: list[Row], source: str) -> None:
        await hop(records.store_rows)(symbol, self.options.interval, rows, source)
        for row in rows:
            self.boards[symbol].close(row)
        self.last_ts[symbol] = rows[-1][0]

    async def _consume(self, queue: "asyncio.Queue[Message]", stream: VenueStream) -> None:
        while still_wanted():
            message = await queue.get()
            self.alive_at = monotonic()
            board = self.boards.get(message.symbol)
            if board is None:
                continue
            if isinstance(message, BookTop):
                board.book(message)
            elif isinstance(message, Day):
                board.day(message)
            else:
                await self._take(message, stream)

    async def _take(self, kline: Kline, stream: VenueStream) -> None:
        """Take a candle in sequence; one that does not follow the newest stored one shows a gap."""
        symbol = kline.symbol
        try:
            row = row_of(kline, self.boards[symbol].spec)
        except KlineRefused as refusal:
            logger.warning("candle refused", extra={"reason": str(refusal)})
            return
        last = self.last_ts[symbol]
        if last is not None and kline.ts > last + self.step:
            await self._fill(stream, symbol)
            last = self.last_ts[symbol]
        if last is not None and kline.ts <= last:
            return
        self.forming_ts[symbol] = kline.ts
        if not kline.closed:
            self.boards[symbol].form(row)
            return
        await self._store(symbol, [row], "stream")
        await self._dispatch(symbol)

    async def _dispatch(self, symbol: str) -> None:
        while await hop(dispatch_closed)(symbol, self.options.interval):
            pass

    async def _dispatch_again(self) -> None:
        """Try dispatchers again that failed, also when no candle closes."""
        while still_wanted():
            await asyncio.sleep(self.options.retry_dispatch_seconds)
            for symbol in self.boards:
                await self._dispatch(symbol)

    async def _flush(self) -> None:
        """Publish what changed, a few times a second: prices conflate anyway."""
        stamped = monotonic()
        while still_wanted():
            await asyncio.sleep(self.options.flush_seconds)
            is_due = monotonic() - stamped >= self.options.quote_seconds
            is_alive = monotonic() - self.alive_at <= self.options.silence_seconds * 1.5
            for symbol, board in self.boards.items():
                for interval, data in board.take_candles():
                    await publish_async(f"candles.{symbol}.{interval}", data, client=self.redis)
                if board.has_new_quote or (is_due and is_alive):
                    await self._publish_quote(symbol, board)
            stamped = monotonic() if is_due else stamped

    async def _publish_quote(self, symbol: str, board: SymbolBoard) -> None:
        data = board.quote(now_ms())
        board.has_new_quote = False
        if data is not None:
            await self.redis.set(key_of(symbol), to_text(data), ex=EXPIRY_SECONDS)
            await publish_async(f"quotes.{symbol}", data, client=self.redis)

    async def _watch(self, stream: VenueStream) -> None:
        """Tell a market that stands still from a socket that died: REST knows."""
        while still_wanted():
            await asyncio.sleep(self.options.silence_seconds / 4)
            if monotonic() - self.alive_at < self.options.silence_seconds:
                continue
            for symbol in self.boards:
                newest = await stream.newest_open(symbol, self.options.interval)
                last = self.last_ts[symbol]
                if newest > self.forming_ts.get(symbol, newest) or (last is not None and newest > last + self.step):
                    raise FeedStale(f"{symbol}: the venue is at {newest}, the socket said nothing")
            self.alive_at = monotonic()


def facts_of(error: BaseException) -> dict[str, Any]:
    """Return what a log line says of the end of a round: the causes inside task groups, without their traces."""
    if isinstance(error, BaseExceptionGroup):
        return {"causes": [cause for inner in error.exceptions for cause in facts_of(inner)["causes"]]}
    return {"causes": [f"{type(error).__name__}: {error}"[:300]]}
