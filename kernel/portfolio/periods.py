"""Hours, days and months as a person's clock shows them. A day of a change of clocks has 23 or 25 hours."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

QUARTER: Final = timedelta(minutes=15)
"""Every zone of today is a multiple of this away from UTC."""


class Period(StrEnum):
    """How long a cell of the calendar is."""

    HOUR = "hour"  # an hour of a local day; the hour that clocks repeat is two
    DAY = "day"  # a local day
    MONTH = "month"  # a local month


@dataclass(frozen=True, slots=True)
class Span:
    """A cell: what it is called ("2026-03", "2026-03-29", "2026-10-25 02 +0200") and its bounds in UTC."""

    name: str
    start: datetime
    end: datetime


def name_of(moment: datetime, zone: ZoneInfo, period: Period) -> str:
    """Return the name of the hour, day or month that a moment lies in."""
    local = moment.astimezone(zone)
    if period is Period.MONTH:
        return f"{local:%Y-%m}"
    return f"{local:%Y-%m-%d}" if period is Period.DAY else f"{local:%Y-%m-%d %H} {local:%z}"


def day_span(day: date, zone: ZoneInfo) -> Span:
    """Return a local day with its bounds."""
    return Span(f"{day:%Y-%m-%d}", _midnight(day, zone), _midnight(day + timedelta(days=1), zone))


def month_span(year: int, month: int, zone: ZoneInfo) -> Span:
    """Return a local month with its bounds."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return Span(f"{year:04}-{month:02}", _midnight(date(year, month, 1), zone), _midnight(following, zone))


def hours_of(day: date, zone: ZoneInfo) -> list[Span]:
    """Return the hours of a local day in their order: 24, or fewer or more where clocks change."""
    whole = day_span(day, zone)
    starts: list[tuple[str, datetime]] = []
    for moment in _quarters(whole):
        name = name_of(moment, zone, Period.HOUR)
        if not starts or starts[-1][0] != name:
            starts.append((name, moment))
    ends = [start for _, start in starts[1:]] + [whole.end]
    return [Span(name, start, end) for (name, start), end in zip(starts, ends, strict=True)]


def days_of(year: int, month: int, zone: ZoneInfo) -> list[Span]:
    """Return the days of a local month."""
    day, found = date(year, month, 1), []
    while day.month == month:
        found.append(day_span(day, zone))
        day += timedelta(days=1)
    return found


def _quarters(span: Span) -> Iterator[datetime]:
    moment = span.start
    while moment < span.end:
        yield moment
        moment += QUARTER


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
