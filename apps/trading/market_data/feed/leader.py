"""The leader's work while it holds the lease: follow the venue until something breaks."""

import asyncio
import logging
import random
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import redis.asyncio

from apps.core.clock import monotonic
from apps.trading.exchanges.choices import Observed
from apps.trading.exchanges.operations import instrument_async_client, record_observation
from apps.trading.market_data.cancellation import still_wanted
from apps.trading.market_data.feed import records
from apps.trading.market_data.feed.board import SymbolBoard
from apps.trading.market_data.feed.candles import CandleKeeper
from apps.trading.market_data.feed.grid import GridGuard
from apps.trading.market_data.feed.keeping import TickKeeper
from apps.trading.market_data.feed.lines import Line, best_prices, is_ours
from apps.trading.market_data.feed.mending import Mender
from apps.trading.market_data.feed.publisher import Publisher
from apps.trading.market_data.feed.tape import Tape
from apps.trading.market_data.feed.threads import hop
from apps.trading.market_data.feed.watchdog import Watchdog
from apps.trading.market_data.gateways.messages import BookTop, BookUpdate, Day, Kline, Message, Print
from apps.trading.market_data.gateways.venue_stream import VenueStream
from kernel.instruments import INTERVALS

logger = logging.getLogger("outcry.market_data")
REPORT_SECONDS = 2.0
SHORTEST_EXPECTED = 3.0
EMPTY_SECONDS = 60.0
"""How long a group without symbols is led before it is looked at again."""
ANSWER_WITHIN = 0.3
"""Of the expected interval: so long REST may take to say whether silence is right."""
IN_FLIGHT_SECONDS = 0.3


class FeedStale(Exception):
    """The venue has news that its sockets did not bring."""


@dataclass(frozen=True, slots=True)
class FeedOptions:
    """How the feed works; seconds of wall time."""

    venue: str = "sandbox"
    interval: str = "5m"
    is_home: bool = True
    """Whether this venue's candles are stored and dispatched, and its prices go under the symbol's plain name."""
    part: int = 0
    parts: int = 1
    """Which of the venue's symbols: several processes share them."""
    silence_seconds: float = 10.0
    """The longest time within which news of a symbol is expected; a livelier symbol is expected sooner."""
    flush_seconds: float = 0.25
    quote_seconds: float = 5.0
    """An unchanged quote is stamped again so often, while the venue answers."""
    retry_dispatch_seconds: float = 2.0


@dataclass
class Leader:
    """Follows one venue. `run` ends with an exception; what matters is stored by then. Without symbols it just ends."""

    options: FeedOptions
    redis: "redis.asyncio.Redis"
    rng: random.Random = field(default_factory=random.Random)
    lines: dict[str, Line] = field(default_factory=dict)
    grid: GridGuard | None = None
    """Looks at the prices of a venue that ccxt.pro reads for us."""
    lag: float = 0.0
    """The longest that a message waited for us since it was reported last, in seconds."""

    def __post_init__(self) -> None:
        longest = self.options.silence_seconds
        self.watchdog = Watchdog(min(SHORTEST_EXPECTED, longest), longest)
        options = self.options
        self.publisher = Publisher(
            self.redis, options.venue, options.is_home, self.lines, options.flush_seconds, options.quote_seconds
        )

    async def run(self) -> None:
        """Connect, fill what is missing, dispatch what was missed, follow the sockets."""
        queue: asyncio.Queue[tuple[float, Message]] = asyncio.Queue()
        ccxt_id, settings = await hop(records.venue_access)(self.options.venue)
        stream = VenueStream(ccxt_id, settings, lambda message: queue.put_nowait((monotonic(), message)))
        self.grid = GridGuard() if stream.is_unified else None
        instrument_async_client(stream.client, venue=self.options.venue)
        candles = CandleKeeper(stream, self.options.interval, self.lines)
        mender = Mender(stream, self.lines, self.rng)
        try:
            await stream.open()
            await self._recall(stream)
            if not self.lines:  # a group may be empty until an instrument is added
                await asyncio.sleep(EMPTY_SECONDS)
                return
            if self.options.is_home:
                for symbol in self.lines:
                    await candles.fill(symbol)
            for symbol, line in self.lines.items():
                mender.ask_book(symbol)  # a market that stands sends no difference that would ask for it
                mender.ask_trades(symbol)
                kinds = [kind for kind, is_followed in self._kinds(line) if is_followed]
                for kind in kinds:
                    self.watchdog.begin((kind, symbol), monotonic())
            async with asyncio.TaskGroup() as group:
                group.create_task(stream.run(list(self.lines), self.options.interval, has_candles=self.options.is_home))
                keeper = TickKeeper(self.options.venue, self.lines)
                work = [self._consume(queue, candles, mender), mender.run(), self.publisher.run(), keeper.run()]
                work += [self._watch(stream), self._report()]
                if self.options.is_home:
                    work.append(self._dispatch_again(candles))
                for step in work:
                    group.create_task(step)
        finally:
            await stream.close()

    def _kinds(self, line: Line) -> tuple[tuple[type, bool], ...]:
        """Return the kinds of messages whose silence means something, and whether this line gets them."""
        return (Kline, self.options.is_home), (BookUpdate, line.book is not None)

    async def _recall(self, stream: VenueStream) -> None:
        """Begin each line from what is stored; books and trades begin anew with the connection."""
        self.lines.clear()
        step = INTERVALS[self.options.interval]
        for item in await hop(records.followed)(self.options.interval):
            symbol = item.spec.symbol
            if stream.lists(symbol) and is_ours(symbol, self.options.part, self.options.parts):
                board = SymbolBoard(item.spec, step)
                board.recall(item.recent)
                line = self.lines[symbol] = Line(board, item.last_ts, stream.book_rule)
                line.tape = Tape(is_numbered=not stream.is_unified)
                # What stalled is trusted again when news flow, not because a new socket greets with the present.
                line.is_stale = await self.publisher.was_stale(symbol)
                kept = await hop(records.newest_kept)(self.options.venue, symbol)
                line.tape.recall(await self.publisher.told_prints(symbol), kept)

    async def _consume(
        self, queue: "asyncio.Queue[tuple[float, Message]]", candles: CandleKeeper, mender: Mender
    ) -> None:
        while still_wanted():
            came_at, message = await queue.get()
            self.lag = max(self.lag, monotonic() - came_at)
            line = self.lines.get(message.symbol)
            if line is None:
                continue
            if isinstance(message, Kline | BookUpdate):
                self.watchdog.beat((type(message), message.symbol), monotonic())
            if isinstance(message, Kline):
                if self.options.is_home:
                    await candles.take(message)
            elif self._may_count(message, line):
                _take(message, line, mender)

    def _may_count(self, message: Message, line: Line) -> bool:
        """Refuse a price off the grid where it would be the symbol's; elsewhere it is told in the venue's digits."""
        return self.grid is None or self.grid.is_on_grid(message, line.board.spec) or not self.options.is_home

    async def _report(self) -> None:
        """Tell the health of the venue how far behind its streams we are, and the log which prices left the grid."""
        while still_wanted():
            await asyncio.sleep(REPORT_SECONDS)
            lag, self.lag = self.lag, 0.0
            for symbol, count in (self.grid.take_report() if self.grid else {}).items():
                facts = {"venue": self.options.venue, "symbol": symbol, "messages": count}
                logger.warning("prices off the instrument's grid", extra=facts)
                looked_at = self.grid.take_looked_at(symbol) if self.grid else count
                await hop(records.note_off_grid)(self.options.venue, symbol, count, looked_at)
            await asyncio.to_thread(
                record_observation, self.options.venue, Observed.STREAM, ok=True, latency_ms=round(lag * 1_000)
            )

    async def _dispatch_again(self, candles: CandleKeeper) -> None:
        """Try dispatchers again that failed, also when no candle closes."""
        while still_wanted():
            await asyncio.sleep(self.options.retry_dispatch_seconds)
            for symbol in self.lines:
                await candles.dispatch(symbol)

    async def _watch(self, stream: VenueStream) -> None:
        """Tell a market that stands still from a socket that died: REST knows.

        Raises FeedStale before twice the expected interval has passed, after readers were told that prices are stale.
        """
        while still_wanted():
            await asyncio.sleep(self.watchdog.shortest / 10)
            for stream_name in self.watchdog.silent(monotonic()):
                await self._ask_about(stream, *stream_name)
            for symbol, line in self.lines.items():
                if line.is_stale and self.watchdog.is_flowing(symbol):
                    await self._call(symbol, is_stale=False)

    async def _ask_about(self, stream: VenueStream, kind: type, symbol: str) -> None:
        pulse = self.watchdog.pulses[kind, symbol]
        heard = pulse.heard_at
        question = self._is_book_behind if kind is BookUpdate else self._is_candle_behind
        try:
            async with asyncio.timeout(ANSWER_WITHIN * self.watchdog.expected((kind, symbol))):
                is_missing = await question(stream, symbol)
        except TimeoutError:
            if pulse.heard_at == heard:  # neither the socket nor REST says anything: asked again in a moment
                await self._call(symbol, is_stale=True)
            return
        if is_missing and pulse.heard_at == heard:
            await self._call(symbol, is_stale=True)
            await asyncio.to_thread(record_observation, self.options.venue, Observed.STREAM, ok=False)
            raise FeedStale(f"{symbol}: the venue has news that the socket did not bring")
        self.watchdog.calm((kind, symbol), monotonic())
        if self.lines[symbol].is_stale:
            await self._call(symbol, is_stale=False)

    async def _is_book_behind(self, stream: VenueStream, symbol: str) -> bool:
        book = self.lines[symbol].book
        if book is None or not book.is_ready:
            return False
        if not stream.can_fetch_book:
            top = await stream.book_top(symbol)
            return top is not None and top != best_prices(book.book) and await self._nothing_follows()
        snapshot = await stream.book_snapshot(symbol)
        return snapshot.last > book.book.sequence and await self._nothing_follows()

    async def _nothing_follows(self) -> bool:
        """Wait for a frame that may be on its way; the caller looks whether it came."""
        await asyncio.sleep(min(IN_FLIGHT_SECONDS, self.watchdog.shortest / 10))
        return True

    async def _is_candle_behind(self, stream: VenueStream, symbol: str) -> bool:
        line = self.lines[symbol]
        newest = await stream.newest_candle(symbol, self.options.interval)
        if _same(line.forming, newest) or (line.forming is None and line.last_ts is None):
            line.forming = line.forming or newest
            return False
        if line.forming is None and line.last_ts is not None and newest.ts <= line.last_ts + line.board.step:
            line.forming = newest  # nothing was said yet: from now on it must be said
            return False
        return await self._nothing_follows()

    async def _call(self, symbol: str, *, is_stale: bool) -> None:
        self.lines[symbol].is_stale = is_stale
        await self.publisher.tell_state(symbol, is_stale=is_stale)


def _take(message: BookTop | Day | Print | BookUpdate, line: Line, mender: Mender) -> None:
    """Take what needs no database; ask for what turns out to be missing."""
    if isinstance(message, BookUpdate):
        if line.take_book(message):
            mender.ask_book(message.symbol)
    elif isinstance(message, Print):
        if line.tape.take(message):
            mender.ask_trades(message.symbol)
    elif isinstance(message, BookTop):
        line.hears_top = True
        line.board.book(message)
    else:
        line.board.day(message)


def _same(known: Kline | None, newest: Kline) -> bool:
    """Return whether REST says of the forming candle what the stream said last."""
    if known is None:
        return False
    names = ("open", "high", "low", "close", "volume")
    pairs = ((getattr(known, name), getattr(newest, name)) for name in names)
    return known.ts == newest.ts and all(one == other or Decimal(one) == Decimal(other) for one, other in pairs)


def facts_of(error: BaseException) -> dict[str, Any]:
    """Return what a log line says of the end of a round: the causes inside task groups, without their traces."""
    if isinstance(error, BaseExceptionGroup):
        return {"causes": [cause for inner in error.exceptions for cause in facts_of(inner)["causes"]]}
    return {"causes": [f"{type(error).__name__}: {error}"[:300]]}
