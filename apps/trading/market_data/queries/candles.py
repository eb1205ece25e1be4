"""Reading candles, quotes and subscriptions."""

from dataclasses import dataclass

import numpy as np
import psycopg
from django.db import connection
from django.db.models import QuerySet

from apps.trading.market_data import packing
from apps.trading.market_data.choices import HOME_VENUE
from apps.trading.market_data.errors import UnknownInterval
from apps.trading.market_data.gateways.quote_cache import Quote, read_quote, read_quotes
from apps.trading.market_data.models import CandleSeries, StreamSubscription
from kernel.instruments import INTERVALS, Bars

BASE_INTERVAL = "5m"
"""What the feed stores; longer candles are made of it."""
OPEN_END = 2**62
CHUNKS_AT_A_TIME = 20

CHUNKS = """
    SELECT DISTINCT ON (start_ts) payload FROM public.market_data_candlechunk
    WHERE venue = %s AND symbol = %s AND interval = %s AND start_ts > %s AND start_ts < %s
    ORDER BY start_ts, version DESC
"""
TAIL = """
    SELECT ts, open, high, low, close, volume FROM public.market_data_candletail
    WHERE venue = %s AND symbol = %s AND interval = %s AND ts >= %s AND ts < %s ORDER BY ts
"""


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """What is stored of a series: first and newest open time in Unix ms, and the newest candle that was dispatched."""

    symbol: str
    interval: str
    first_ts: int
    last_ts: int
    dispatched_ts: int | None
    venue: str = HOME_VENUE
    calendar: str = "24x7"


def load_bars(
    symbol: str, interval: str, start_ms: int | None = None, end_ms: int | None = None, *, venue: str | None = None
) -> Bars:
    """Return the candles that open at `start_ms` or later and have closed by `end_ms`, oldest first; None: no bound.

    This is the reader of strategies, charts and exports: nothing that is in quarantine is in it. Nothing that was
    unknown at `end_ms` either, also in longer intervals, which are made of the longest stored one that divides them,
    and only where it is complete. Without `venue`: the home venue's, or where that has none of the symbol, the first
    venue's that has. An unknown series has no candles. Raises UnknownInterval.
    """
    step = _step(interval)
    base = _base_of(symbol, interval, venue)
    if base is None:
        return packing.none()
    first = 0 if start_ms is None else -(-start_ms // step) * step
    end = OPEN_END if end_ms is None else end_ms // step * step
    bars = _read(base, first, end)
    return bars if base.interval == interval else bars.resample(step, INTERVALS[base.interval])


def latest_bars(symbol: str, interval: str, count: int, *, end_ms: int | None = None, venue: str | None = None) -> Bars:
    """Return the newest `count` closed candles (fewer where there are no more) of those closed by `end_ms`."""
    step = _step(interval)
    series = _base_of(symbol, interval, venue)
    if series is None or count < 1:
        return packing.none()
    newest = series.last_ts + INTERVALS[series.interval]
    end = newest if end_ms is None else min(end_ms, newest)
    span = (count + 1) * step
    while True:
        bars = load_bars(symbol, interval, max(0, end - span), end, venue=series.venue)
        if len(bars) >= count or end - span <= series.first_ts:
            return bars[max(0, len(bars) - count) :]
        span *= 2


def list_intervals(symbol: str) -> list[str]:
    """Return the intervals that candles of a symbol can be read in, shortest first."""
    stored = [INTERVALS[row.interval] for row in _of_one_venue(list_series(symbol), None)]
    return [name for name, step in INTERVALS.items() if any(step % base == 0 for base in stored)]


def get_series(symbol: str, interval: str, venue: str | None = None) -> SeriesFacts | None:
    """Return what is stored of a series (without `venue`: of the one that is read then), or None."""
    found = CandleSeries.objects.filter(symbol=symbol, interval=interval, last_ts__isnull=False)
    rows = _of_one_venue([_facts(row) for row in found.order_by("venue")], venue)
    return rows[0] if rows else None


def list_series(symbol: str | None = None) -> list[SeriesFacts]:
    """Return the stored series of one or all symbols, of all venues."""
    found = CandleSeries.objects.filter(last_ts__isnull=False).order_by("symbol", "venue", "interval")
    return [_facts(row) for row in (found if symbol is None else found.filter(symbol=symbol))]


def get_quote(symbol: str) -> Quote | None:
    """Return the newest quote of a symbol, or None when the feed has been silent for a minute."""
    return read_quote(symbol)


def list_quotes(symbols: list[str]) -> list[Quote]:
    """Return the quotes there are, in the order of `symbols`."""
    return read_quotes(symbols)


def list_subscriptions(stream: str) -> QuerySet[StreamSubscription]:
    """Return who is woken by a stream, tenant by tenant."""
    return StreamSubscription.objects.filter(stream=stream).order_by("schema", "id")


def _step(interval: str) -> int:
    if interval not in INTERVALS:
        raise UnknownInterval(field="interval", interval=interval[:8], choices=", ".join(INTERVALS))
    return INTERVALS[interval]


def _of_one_venue(rows: list[SeriesFacts], venue: str | None) -> list[SeriesFacts]:
    """Return the rows of a venue; without one of the home venue, else of the first that there is."""
    venues = {row.venue for row in rows}
    if venue is None and venues:
        venue = HOME_VENUE if HOME_VENUE in venues else min(venues)
    return [row for row in rows if row.venue == venue]


def _base_of(symbol: str, interval: str, venue: str | None) -> SeriesFacts | None:
    """Return the longest stored series that divides the wanted interval; None without any of the symbol."""
    stored = _of_one_venue(list_series(symbol), venue)
    fitting = [row for row in stored if INTERVALS[interval] % INTERVALS[row.interval] == 0]
    if stored and not fitting:
        raise UnknownInterval(field="interval", interval=interval, choices=", ".join(list_intervals(symbol)))
    return max(fitting, key=lambda row: INTERVALS[row.interval], default=None)


def _read(series: SeriesFacts, start: int, end: int) -> Bars:
    slot_ms = INTERVALS[series.interval] * 1_000
    key = [series.venue, series.symbol, series.interval]
    first, last = max(start - slot_ms, series.first_ts), min(end, series.last_ts)
    table = packing.Table(max(0, last - first) // INTERVALS[series.interval] + 2_000)
    with connection.cursor() as cursor:
        # The tail first: a slot that is sealed between the two statements is then read twice, and never lost.
        cursor.execute(TAIL, [*key, start, end])
        tail = packing.from_rows(cursor.fetchall())
        # psycopg's own cursor, because Django's cannot ask for binary results; without it bytes travel as hex.
        with psycopg.Cursor(connection.connection) as raw:
            # A few chunks at a time: they are still in the processor's cache when they are unpacked.
            for (payload,) in raw.stream(CHUNKS, [*key, start - slot_ms, end], binary=True, size=CHUNKS_AT_A_TIME):
                table.take(payload)
    table.take_tail(tail)
    bars = table.bars()
    left, right = np.searchsorted(bars.ts, (start, end)).tolist()
    return bars[left:right]


def _facts(row: CandleSeries) -> SeriesFacts:
    assert row.first_ts is not None  # both are set by the first candle
    assert row.last_ts is not None
    return SeriesFacts(row.symbol, row.interval, row.first_ts, row.last_ts, row.dispatched_ts, row.venue, row.calendar)
