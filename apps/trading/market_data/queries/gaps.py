"""Where candles are missing that were due: inside candles at hand, and the map of a whole series."""

from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

import numpy as np
from django.db import connection, transaction

from apps.core.shelves import Shelf
from apps.trading.market_data import packing
from apps.trading.market_data.models import KnownGap, MarketClosure
from apps.trading.market_data.queries.candles import OPEN_END, TAIL, SeriesFacts, get_series, load_bars
from kernel.instruments import INTERVALS, Bars
from kernel.quality import ALWAYS, CALENDARS, SessionCalendar, with_closures

SLOT_BARS = 1_000
CLOSURES = Shelf("market_closures", seconds=3_600)
Span = tuple[int, int]
INCOMPLETE = """
    SELECT start_ts, CASE WHEN count < 1000 THEN payload END FROM (
        SELECT DISTINCT ON (start_ts) start_ts, count, payload FROM public.market_data_candlechunk
        WHERE venue = %s AND symbol = %s AND interval = %s ORDER BY start_ts, version DESC
    ) newest ORDER BY start_ts
"""


@dataclass(frozen=True, slots=True)
class Gap:
    """Missing candles: open time of the first and of the last, in Unix ms, and how many that were due.

    `is_known`: the venue was asked and has none either.
    """

    start_ms: int
    end_ms: int
    missing: int
    is_known: bool = False


def calendar_of(name: str) -> SessionCalendar:
    """Return the calendar of a series with the closures that staff entered; an unknown code is always open."""
    calendar = CALENDARS.get(name, ALWAYS)
    if calendar is ALWAYS:
        return calendar
    return with_closures(calendar, MarketClosure.objects.filter(calendar=name).values_list("day", flat=True))


def closed_days(name: str) -> set[date]:
    """Return the days on which a market stays closed besides its hours, as staff keep them; known for an hour."""
    found: list[str] = CLOSURES.get(
        name,
        lambda: [f"{day}" for day in MarketClosure.objects.filter(calendar=name).values_list("day", flat=True)],
    )
    return {date.fromisoformat(day) for day in found}


def forget_closures() -> None:
    """Let every process read the closed days anew, after the commit of this change."""
    transaction.on_commit(CLOSURES.forget_all, robust=True)


def find_gaps(
    symbol: str, interval: str, start_ms: int | None = None, end_ms: int | None = None, *, venue: str | None = None
) -> list[Gap]:
    """Return where candles are missing between the first and the last that are stored in the range."""
    series = get_series(symbol, interval, venue)
    calendar = ALWAYS if series is None else calendar_of(series.calendar)
    return gaps_of(load_bars(symbol, interval, start_ms, end_ms, venue=venue), INTERVALS[interval], calendar)


def gaps_of(bars: Bars, step: int, calendar: SessionCalendar = ALWAYS) -> list[Gap]:
    """Return the gaps inside candles of one interval (`step` in ms) while the market was open."""
    return _between(_spans(bars, step), step, calendar)


def map_gaps(symbol: str, interval: str, *, venue: str | None = None) -> list[Gap]:
    """Return the gaps of a stored series from its first to its newest candle.

    Only what is not complete is opened: a slot whose 1,000 candles are all there is one span.
    """
    series = get_series(symbol, interval, venue)
    if series is None:
        return []
    step = INTERVALS[interval]
    spans: list[Span] = []
    with connection.cursor() as cursor:
        cursor.execute(INCOMPLETE, [series.venue, symbol, interval])
        for start_ts, payload in cursor.fetchall():
            if payload is None:
                spans.append((start_ts, start_ts + (SLOT_BARS - 1) * step))
            else:
                spans += _spans(packing.unpack(bytes(payload)), step)
        cursor.execute(TAIL, [series.venue, symbol, interval, 0, OPEN_END])
        spans += _spans(packing.from_rows(cursor.fetchall()), step)
    return _marked(_between(spans, step, calendar_of(series.calendar)), series)


def _spans(bars: Bars, step: int) -> list[Span]:
    """Return the open times of the first and the last candle of each unbroken run."""
    if not len(bars):
        return []
    breaks = np.flatnonzero(np.diff(bars.ts) > step)
    firsts = [int(bars.ts[0]), *bars.ts[breaks + 1].tolist()]
    return list(zip(firsts, [*bars.ts[breaks].tolist(), int(bars.ts[-1])], strict=True))


def _between(spans: list[Span], step: int, calendar: SessionCalendar) -> list[Gap]:
    found = []
    for (_, left), (right, _) in pairwise(spans):
        missing = calendar.count_opens(left + step, right, step) if right - left > step else 0
        if missing:
            found.append(Gap(left + step, right - step, missing))
    return found


def _marked(gaps: list[Gap], series: SeriesFacts) -> list[Gap]:
    known = KnownGap.objects.filter(venue=series.venue, symbol=series.symbol, interval=series.interval)
    asked = list(known.values_list("start_ts", "end_ts"))
    return [
        replace(gap, is_known=any(start <= gap.start_ms and gap.end_ms <= end for start, end in asked)) for gap in gaps
    ]
