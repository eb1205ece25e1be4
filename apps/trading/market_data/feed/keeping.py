"""Keeping ticks: trades as they come, a sample of the book now and then, and what went wrong with both."""

import asyncio
from dataclasses import dataclass

from apps.trading.market_data.cancellation import still_wanted
from apps.trading.market_data.feed import records
from apps.trading.market_data.feed.lines import Line
from apps.trading.market_data.feed.records import Sample, Seen
from apps.trading.market_data.feed.threads import hop
from kernel.instruments import VOLUME_SCALE
from kernel.order_book import SCALE_DIGITS, BookSide
from kernel.quality import Rule

KEEP_SECONDS = 2.0
SAMPLE_TURNS = 5
"""Every so many turns the book is sampled, and the scores are told."""
MOST_AT_ONCE = 500
"""Trades of one call to the database."""
DEPTH_LEVELS = 500
TO_VOLUME = 10**SCALE_DIGITS // VOLUME_SCALE


@dataclass
class TickKeeper:
    """Stores the ticks of all lines of one venue, a few seconds behind."""

    venue: str
    lines: dict[str, Line]

    async def run(self) -> None:
        """Store until an error ends it."""
        turn = 0
        while still_wanted():
            await asyncio.sleep(KEEP_SECONDS)
            turn += 1
            for line in self.lines.values():
                await self._keep(line, is_sampled=turn % SAMPLE_TURNS == 0)

    async def _keep(self, line: Line, *, is_sampled: bool) -> None:
        sample = sample_of(line) if is_sampled else None
        seen = seen_of(line) if is_sampled else {}
        if sample is not None or seen:
            await hop(records.keep_ticks)(self.venue, line.board.spec, [], sample, seen)
        # After a long silence there are thousands; in between the lease has to be renewed by the same thread.
        for _ in range(-(-len(line.tape.unkept) // MOST_AT_ONCE)):
            prints = line.tape.unkept[:MOST_AT_ONCE]
            await hop(records.keep_ticks)(self.venue, line.board.spec, prints, None, {})
            del line.tape.unkept[: len(prints)]


def sample_of(line: Line) -> Sample | None:
    """Return the book's best levels and depth within 1 % of the middle, or None while it cannot be told."""
    if line.book is None or not line.book.is_ready:
        return None
    book = line.book.book
    bid, ask = book.bids.best(), book.asks.best()
    tick = int(line.board.spec.tick.scaleb(SCALE_DIGITS))
    if bid is None or ask is None or not book.ts or bid[0] % tick or ask[0] % tick:
        return None
    reach = (bid[0] + ask[0]) // 200
    depths = (_depth(side, best[0], reach) for side, best in ((book.bids, bid), (book.asks, ask)))
    best = (bid[0] // tick, bid[1] // TO_VOLUME, ask[0] // tick, ask[1] // TO_VOLUME)
    return (book.ts, *best, *depths)


def seen_of(line: Line) -> Seen:
    """Return how many messages came and which alarms rose since the last call, by stream."""
    tape, book = line.tape, line.book
    now = {"trades": tape.taken, "repeated": tape.repeated, "holes": tape.holes}
    if book is not None:
        now |= {"updates": book.taken, "book_repeated": book.repeated, "book_holes": book.holes}
    new = {name: count - line.kept_figures.get(name, 0) for name, count in now.items()}
    line.kept_figures = now
    alarms = {Rule.DUPLICATE: new["repeated"], Rule.GAP: new["holes"]}
    book_alarms = {Rule.DUPLICATE: new.get("book_repeated", 0), Rule.GAP: new.get("book_holes", 0)}
    if book is not None and book.is_ready and book.book.is_crossed:
        book_alarms[Rule.CROSSED] = 1
    return {
        stream: (rows, {rule: count for rule, count in found.items() if count})
        for stream, rows, found in (("trades", new["trades"], alarms), ("book", new.get("updates", 0), book_alarms))
        if rows or any(found.values())
    }


def _depth(side: BookSide, best: int, reach: int) -> int:
    return sum(quantity for price, quantity in side.top(DEPTH_LEVELS) if abs(price - best) <= reach) // TO_VOLUME
