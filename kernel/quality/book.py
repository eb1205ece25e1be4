"""Replaying a recorded order book: its last state, and what was wrong on the way."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from kernel.quality.findings import Findings, Rule

Level = tuple[Decimal, Decimal]
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class BookMessage:
    """A recorded message: a whole book (`is_snapshot`) or changes; a quantity of 0 removes a level.

    `first`..`last` are the sequence numbers it covers, `previous` the number it says it follows (None: not told).
    """

    ts: int
    is_snapshot: bool
    bids: Sequence[Level]
    asks: Sequence[Level]
    first: int | None = None
    last: int | None = None
    previous: int | None = None


@dataclass(slots=True)
class BookReplay:
    """A book that is built message by message. `synced` is False before the first snapshot and after a lost message."""

    depth: int | None = None
    """How many levels a side the venue keeps; deeper ones are forgotten. None: all."""
    bids: dict[Decimal, Decimal] = field(default_factory=dict)
    asks: dict[Decimal, Decimal] = field(default_factory=dict)
    last: int | None = None
    ts: int | None = None
    synced: bool = False
    messages: int = 0
    findings: Findings = field(default_factory=lambda: Findings(0))

    def apply(self, message: BookMessage) -> None:
        """Take the next message. Repeated and late ones change nothing; a break in the sequence is noted."""
        place = self.messages
        self.messages += 1
        self.findings.rows = self.messages
        if message.is_snapshot:
            self.bids, self.asks, self.synced = {}, {}, True
        elif self._is_old(message, place):
            return
        else:
            self._check_sequence(message, place)
        if self.ts is not None and message.ts < self.ts:
            self.findings.add(Rule.OUT_OF_ORDER, place, message.ts, "earlier than the message ahead of it")
        self.ts = message.ts if self.ts is None else max(self.ts, message.ts)
        self.last = message.last if message.last is not None else self.last
        for side, levels in ((self.bids, message.bids), (self.asks, message.asks)):
            for price, quantity in levels:
                self._set(side, (price, quantity), place, message.ts)
        self._check_crossed(place, message.ts)

    def _is_old(self, message: BookMessage, place: int) -> bool:
        if message.last is None or self.last is None or message.last > self.last:
            return False
        rule = Rule.DUPLICATE if message.last == self.last else Rule.OUT_OF_ORDER
        self.findings.add(rule, place, message.ts, f"number {message.last} after {self.last}")
        return True

    def _check_sequence(self, message: BookMessage, place: int) -> None:
        if not self.synced:
            self.findings.add(Rule.GAP, place, message.ts, "changes without a snapshot before them")
        if self.last is None:
            return
        follows = message.previous == self.last if message.previous is not None else True
        if message.previous is None and message.first is not None:
            follows = message.first <= self.last + 1
        if not follows:
            self.synced = False
            self.findings.missing += 1
            told = message.previous if message.previous is not None else message.first
            self.findings.add(Rule.GAP, place, message.ts, f"follows {told}, but {self.last} was the newest")

    def _set(self, side: dict[Decimal, Decimal], level: Level, place: int, ts: int) -> None:
        price, quantity = level
        if not (price.is_finite() and quantity.is_finite()) or price <= 0 or quantity < 0:
            self.findings.add(Rule.IMPOSSIBLE, place, ts, f"{quantity} at {price}")
        elif quantity == NOTHING:
            side.pop(price, None)
        else:
            side[price] = quantity

    def _check_crossed(self, place: int, ts: int) -> None:
        if self.depth is not None:
            _cut(self.bids, self.depth, best_first=True)
            _cut(self.asks, self.depth, best_first=False)
        bid, ask = self.best_bid, self.best_ask
        if bid is not None and ask is not None and bid >= ask:
            self.findings.add(Rule.CROSSED, place, ts, f"bid {bid}, ask {ask}")

    @property
    def best_bid(self) -> Decimal | None:
        """The highest bid, or None."""
        return max(self.bids, default=None)

    @property
    def best_ask(self) -> Decimal | None:
        """The lowest ask, or None."""
        return min(self.asks, default=None)

    def levels(self, count: int | None = None) -> tuple[list[Level], list[Level]]:
        """Return bids and asks, best first, at most `count` a side."""
        bids = sorted(self.bids.items(), reverse=True)
        return bids[:count], sorted(self.asks.items())[:count]


def replay(messages: Iterable[BookMessage], *, depth: int | None = None) -> BookReplay:
    """Return the book after all messages."""
    book = BookReplay(depth=depth)
    for message in messages:
        book.apply(message)
    return book


def _cut(side: dict[Decimal, Decimal], depth: int, *, best_first: bool) -> None:
    if len(side) > depth:
        for price in sorted(side, reverse=best_first)[depth:]:
            del side[price]
