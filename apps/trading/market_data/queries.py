"""Reading candles, quotes, gaps and subscriptions."""

from dataclasses import dataclass

import numpy as np
import psycopg
from django.db import connection
from django.db.models import QuerySet

from apps.trading.market_data import packing
from apps.trading.market_data.errors import UnknownInterval
from apps.trading.market_data.gateways.quote_cache import Quote, read_quote, read_quotes
from apps.trading.market_data.models import CandleSeries, StreamSubscription
from kernel.instruments import INTERVALS, Bars

__all__ = [
    "Gap",
    "Quote",
    "SeriesFacts",
    "find_gaps",
    "get_quote",
    "get_series",
    "latest_bars",
    "list_intervals",
    "list_quotes",
    "list_series",
    "list_subscriptions",
    "load_bars",
]
BASE_INTERVAL = "5m"
"""What the feed stores; longer candles are made of it."""
OPEN_END = 2**62

CHUNKS = """
    SELECT DISTINCT ON (start_ts) payload FROM public.market_data_candlechunk
    WHERE symbol = %s AND interval = %s AND start_ts > %s AND start_ts < %s ORDER BY start_ts, version DESC
"""
TAIL = """
    SELECT ts, open, high, low, close, volume FROM public.market_data_candletail
    WHERE symbol = %s AND interval = %s AND ts >= %s AND ts < %s ORDER BY ts
"""


@dataclass(frozen=True, slots=True)
class Gap:
    """Missing candles: open time of the first and of the last, in Unix ms, and how many."""

    start_ms: int
    end_ms: int
    missing: int


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """What is stored of a series: first and newest open time in Unix ms, and the newest candle that was dispatched."""

    symbol: str
    interval: str
    first_ts: int
    last_ts: int
    dispatched_ts: int | None


def load_bars(symbol: str, interval: str, start_ms: int | None = None, end_ms: int | None = None) -> Bars:
    """Return the candles that open at `start_ms` or later and have closed by `end_ms`, oldest first; None: no bound.

    Nothing that was unknown at `end_ms` is in them, also in longer intervals, which are made of the longest stored one
    that divides them, and only where it is complete. An unknown series has no candles. Raises UnknownInterval.
    """
    step = _step(interval)
    base = _base_of(symbol, interval)
    if base is None:
        return packing.none()
    first = 0 if start_ms is None else -(-start_ms // step) * step
    end = OPEN_END if end_ms is None else end_ms // step * step
    bars = _read(symbol, base, first, end)
    return bars if base == interval else bars.resample(step, INTERVALS[base])


def latest_bars(symbol: str, interval: str, count: int, *, end_ms: int | None = None) -> Bars:
    """Return the newest `count` closed candles (fewer where there are no more) of those closed by `end_ms`."""
    step = _step(interval)
    base = _base_of(symbol, interval)
    series = None if base is None else get_series(symbol, base)
    if base is None or series is None or count < 1:
        return packing.none()
    end = series.last_ts + INTERVALS[base] if end_ms is None else min(end_ms, series.last_ts + INTERVALS[base])
    span = (count + 1) * step
    while True:
        bars = load_bars(symbol, interval, max(0, end - span), end)
        if len(bars) >= count or end - span <= series.first_ts:
            return bars[max(0, len(bars) - count) :]
        span *= 2


def list_intervals(symbol: str) -> list[str]:
    """Return the intervals that candles of a symbol can be read in, shortest first."""
    stored = [INTERVALS[row.interval] for row in list_series(symbol)]
    return [name for name, step in INTERVALS.items() if any(step % base == 0 for base in stored)]


def get_series(symbol: str, interval: str) -> SeriesFacts | None:
    """Return what is stored of a series, or None."""
    found = CandleSeries.objects.filter(symbol=symbol, interval=interval, last_ts__isnull=False).first()
    return None if found is None else _facts(found)


def list_series(symbol: str | None = None) -> list[SeriesFacts]:
    """Return the stored series of one or all symbols."""
    found = CandleSeries.objects.filter(last_ts__isnull=False).order_by("symbol", "interval")
    return [_facts(row) for row in (found if symbol is None else found.filter(symbol=symbol))]


def find_gaps(symbol: str, interval: str, start_ms: int | None = None, end_ms: int | None = None) -> list[Gap]:
    """Return where candles are missing between the first and the last that are stored in the range."""
    return gaps_of(load_bars(symbol, interval, start_ms, end_ms), INTERVALS[interval])


def gaps_of(bars: Bars, step: int) -> list[Gap]:
    """Return the gaps inside candles of one interval (`step` in ms)."""
    places = np.flatnonzero(np.diff(bars.ts) > step)
    pairs = zip(bars.ts[places].tolist(), bars.ts[places + 1].tolist(), strict=True)
    return [Gap(left + step, right - step, (right - left) // step - 1) for left, right in pairs]


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


def _base_of(symbol: str, interval: str) -> str | None:
    """Return the longest stored interval that divides the wanted one; None without any series of the symbol."""
    stored = [row.interval for row in list_series(symbol)]
    fitting = [name for name in stored if INTERVALS[interval] % INTERVALS[name] == 0]
    if stored and not fitting:
        raise UnknownInterval(field="interval", interval=interval, choices=", ".join(list_intervals(symbol)))
    return max(fitting, key=lambda name: INTERVALS[name], default=None)


def _read(symbol: str, interval: str, start: int, end: int) -> Bars:
    slot_ms = INTERVALS[interval] * 1_000
    with connection.cursor() as cursor:
        # The tail first: a slot that is sealed between the two statements is then read twice, and never lost.
        cursor.execute(TAIL, [symbol, interval, start, end])
        tail = packing.from_rows(cursor.fetchall())
        # psycopg's own cursor, because Django's cannot ask for binary results; without it bytes travel as hex.
        with psycopg.Cursor(connection.connection) as raw:
            raw.execute(CHUNKS, [symbol, interval, start - slot_ms, end], binary=True)
            bars = packing.join([row[0] for row in raw.fetchall()])
    if len(bars) and len(tail):
        tail = tail[int(np.searchsorted(tail.ts, bars.ts[-1], side="right")) :]
    left, right = np.searchsorted(bars.ts, (start, end)).tolist()
    return packing.concatenate(bars[left:right], tail)


def _facts(row: CandleSeries) -> SeriesFacts:
    assert row.first_ts is not None  # both are set by the first candle
    assert row.last_ts is not None
    return SeriesFacts(row.symbol, row.interval, row.first_ts, row.last_ts, row.dispatched_ts)
