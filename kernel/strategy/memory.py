"""What a managed strategy remembers from close to close: the same fold over the same facts, live and in history."""

from dataclasses import dataclass
from typing import Final

_DAY_MS: Final = 86_400_000


@dataclass(slots=True)
class Memory:
    """Figures after the last close: lots, ticks, bars and 10^-8 quote; None where there is nothing yet.

    A purchase counts on the day (UTC) of the bar whose close first shows it.
    """

    lots: int = 0
    held: int = 0
    peak_close: int = 0
    purchases: int = 0
    since_purchase: int = 0
    since_exit: int | None = None
    day: int | None = None
    entries_today: int = 0
    peak_equity: int = 0

    def follow(self, ts: int, lots: int, close: int, equity: int) -> None:
        """Take one more close: what is held then, the close in ticks, and the equity at it."""
        if self.day != ts // _DAY_MS:
            self.day, self.entries_today = ts // _DAY_MS, 0
        self.peak_equity = max(self.peak_equity, equity)
        if lots and not self.lots:
            self.held, self.peak_close, self.purchases, self.since_purchase = 0, close, 1, 0
            self.since_exit = None
            self.entries_today += 1
        elif lots:
            self._go_on(lots, close)
        elif self.lots:
            self.since_exit = self.purchases = 0
        elif self.since_exit is not None:
            self.since_exit += 1
        self.lots = lots

    def _go_on(self, lots: int, close: int) -> None:
        self.held += 1
        self.peak_close = max(self.peak_close, close)
        self.since_purchase += 1
        if lots > self.lots:
            self.purchases += 1
            self.since_purchase = 0
            self.entries_today += 1
