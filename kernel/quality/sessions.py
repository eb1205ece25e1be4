"""Which candles are due: trading hours of a market, and days on which it stayed closed besides."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from kernel.instruments.hours import ALWAYS as ALWAYS_OPEN
from kernel.instruments.hours import HOURS, TradingHours

DAY_MS: Final = 86_400_000
EPOCH: Final = date(1970, 1, 1)
NOON: Final = 12 * 3_600_000


@dataclass(frozen=True, slots=True)
class SessionCalendar:
    """When candles of a market are due. `closed`: days (local dates) besides the holidays that the hours know."""

    hours: TradingHours
    closed: frozenset[date] = frozenset()

    @property
    def name(self) -> str:
        """The code of the hours."""
        return self.hours.code

    def count_opens(self, start_ms: int, end_ms: int, step_ms: int) -> int:
        """Return how many candles of `step_ms` are due that open in [start_ms, end_ms); start_ms is one's open time.

        Candles of a day or longer are due when one of their dates (UTC, as written) is a trading day.
        """
        if self.hours.code == ALWAYS_OPEN.code:
            return max(0, -(-(end_ms - start_ms) // step_ms))
        if step_ms >= DAY_MS:
            return sum(1 for ts in range(start_ms, end_ms, step_ms) if self._trades_within(ts, step_ms))
        total = 0
        for left, right in self.hours.sessions(start_ms, end_ms):
            if self._day_of(left) not in self.closed:
                # The candle in which a session begins is due too, though it opened before.
                first = start_ms + max(0, (left - start_ms) // step_ms) * step_ms
                total += max(0, -(-(min(right, end_ms) - first) // step_ms))
        return total

    def is_open(self, at_ms: int) -> bool:
        """Return whether the market is open at a moment (Unix ms)."""
        return self.hours.is_open(at_ms) and self._day_of(at_ms) not in self.closed

    def _trades_within(self, ts: int, step_ms: int) -> bool:
        days = (EPOCH + timedelta(days=ts // DAY_MS + number) for number in range(step_ms // DAY_MS))
        return any(day not in self.closed and _has_sessions(self.hours, day) for day in days)

    def _day_of(self, at_ms: int) -> date:
        return self.hours.day_of(at_ms)


@lru_cache(maxsize=20_000)
def _has_sessions(hours: TradingHours, day: date) -> bool:
    noon = (day - EPOCH).days * DAY_MS + NOON
    return any(True for _ in hours.sessions(noon - NOON // 2, noon + NOON // 2))


ALWAYS: Final = SessionCalendar(ALWAYS_OPEN)
CALENDARS: Final = {code: SessionCalendar(hours) for code, hours in HOURS.items()}
FOREX: Final = CALENDARS["forex"]
US_EQUITIES: Final = CALENDARS["xnys"]


def with_closures(calendar: SessionCalendar, closed: Iterable[date]) -> SessionCalendar:
    """Return a calendar that is closed on more days."""
    return replace(calendar, closed=calendar.closed | frozenset(closed))
