"""The market of another exchange as this one has followed it: last price, order book and minute bars.

It is a function of the journal: every piece of news is a `mirror` record, so a replay knows what was known.
"""

import zlib
from typing import Any

import numpy as np

from apps.trading.sandbox.exchange.book_tape import Quote
from apps.trading.sandbox.exchange.candles import QUANTA, Recording, SymbolCandles
from apps.trading.sandbox.exchange.journal import Record
from apps.trading.sandbox.exchange.market import Candle, MarketPrint, MarketView
from apps.trading.sandbox.exchange.state import MarketClock
from apps.trading.sandbox.exchange.symbols import KNOWN_SYMBOLS
from kernel.matching import Side

BAR_MS = 60_000
KEPT_BARS = 14 * 1_440  # two weeks of minutes; older ones are written over
_AVERAGE_BARS = 5
_COLUMNS = ("open", "high", "low", "close", "volume", "quote_cents")


def mirrored_recording(source: str) -> Recording:
    """An empty recording, filled as `source` is followed; a state folder is bound to the source's name."""
    symbols = {name: SymbolCandles(*(np.zeros(KEPT_BARS, dtype=np.int64) for _ in _COLUMNS)) for name in KNOWN_SYMBOLS}
    digest = zlib.crc32(f"mirror {source}".encode())
    return Recording(0, BAR_MS, KEPT_BARS, digest, symbols, mirrors=source)


class LiveView(MarketView):
    """What has been learned so far; before the first news prices are 0 and nothing trades."""

    def __init__(self, recording: Recording, clock: MarketClock) -> None:
        super().__init__(recording, clock)
        self._prices: dict[str, int] = {}
        self._levels: dict[str, list[Quote]] = {}
        self._trades: dict[str, int] = {}  # in the forming bar

    def learn(self, record: Record) -> list[MarketPrint]:
        """Take a piece of news in; returns its trades."""
        symbol = record["s"]
        if not self.clock.origin:
            bars = record.get("bars") or [[record["t"]]]
            self.clock.origin = int(bars[0][0]) // BAR_MS * BAR_MS
        self._advance((record["t"] - self.clock.origin) // self.recording.quantum_ms)
        for opened, *values in record.get("bars", ()):
            self._write((opened - self.clock.origin) // BAR_MS, symbol, values)
            self._prices[symbol] = values[3]
        if "bids" in record:
            bids = [(Side.BUY, price, lots) for price, lots in record["bids"]]
            self._levels[symbol] = bids + [(Side.SELL, price, lots) for price, lots in record["asks"]]
        prints = [MarketPrint(*each) for each in record.get("trades", ())]
        for each in prints:
            self._trade(symbol, each)
        if symbol not in self._prices and self._levels.get(symbol):
            self._prices[symbol] = self._levels[symbol][0][1]
        return prints

    def price(self, symbol: str, quantum: int | None = None) -> int:
        """The last trade's price; of an earlier quantum, its bar's close."""
        if quantum is None or quantum // QUANTA >= self.clock.quantum // QUANTA:
            return self._prices.get(symbol, 0)
        return int(self.recording.symbols[symbol].close[quantum // QUANTA % KEPT_BARS])

    def is_traded(self, symbol: str) -> bool:
        """Trades are real ones."""
        return True

    def prints(self, symbol: str, quantum: int) -> list[MarketPrint]:
        """Trades come with the news only."""
        return []

    def book(self, symbol: str) -> list[Quote] | None:
        """The followed book as last seen."""
        return self._levels.get(symbol, [])

    def average_price(self, symbol: str) -> int:
        """Mean of the last five minutes' closes and the price now."""
        bar, close = self.clock.quantum // QUANTA, self.recording.symbols[symbol].close
        closes = [int(close[each % KEPT_BARS]) for each in range(max(0, bar - _AVERAGE_BARS + 1), bar)]
        prices = [price for price in (*closes, self.price(symbol)) if price]
        return sum(prices) // max(1, len(prices))

    def forming(self, symbol: str) -> Candle:
        """The present minute so far."""
        bar = self.clock.quantum // QUANTA
        opened, row = self.bar_time(bar), self._row(symbol, bar)
        price = self.price(symbol)
        first, high, low, close, volume, cents = row if row[0] else [price, price, price, price, 0, 0]
        trades = self._trades.get(symbol, 0)
        return Candle(opened, opened + BAR_MS - 1, first, high, low, close, volume, cents, trades, closed=False)

    def dump(self) -> dict[str, Any]:
        """What a snapshot keeps."""
        last = self.clock.quantum // QUANTA
        first = max(0, last - KEPT_BARS + 1)
        bars = {name: [self._row(name, bar) for bar in range(first, last + 1)] for name in self.recording.symbols}
        levels = {name: [[side.value, *rest] for side, *rest in found] for name, found in self._levels.items()}
        return {"prices": self._prices, "levels": levels, "trades": self._trades, "first": first, "bars": bars}

    def load(self, dumped: dict[str, Any]) -> None:
        """Go on from a dump."""
        self._prices, self._trades = dict(dumped["prices"]), dict(dumped["trades"])
        for name, levels in dumped["levels"].items():
            self._levels[name] = [(Side(side), price, lots) for side, price, lots in levels]
        for name, rows in dumped["bars"].items():
            for bar, row in enumerate(rows, start=dumped["first"]):
                self._write(bar, name, row)

    # ---- bars

    def _advance(self, quantum: int) -> None:
        """Minutes without a trade are flat."""
        before = self.clock.quantum // QUANTA
        self.clock.quantum = max(self.clock.quantum, quantum)
        now = self.clock.quantum // QUANTA
        if now == before:
            return
        self._trades.clear()
        for symbol in self.recording.symbols:
            price = self._prices.get(symbol, 0)
            for bar in range(max(before + 1, now - KEPT_BARS + 1), now + 1):
                self._write(bar, symbol, [price, price, price, price, 0, 0])

    def _trade(self, symbol: str, each: MarketPrint) -> None:
        spec, bar = KNOWN_SYMBOLS[symbol], self.clock.quantum // QUANTA
        opened, high, low, _, volume, cents = self._row(symbol, bar)
        if not self._trades.get(symbol) and not volume:
            opened = high = low = each.price
        volume += each.lots * spec.lot_units
        cents += each.price * each.lots * spec.tick_lot_units // 10**6
        self._write(bar, symbol, [opened, max(high, each.price), min(low, each.price), each.price, volume, cents])
        self._trades[symbol] = self._trades.get(symbol, 0) + 1
        self._prices[symbol] = each.price

    def _row(self, symbol: str, bar: int) -> list[int]:
        candles = self.recording.symbols[symbol]
        return [int(getattr(candles, name)[bar % KEPT_BARS]) for name in _COLUMNS]

    def _write(self, bar: int, symbol: str, values: list[int]) -> None:
        if bar < 0:
            return
        candles = self.recording.symbols[symbol]
        for name, value in zip(_COLUMNS, values, strict=True):
            getattr(candles, name)[bar % KEPT_BARS] = value


def view_of(recording: Recording, clock: MarketClock) -> MarketView:
    """The view that fits a recording: replayed, or followed."""
    return LiveView(recording, clock) if recording.mirrors else MarketView(recording, clock)
