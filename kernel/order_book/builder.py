"""Keeping a book in sequence: what came twice is dropped, what is missing is noticed at once.

The rules are those that venues publish for a local book: Binance ("How to manage a local order book correctly": U, u,
and lastUpdateId), OKX (seqId and prevSeqId), Bybit (u rises by one; a snapshot starts anew), Deribit (prev_change_id).
"""

from collections import deque
from enum import Enum
from typing import Final

from kernel.order_book.book import MOST_LEVELS, Book
from kernel.order_book.updates import Rule, Update

MOST_WAITING: Final = 2_000
"""Differences kept while a snapshot is on its way; with more the oldest go, and the next hole asks again."""


class Outcome(Enum):
    """What became of an update."""

    APPLIED = "applied"  # the book contains it now
    IGNORED = "ignored"  # the book contained it already
    WAITING = "waiting"  # kept until the snapshot comes
    HOLE = "hole"  # something is missing before it: a snapshot is needed, it waits for that


class BookBuilder:
    """One book. After HOLE the book is not to be used until `is_ready` again."""

    def __init__(self, rule: Rule, most_levels: int = MOST_LEVELS) -> None:
        self.rule = rule
        self.book = Book(most_levels)
        self.is_ready = False
        self.taken = 0
        self.holes = 0
        self.repeated = 0
        self._joined = False  # whether an update followed the snapshot
        self._waiting: deque[Update] = deque(maxlen=MOST_WAITING)

    def take(self, update: Update) -> Outcome:
        """Take a snapshot or a difference in the order it came. Raises ValueError for levels that are no numbers."""
        self.taken += 1
        if update.is_snapshot:
            return self._load(update)
        if not self.is_ready:
            self._waiting.append(update)
            return Outcome.WAITING
        return self._follow(update)

    def lose(self) -> None:
        """Say that the connection broke: nothing may be added before the next snapshot."""
        self.is_ready = False
        self._waiting.clear()

    def _load(self, snapshot: Update) -> Outcome:
        if self.is_ready and self.rule is Rule.RANGE and snapshot.last < self.book.sequence:
            return Outcome.IGNORED  # an old answer that was on its way
        self.book.bids.replace(snapshot.bids)
        self.book.asks.replace(snapshot.asks)
        self.book.sequence, self.book.ts = snapshot.last, snapshot.ts
        self.is_ready, self._joined = True, False
        waiting = list(self._waiting)
        self._waiting.clear()
        for place, update in enumerate(waiting):
            if self._follow(update) is Outcome.HOLE:
                self._waiting.extend(waiting[place + 1 :])
                return Outcome.HOLE
        return Outcome.APPLIED

    def _follow(self, update: Update) -> Outcome:
        if self._is_old(update):
            self.repeated += 1
            return Outcome.IGNORED
        if not self._is_next(update):
            self.is_ready = False
            self.holes += 1
            self._waiting.clear()
            self._waiting.append(update)
            return Outcome.HOLE
        self.book.bids.change(update.bids)
        self.book.asks.change(update.asks)
        self.book.sequence, self.book.ts = update.last, update.ts
        self._joined = True
        return Outcome.APPLIED

    def _is_old(self, update: Update) -> bool:
        """Whether the book contains the update; one that says nothing new (OKX's sign of life) counts as old."""
        return update.last <= self.book.sequence

    def _is_next(self, update: Update) -> bool:
        if self.rule is Rule.WHOLE:
            return False
        expected = self.book.sequence + 1
        if self.rule is Rule.STEP:
            return update.last == expected
        if self.rule is Rule.PREVIOUS:
            if update.previous == self.book.sequence:
                return True
            # The first difference may reach back over a snapshot that lies inside it (Binance futures).
            return not self._joined and update.first <= self.book.sequence
        return update.first <= expected
