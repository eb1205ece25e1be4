"""Telling the engine of closed candles: each at least once, in order, also after a crash."""

import logging
from collections.abc import Callable

from apps.trading.market_data.choices import HOME_VENUE
from apps.trading.market_data.models import CandleSeries
from apps.trading.market_data.queries import get_series, load_bars
from kernel.events.market import CandleClosed
from kernel.instruments import INTERVALS

Dispatcher = Callable[[CandleClosed], None]

logger = logging.getLogger("outcry.market_data")
BATCH = 200
"""Candles of one call: the feed's database thread is free for its lease in between."""
MAX_FAILURES = 5
"""After so many failures a candle is given up: the sweeps of its consumers are the net."""

_dispatchers: list[Dispatcher] = []
_failures: dict[tuple[str, str, int], int] = {}


def on_candle_closed(function: Dispatcher) -> Dispatcher:
    """Register what is told of every closed candle, of all intervals; it runs in the feed, in public, and is quick."""
    if function not in _dispatchers:
        _dispatchers.append(function)
    return function


def mark_start(symbol: str, interval: str) -> None:
    """Say that a series that was only imported until now begins to be dispatched after its newest candle."""
    series = get_series(symbol, interval, HOME_VENUE)
    if series is not None:
        CandleSeries.objects.filter(
            venue=HOME_VENUE, symbol=symbol, interval=interval, dispatched_ts__isnull=True
        ).update(dispatched_ts=series.last_ts)


def dispatch_closed(symbol: str, interval: str) -> bool:
    """Dispatch the next stored candles of a series that were not dispatched yet; return whether to call again at once.

    Stops at a candle whose dispatcher fails, to try it again at a later call; `dispatched_ts` moves only after all
    dispatchers took a candle. Longer intervals that close with a candle are dispatched with it, shortest first.
    """
    series = get_series(symbol, interval, HOME_VENUE)
    if series is None or series.dispatched_ts is None or series.dispatched_ts >= series.last_ts:
        return False
    batch = _batch(symbol, interval, series.dispatched_ts)
    for ts, candles in batch:
        if not all(_told(candle) for candle in candles):
            return False
        CandleSeries.objects.filter(venue=HOME_VENUE, symbol=symbol, interval=interval, dispatched_ts__lt=ts).update(
            dispatched_ts=ts
        )
    return len(batch) == BATCH


def _batch(symbol: str, interval: str, after: int) -> list[tuple[int, list[CandleClosed]]]:
    """Return the next candles of the series, each with the longer ones that close at the same moment."""
    step = INTERVALS[interval]
    base = load_bars(symbol, interval, after + step, venue=HOME_VENUE)[:BATCH]
    end = int(base.ts[-1]) + step
    closing: dict[int, list[CandleClosed]] = {ts: [] for ts in base.ts.tolist()}
    for name, length in INTERVALS.items():
        if length % step:
            continue
        bars = (
            base
            if length == step
            else load_bars(symbol, name, (after + step) // length * length, end, venue=HOME_VENUE)
        )
        for ts, opened, high, low, close, volume in bars.rows():
            with_base = ts + length - step
            if with_base in closing:
                closing[with_base].append(
                    CandleClosed(
                        symbol=symbol, interval=name, ts=ts, open=opened, high=high, low=low, close=close, volume=volume
                    )
                )
    return sorted(closing.items())


def _told(candle: CandleClosed) -> bool:
    """Tell every dispatcher; return whether the candle is done with."""
    failed = False
    for dispatcher in _dispatchers:
        try:
            dispatcher(candle)
        except Exception:
            failed = True
            logger.exception("dispatcher failed", extra={"stream": candle.stream, "ts": candle.ts})
    key = (candle.symbol, candle.interval, candle.ts)
    if not failed:
        _failures.pop(key, None)
        return True
    _failures[key] = _failures.get(key, 0) + 1
    if _failures[key] < MAX_FAILURES:
        return False
    logger.error("candle given up", extra={"stream": candle.stream, "ts": candle.ts})
    del _failures[key]
    return True
