"""Mending what a stream lost: books by a new snapshot, trades by asking for what is missing."""

import asyncio
import logging
import random
from dataclasses import dataclass, field

from apps.trading.market_data.cancellation import still_wanted
from apps.trading.market_data.feed.lines import Line
from apps.trading.market_data.gateways.messages import Print
from apps.trading.market_data.gateways.venue_stream import VenueStream
from kernel.order_book import Outcome

logger = logging.getLogger("outcry.market_data")
FIRST_WAIT, LONGEST_WAIT = 0.2, 10.0
MOST_PAGES = 20


class BookLost(Exception):
    """The venue gives its book only at the beginning of a stream, so the stream is opened anew."""


@dataclass
class Mender:
    """Repairs one symbol at a time; a symbol whose book breaks again and again waits longer each time."""

    stream: VenueStream
    lines: dict[str, Line]
    rng: random.Random
    _books: set[str] = field(default_factory=set)
    _tapes: set[str] = field(default_factory=set)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _failures: dict[str, int] = field(default_factory=dict)

    def ask_book(self, symbol: str) -> None:
        """Have a book loaded anew."""
        self._books.add(symbol)
        self._woken.set()

    def ask_trades(self, symbol: str) -> None:
        """Have missing trades fetched."""
        self._tapes.add(symbol)
        self._woken.set()

    async def run(self) -> None:
        """Repair until an error ends it. Raises BookLost and the errors of ccxt."""
        while still_wanted():
            await self._woken.wait()
            self._woken.clear()
            while self._books or self._tapes:
                if self._tapes:
                    await self._mend_tape(self._tapes.pop())
                if self._books:
                    await self._mend_book(self._books.pop())

    async def _mend_book(self, symbol: str) -> None:
        book = self.lines[symbol].book
        if book is None or book.is_ready:
            return
        if not self.stream.can_fetch_book:
            if book.holes:
                raise BookLost(symbol)
            return
        failures = self._failures.get(symbol, 0)
        if failures:
            await asyncio.sleep(self._wait(failures))
        outcome = book.take(await self.stream.book_snapshot(symbol))
        self._failures[symbol] = 0 if outcome is Outcome.APPLIED else failures + 1
        if outcome is not Outcome.APPLIED:
            self.ask_book(symbol)

    async def _mend_tape(self, symbol: str) -> None:
        tape = self.lines[symbol].tape
        if tape.is_complete:
            return
        first = tape.wanted_from
        found: list[Print] = []
        for _ in range(MOST_PAGES):
            page = await self.stream.prints_from(symbol, first)
            found += page
            if first is None or len(page) < self.stream.page_rows:
                break
            first = int(page[-1].id) + 1
        tape.fill(found)

    def _wait(self, failures: int) -> float:
        return min(FIRST_WAIT * 2.0**failures, LONGEST_WAIT) * (0.5 + self.rng.random() / 2)
