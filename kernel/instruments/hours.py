"""When a market trades: weekly sessions in the market's own zone, with the days that are closed or short.

Moments are Unix ms (UTC). Daylight saving is the zone's; nothing here reads a clock.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

Minutes = tuple[int, int]
"""From and to, in minutes after local midnight."""
DAY_MINUTES = 1_440
LONGEST_BREAK = 12
"""Days to look ahead for the next session."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MONDAY, THURSDAY, SATURDAY = 0, 3, 5


@dataclass(frozen=True, slots=True)
class TradingHours:
    """A market's week, Monday first. `special` gives a day's sessions where they differ: () on a holiday."""

    code: str
    title: str
    zone: str
    week: tuple[tuple[Minutes, ...], ...]
    special: Callable[[date], tuple[Minutes, ...] | None] = lambda _day: None

    def sessions(self, start_ms: int, end_ms: int) -> Iterator[tuple[int, int]]:
        """Yield (opens, closes) in Unix ms of the sessions that touch the range, oldest first; touching ones joined."""
        zone = ZoneInfo(self.zone)
        day = (EPOCH + timedelta(milliseconds=start_ms)).astimezone(zone).date() - timedelta(days=1)
        joined: tuple[int, int] | None = None
        while _ms(day, 0, zone) < end_ms:
            for opens, closes in self._day(day):
                span = (_ms(day, opens, zone), _ms(day, closes, zone))
                if joined is not None and joined[1] >= span[0]:
                    joined = (joined[0], span[1])
                    continue
                if joined is not None and joined[1] > start_ms:
                    yield joined
                joined = span if span[0] < end_ms else None
            day += timedelta(days=1)
        if joined is not None and joined[1] > start_ms:
            yield joined

    def is_open(self, at_ms: int) -> bool:
        """Whether the market trades at a moment (the closing moment itself is outside)."""
        return any(opens <= at_ms < closes for opens, closes in self.sessions(at_ms, at_ms + 1))

    def next_open(self, at_ms: int) -> int:
        """Return `at_ms` while open, else when the next session begins."""
        end = at_ms + LONGEST_BREAK * DAY_MINUTES * 60_000
        for opens, _ in self.sessions(at_ms, end):
            return max(opens, at_ms)
        return end

    def next_close(self, at_ms: int) -> int | None:
        """Return when the present or next session ends; None for a market that never closes."""
        if self.code == ALWAYS.code:
            return None
        for _, closes in self.sessions(at_ms, at_ms + LONGEST_BREAK * DAY_MINUTES * 60_000):
            return closes
        return None

    def day_of(self, at_ms: int) -> date:
        """Return the market's own date of a moment."""
        return (EPOCH + timedelta(milliseconds=at_ms)).astimezone(ZoneInfo(self.zone)).date()

    def _day(self, day: date) -> tuple[Minutes, ...]:
        special = self.special(day)
        return self.week[day.weekday()] if special is None else special


def _ms(day: date, minutes: int, zone: ZoneInfo) -> int:
    moment = datetime(day.year, day.month, day.day, tzinfo=zone)
    if minutes == DAY_MINUTES:
        following = day + timedelta(days=1)
        moment = datetime(following.year, following.month, following.day, tzinfo=zone)
    else:
        moment = moment.replace(hour=minutes // 60, minute=minutes % 60)
    return (moment - EPOCH) // timedelta(milliseconds=1)


def _of_month(year: int, month: int, weekday: int, nth: int) -> date:
    """Return the nth weekday of a month; -1 is the last one."""
    if nth < 0:
        following = date(year + month // 12, month % 12 + 1, 1)
        last = following - timedelta(days=1)
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _good_friday(year: int) -> date:
    """Return the Friday before Easter Sunday of the Gregorian calendar."""
    golden, century, rest = year % 19, year // 100, year % 100
    moon = (19 * golden + century - century // 4 - (8 * century + 13) // 25 + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    shift = (golden + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * shift + 114, 31)
    return date(year, month, day + 1) - timedelta(days=2)


def _observed(day: date) -> date:
    """Return the weekday on which New York keeps a fixed holiday."""
    return day + timedelta(days={SATURDAY: -1, 6: 1}.get(day.weekday(), 0))


def _new_york(day: date) -> tuple[Minutes, ...] | None:
    year = day.year
    new_year = date(year, 1, 1)
    thanksgiving = _of_month(year, 11, THURSDAY, 4)
    closed = {
        new_year if new_year.weekday() != SATURDAY else None,  # never kept in the old year
        new_year + timedelta(days=1) if new_year.weekday() > SATURDAY else None,
        _of_month(year, 1, MONDAY, 3),
        _of_month(year, 2, MONDAY, 3),
        _good_friday(year),
        _of_month(year, 5, MONDAY, -1),
        _observed(date(year, 6, 19)) if year > 2021 else None,
        _observed(date(year, 7, 4)),
        _of_month(year, 9, MONDAY, 1),
        thanksgiving,
        _observed(date(year, 12, 25)),
    }
    if day in closed:
        return ()
    is_short = (
        day in {thanksgiving + timedelta(days=1), date(year, 12, 24), date(year, 7, 3)} and day.weekday() < SATURDAY
    )
    return ((570, 780),) if is_short else None


def _weekdays(*sessions: Minutes) -> tuple[tuple[Minutes, ...], ...]:
    return (*(sessions for _ in range(5)), (), ())


ALL_DAY: Final[Minutes] = (0, DAY_MINUTES)
ALWAYS: Final = TradingHours("24x7", "Always open", "UTC", ((ALL_DAY,),) * 7)
HOURS: Final = {
    hours.code: hours
    for hours in (
        ALWAYS,
        TradingHours(
            "forex", "Forex, Sunday to Friday 17:00 New York", "America/New_York",
            ((ALL_DAY,), (ALL_DAY,), (ALL_DAY,), (ALL_DAY,), ((0, 1020),), (), ((1020, DAY_MINUTES),)),
        ),
        TradingHours("xnys", "New York 09:30 to 16:00", "America/New_York", _weekdays((570, 960)), _new_york),
        TradingHours("xlon", "London 08:00 to 16:30", "Europe/London", _weekdays((480, 990))),
        TradingHours("xetr", "Xetra 09:00 to 17:30", "Europe/Berlin", _weekdays((540, 1050))),
        TradingHours(
            "xtks", "Tokyo 09:00 to 11:30 and 12:30 to 15:30", "Asia/Tokyo",
            _weekdays((540, 690), (750, 930)),
        ),
        TradingHours(
            "xhkg", "Hong Kong 09:30 to 12:00 and 13:00 to 16:00", "Asia/Hong_Kong",
            _weekdays((570, 720), (780, 960)),
        ),
    )
}  # fmt: skip
"""The calendars an instrument can name, by code; holidays of those without a rule are rows that staff keep."""
