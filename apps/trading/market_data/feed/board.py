"""What the feed knows in memory: quotes and forming candles of all intervals, and which changed. No clock, no I/O."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.trading.market_data.gateways.messages import BookTop, Day
from apps.trading.market_data.topics import Row, candle_data
from kernel.instruments import INTERVALS, Bars, InstrumentSpec

HUNDRED = Decimal(100)
PERCENT = Decimal("0.001")


def combined(first: Row | None, second: Row) -> Row:
    """Return the candle of two parts that follow each other (None: the second alone)."""
    if first is None:
        return second
    ts, opened, high, low, _, volume = first
    return (ts, opened, max(high, second[2]), min(low, second[3]), second[4], volume + second[5])


@dataclass
class _Group:
    """The part of a longer candle that consists of closed base candles."""

    row: Row | None = None
    count: int = 0


class SymbolBoard:
    """One symbol. `step` is the base interval in ms; candles are rows of integers (ts, o, h, l, c, v)."""

    def __init__(self, spec: InstrumentSpec, step: int) -> None:
        self.spec = spec
        self.step = step
        self.lengths = {name: length for name, length in INTERVALS.items() if length % step == 0}
        self._groups = {name: _Group() for name in self.lengths}
        self._changed: dict[str, dict[str, Any]] = {}
        self._quote: dict[str, str] = {}
        self._sizes = {"bid_size": "0", "ask_size": "0", "volume": "0"}
        self._day_open: Decimal | None = None
        self.has_new_quote = False

    def recall(self, bars: Bars) -> None:
        """Take stored base candles, oldest first, without announcing them."""
        for row in bars.rows():
            self._add(row)
        self._changed.clear()

    def form(self, row: Row) -> None:
        """Take the present state of the forming base candle."""
        for name, length in self.lengths.items():
            start = row[0] // length * length
            group = self._groups[name]
            known = group.row if group.row is not None and group.row[0] == start else None
            self._announce(name, combined(known, (start, *row[1:])), closed=False)
        self._set_last(row[4])

    def close(self, row: Row) -> None:
        """Take a closed base candle."""
        self._add(row)
        self._set_last(row[4])

    def book(self, top: BookTop) -> None:
        """Take the best prices."""
        self._quote |= {"bid": top.bid, "ask": top.ask}
        self._sizes |= {"bid_size": top.bid_size, "ask_size": top.ask_size}
        self.has_new_quote = True

    def day(self, day: Day) -> None:
        """Take the day's statistics."""
        self._day_open = Decimal(day.open)
        self._quote["last"] = day.last
        self._sizes["volume"] = day.volume
        self.has_new_quote = True

    def venue_quote(self, at_ms: int) -> dict[str, str] | None:
        """Return the quote with sizes and the day's volume, the venue's own digits; None while a part is missing."""
        if not {"bid", "ask", "last"} <= self._quote.keys():
            return None
        return {**self._quote, **self._sizes, "at": str(at_ms)}

    def quote(self, at_ms: int) -> dict[str, Any] | None:
        """Return the quote as the topic gives it, stamped with the wall time `at_ms`; None while a part is missing."""
        if not {"bid", "ask", "last"} <= self._quote.keys():
            return None
        texts = {name: f"{self.spec.price(self.spec.ticks(Decimal(value))):f}" for name, value in self._quote.items()}
        change = None
        if self._day_open:
            ratio = (Decimal(texts["last"]) - self._day_open) / self._day_open * HUNDRED
            change = f"{ratio.quantize(PERCENT):f}"
        return {**texts, "at": str(at_ms), "change_percent": change}

    def take_candles(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Return the changed candles as (interval, data), once each; closed ones come before their successors."""
        changed, self._changed = self._changed, {}
        for key, data in changed.items():
            yield key.partition("@")[0], data

    def _add(self, row: Row) -> None:
        for name, length in self.lengths.items():
            start = row[0] // length * length
            group = self._groups[name]
            if group.row is None or group.row[0] != start:
                group.row, group.count = None, 0
            group.row = combined(group.row, (start, *row[1:]))
            group.count += 1
            is_last = row[0] + self.step == start + length
            self._announce(name, group.row, closed=is_last and group.count == length // self.step)

    def _announce(self, name: str, row: Row, *, closed: bool) -> None:
        # The newest frame of a candle is enough; a closed candle is never replaced by the next one's first frame.
        self._changed[f"{name}@{row[0]}"] = candle_data(self.spec, row, closed=closed)

    def _set_last(self, ticks: int) -> None:
        self._quote["last"] = f"{self.spec.price(ticks):f}"
        self.has_new_quote = True
