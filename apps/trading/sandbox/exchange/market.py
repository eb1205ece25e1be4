"""Prices and candles at a position of the market clock. Reads only."""

import itertools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from apps.trading.sandbox.exchange.book_tape import Quote
from apps.trading.sandbox.exchange.candles import (
    QUANTA,
    Recording,
    SymbolCandles,
    interval_end,
    interval_open,
    path_prices,
)
from apps.trading.sandbox.exchange.state import MarketClock
from apps.trading.sandbox.exchange.symbols import KNOWN_SYMBOLS


@dataclass(frozen=True, slots=True)
class Candle:
    """One candle: market times in ms, prices in ticks, volume in base units, quote volume in 10^-2 quote."""

    open_time: int
    close_time: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    quote_cents: int
    trades: int
    closed: bool


class MarketPrint(NamedTuple):
    """A trade of the recorded market: ticks, lots, market time in ms."""

    price: int
    lots: int
    time: int
    buyer_is_maker: bool


class MarketView:
    """The recording seen from the market clock: nothing after the clock's quantum is ever shown."""

    def __init__(self, recording: Recording, clock: MarketClock) -> None:
        self.recording = recording
        self.clock = clock
        self._quantum_ms = recording.quantum_ms
        self._paths: dict[str, tuple[int, tuple[int, ...]]] = {}  # the bar that was asked for last, by symbol

    @property
    def now_ms(self) -> int:
        """Market time."""
        return self.clock.origin + self.clock.quantum * self._quantum_ms

    def time_of(self, quantum: int) -> int:
        """Market time of a quantum."""
        return self.clock.origin + quantum * self.recording.quantum_ms

    def bar_time(self, bar: int) -> int:
        """Open time of a virtual bar."""
        return self.clock.origin + bar * self.recording.bar_ms

    def path(self, symbol: str, bar: int) -> tuple[int, ...]:
        """The QUANTA prices of a virtual bar."""
        tape = self.recording.tapes.get(symbol)
        if tape is not None:
            return tape.path(bar % self.recording.bars)
        known = self._paths.get(symbol)
        if known is None or known[0] != bar:
            prices = path_prices(*self.recording.symbols[symbol].bar(bar % self.recording.bars))
            known = self._paths[symbol] = bar, prices
        return known[1]

    def price(self, symbol: str, quantum: int | None = None) -> int:
        """Price in ticks at a quantum (now by default)."""
        bar, step = divmod(self.clock.quantum if quantum is None else quantum, QUANTA)
        tape = self.recording.tapes.get(symbol)
        if tape is not None:
            return tape.price(bar % self.recording.bars * QUANTA + step)
        return self.path(symbol, bar)[step]

    def is_traded(self, symbol: str) -> bool:
        """Whether a symbol's source is recorded trades; else candles."""
        return symbol in self.recording.tapes

    def prints(self, symbol: str, quantum: int) -> list[MarketPrint]:
        """The recorded market's own trades of a quantum: with candles one, a fiftieth of the bar's volume."""
        bar, step = divmod(quantum, QUANTA)
        index, opened = bar % self.recording.bars, self.bar_time(bar)
        tape = self.recording.tapes.get(symbol)
        if tape is not None:
            found = tape.prints(index * QUANTA + step)
            return [MarketPrint(each.price, each.lots, opened + each.offset_ms, each.seller_took) for each in found]
        path, spec = self.path(symbol, bar), KNOWN_SYMBOLS[symbol]
        lots = max(1, int(self.recording.symbols[symbol].volume[index]) // QUANTA // spec.lot_units)
        falling = step > 0 and path[step] < path[step - 1]
        return [MarketPrint(path[step], lots, self.time_of(quantum), falling)]

    def book(self, symbol: str) -> list[Quote] | None:
        """The recorded levels of now, each side best first; None where no books were recorded."""
        books = self.recording.books.get(symbol)
        return books.quotes(self.clock.quantum % (self.recording.bars * QUANTA)) if books is not None else None

    def average_price(self, symbol: str) -> int:
        """Mean price in ticks over the last QUANTA quanta (one bar's length)."""
        bar, step = divmod(self.clock.quantum, QUANTA)
        before = self.path(symbol, bar - 1)[step + 1 :] if bar else ()
        prices = (*before, *self.path(symbol, bar)[: step + 1])
        return sum(prices) // len(prices)

    def forming(self, symbol: str) -> Candle:
        """The current base bar as far as it has been walked."""
        bar, step = divmod(self.clock.quantum, QUANTA)
        if symbol in self.recording.tapes:
            return self._forming_traded(symbol, bar, step)
        walked = self.path(symbol, bar)[: step + 1]
        candles = self.recording.symbols[symbol]
        index = bar % self.recording.bars
        opened = self.bar_time(bar)
        return Candle(
            opened,
            opened + self.recording.bar_ms - 1,
            walked[0],
            max(walked),
            min(walked),
            walked[-1],
            int(candles.volume[index]) * step // QUANTA,
            int(candles.quote_cents[index]) * step // QUANTA,
            step + 1,
            closed=False,
        )

    def _forming_traded(self, symbol: str, bar: int, step: int) -> Candle:
        tape, spec = self.recording.tapes[symbol], KNOWN_SYMBOLS[symbol]
        index, opened = bar % self.recording.bars, self.bar_time(bar)
        trades = tape.walked(index, step)
        prices = [price for price, _ in trades] or [int(self.recording.symbols[symbol].close[max(0, index - 1)])]
        return Candle(
            opened,
            opened + self.recording.bar_ms - 1,
            prices[0],
            max(prices),
            min(prices),
            prices[-1],
            sum(lots for _, lots in trades) * spec.lot_units,
            sum(price * lots for price, lots in trades) * spec.tick_lot_units // 10**6,
            len(trades),
            closed=False,
        )

    def bars(self, symbol: str, first: int, last: int) -> list[Candle]:
        """Closed base bars of virtual indexes first..last-1."""
        candles, size = self.recording.symbols[symbol], self.recording.bar_ms
        result = []
        for bar in range(first, last):
            index = bar % self.recording.bars
            opened = self.bar_time(bar)
            volume, cents = int(candles.volume[index]), int(candles.quote_cents[index])
            result.append(Candle(opened, opened + size - 1, *candles.bar(index), volume, cents, QUANTA, closed=True))
        return result

    def candle_at(self, symbol: str, interval: str, at_ms: int) -> Candle:
        """The candle of `interval` that holds market time `at_ms` (not later than now), as known now."""
        return self.candles(symbol, interval, interval_open(interval, at_ms), at_ms, 1)[0]

    def candles(
        self, symbol: str, interval: str, start: int | None, end: int | None, limit: int, offset: int = 0
    ) -> list[Candle]:
        """Candles whose open time is in [start, end]: the first `limit` when `start` is given, else the last.

        Intervals begin by the clock of a zone that is `offset` ms ahead of UTC.
        """
        now, origin = self.now_ms, self.clock.origin
        if start is not None and start > now:
            return []

        def opening(at: int) -> int:
            return interval_open(interval, at + offset) - offset

        last_open = opening(now) if end is None else min(opening(now), opening(max(min(end, now), origin)))
        opens: list[int] = []
        if start is None:
            at = last_open
            while interval_end(interval, at + offset) - offset > origin and len(opens) < limit:
                if end is None or at <= end:
                    opens.append(at)
                at = opening(at - 1)
            opens.reverse()
        else:
            at = opening(max(start, origin))
            at = at if at >= start or at < origin else interval_end(interval, at + offset) - offset
            while at <= last_open and len(opens) < limit and (end is None or at <= end):
                opens.append(at)
                at = interval_end(interval, at + offset) - offset
        return self._merge(symbol, interval, opens, offset)

    def _merge(self, symbol: str, interval: str, opens: list[int], offset: int) -> list[Candle]:
        """Candles of consecutive intervals, from closed base bars by columns and the forming bar."""
        if not opens:
            return []
        size, origin = self.recording.bar_ms, self.clock.origin
        current = self.clock.quantum // QUANTA
        ends = [*opens[1:], interval_end(interval, opens[-1] + offset) - offset]
        edges = [max(0, (at - origin) // size) for at in [*opens, ends[-1]]]
        starts = [edge for edge, after in itertools.pairwise(edges) if min(after, current) > edge]
        last = min(edges[-1], current)
        rows = _sums(self.recording.symbols[symbol], starts, last, self.recording.bars)
        merged = [
            Candle(opened, end - 1, *row, closed=True) for opened, end, row in zip(opens, ends, rows, strict=False)
        ]
        if edges[-2] <= current < edges[-1]:
            tail, times = self.forming(symbol), (opens[-1], ends[-1] - 1)
            merged[len(opens) - 1 :] = [_joined(merged[-1] if len(merged) == len(opens) else None, tail, times)]
        return merged


_Row = tuple[int, int, int, int, int, int, int]  # open, high, low, close, volume, quote volume, trades


def _sums(candles: SymbolCandles, starts: list[int], last: int, bars: int) -> list[_Row]:
    """One row for the virtual bars from each start to the next one, the last one's to `last`."""
    if not starts:
        return []
    index = np.arange(starts[0], last) % bars
    begins = np.array(starts) - starts[0]
    lengths = np.diff(np.append(begins, len(index)))
    columns = (
        candles.open[index][begins],
        np.maximum.reduceat(candles.high[index], begins),
        np.minimum.reduceat(candles.low[index], begins),
        candles.close[index][begins + lengths - 1],
        np.add.reduceat(candles.volume[index], begins),
        np.add.reduceat(candles.quote_cents[index], begins),
        lengths * QUANTA,
    )
    return list(zip(*(column.tolist() for column in columns), strict=True))


def _joined(closed: Candle | None, tail: Candle, times: tuple[int, int]) -> Candle:
    """The candle being formed: its closed bars, if any, and the forming bar."""
    if closed is None:
        parts = (tail.open, tail.high, tail.low, tail.close, tail.volume, tail.quote_cents, tail.trades)
        return Candle(*times, *parts, closed=False)
    return Candle(
        *times,
        closed.open,
        max(closed.high, tail.high),
        min(closed.low, tail.low),
        tail.close,
        closed.volume + tail.volume,
        closed.quote_cents + tail.quote_cents,
        closed.trades + tail.trades,
        closed=False,
    )
