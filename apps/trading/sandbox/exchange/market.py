"""Prices and candles at a position of the market clock. Reads only."""

from dataclasses import dataclass

import numpy as np

from apps.trading.sandbox.exchange.candles import (
    QUANTA,
    Recording,
    SymbolCandles,
    interval_end,
    interval_open,
    path_prices,
)
from apps.trading.sandbox.exchange.state import MarketClock


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


class MarketView:
    """The recording seen from the market clock: nothing after the clock's quantum is ever shown."""

    def __init__(self, recording: Recording, clock: MarketClock) -> None:
        self.recording = recording
        self.clock = clock

    @property
    def now_ms(self) -> int:
        """Market time."""
        return self.time_of(self.clock.quantum)

    def time_of(self, quantum: int) -> int:
        """Market time of a quantum."""
        return self.clock.origin + quantum * self.recording.quantum_ms

    def bar_time(self, bar: int) -> int:
        """Open time of a virtual bar."""
        return self.clock.origin + bar * self.recording.bar_ms

    def path(self, symbol: str, bar: int) -> tuple[int, ...]:
        """The QUANTA prices of a virtual bar."""
        return path_prices(*self.recording.symbols[symbol].bar(bar % self.recording.bars))

    def price(self, symbol: str, quantum: int | None = None) -> int:
        """Price in ticks at a quantum (now by default)."""
        bar, step = divmod(self.clock.quantum if quantum is None else quantum, QUANTA)
        return self.path(symbol, bar)[step]

    def average_price(self, symbol: str) -> int:
        """Mean price in ticks over the last QUANTA quanta (one bar's length)."""
        now = self.clock.quantum
        prices = [self.price(symbol, quantum) for quantum in range(max(0, now - QUANTA + 1), now + 1)]
        return sum(prices) // len(prices)

    def forming(self, symbol: str) -> Candle:
        """The current base bar as far as it has been walked."""
        bar, step = divmod(self.clock.quantum, QUANTA)
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

    def candles(self, symbol: str, interval: str, start: int | None, end: int | None, limit: int) -> list[Candle]:
        """Candles whose open time is in [start, end]: the first `limit` when `start` is given, else the last."""
        if start is not None and start > self.now_ms:
            return []
        newest = interval_open(interval, self.now_ms)
        last_open = (
            newest
            if end is None
            else min(newest, interval_open(interval, max(min(end, self.now_ms), self.clock.origin)))
        )
        opens: list[int] = []
        if start is None:
            at = last_open
            while at + self._length(interval, at) > self.clock.origin and len(opens) < limit:
                if end is None or at <= end:
                    opens.append(at)
                at = interval_open(interval, at - 1)
            opens.reverse()
        else:
            at = interval_open(interval, max(start, self.clock.origin))
            at = at if at >= start or at < self.clock.origin else interval_end(interval, at)
            while at <= last_open and len(opens) < limit and (end is None or at <= end):
                opens.append(at)
                at = interval_end(interval, at)
        return self._merge(symbol, interval, opens)

    def _length(self, interval: str, at: int) -> int:
        return interval_end(interval, at) - at

    def _merge(self, symbol: str, interval: str, opens: list[int]) -> list[Candle]:
        """Candles of consecutive intervals, from closed base bars by columns and the forming bar."""
        if not opens:
            return []
        size, origin = self.recording.bar_ms, self.clock.origin
        current = self.clock.quantum // QUANTA
        edges = [max(0, (at - origin) // size) for at in [*opens, interval_end(interval, opens[-1])]]
        first, last = edges[0], min(edges[-1], current)
        columns = _columns(self.recording.symbols[symbol], first, last, self.recording.bars)
        merged = []
        for number, opened in enumerate(opens):
            low, high = edges[number] - first, min(edges[number + 1], current) - first
            tail = self.forming(symbol) if edges[number] <= current < edges[number + 1] else None
            merged.append(_merged(columns, low, high, tail, (opened, interval_end(interval, opened) - 1)))
        return merged


def _columns(candles: SymbolCandles, first: int, last: int, bars: int) -> SymbolCandles:
    index = np.arange(first, max(first, last)) % bars
    return SymbolCandles(
        candles.open[index],
        candles.high[index],
        candles.low[index],
        candles.close[index],
        candles.volume[index],
        candles.quote_cents[index],
    )


def _merged(columns: SymbolCandles, low: int, high: int, tail: Candle | None, times: tuple[int, int]) -> Candle:
    if high <= low:
        assert tail is not None  # an interval without closed bars is the one being formed
        parts = (tail.open, tail.high, tail.low, tail.close, tail.volume, tail.quote_cents, tail.trades)
        return Candle(*times, *parts, closed=False)
    volume, cents = int(columns.volume[low:high].sum()), int(columns.quote_cents[low:high].sum())
    top, bottom = int(columns.high[low:high].max()), int(columns.low[low:high].min())
    opened, close, trades = int(columns.open[low]), int(columns.close[high - 1]), QUANTA * (high - low)
    if tail is None:
        return Candle(*times, opened, top, bottom, close, volume, cents, trades, closed=True)
    return Candle(
        *times,
        opened,
        max(top, tail.high),
        min(bottom, tail.low),
        tail.close,
        volume + tail.volume,
        cents + tail.quote_cents,
        trades + tail.trades,
        closed=False,
    )
