"""The feed's work on the database, in plain functions that run in a worker thread, in public."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.core.actors import Actor
from apps.trading.exchanges.queries import get_venue, venue_settings
from apps.trading.instruments.queries import list_instruments, spec_of
from apps.trading.market_data import packing
from apps.trading.market_data.gateways.messages import Kline
from apps.trading.market_data.operations.dispatch import mark_start
from apps.trading.market_data.operations.store import store_candles
from apps.trading.market_data.queries import get_series, load_bars
from apps.trading.market_data.topics import Row
from kernel.instruments import INTERVALS, VOLUME_SCALE, Bars, InstrumentSpec, InvalidBarsError, OffGridError

ACTOR = Actor.system("feed")
DAY_MS = INTERVALS["1d"]

logger = logging.getLogger("outcry.market_data")


class KlineRefused(Exception):
    """A venue's candle is not one: off the grid, or its high below its body."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A symbol that the feed follows: its rules, its newest stored candle (None: none), the candles of its last day."""

    spec: InstrumentSpec
    last_ts: int | None
    recent: Bars


def venue_access(code: str) -> tuple[str, dict[str, object]]:
    """Return ccxt's name of a venue and its constructor settings."""
    return get_venue(code).ccxt_id, venue_settings(code)


def followed(interval: str) -> list[Followed]:
    """Return the active instruments; a series that was only imported so far begins to be dispatched after its end."""
    found = []
    for instrument in list_instruments():
        mark_start(instrument.symbol, interval)
        series = get_series(instrument.symbol, interval)
        recent = packing.none()
        if series is not None:
            recent = load_bars(instrument.symbol, interval, series.last_ts // DAY_MS * DAY_MS)
        found.append(Followed(spec_of(instrument), None if series is None else series.last_ts, recent))
    return found


def row_of(kline: Kline, spec: InstrumentSpec) -> Row:
    """Return a candle in ticks and 10^-8 base, exact; raises KlineRefused."""
    try:
        prices = [spec.ticks(Decimal(text)) for text in (kline.open, kline.high, kline.low, kline.close)]
        volume = Decimal(kline.volume) * VOLUME_SCALE
    except (OffGridError, ArithmeticError) as error:
        raise KlineRefused(f"{kline.symbol} {kline.ts}: {error}") from error
    if volume != int(volume):
        raise KlineRefused(f"{kline.symbol} {kline.ts}: the volume is finer than 10^-8")
    return (kline.ts, prices[0], prices[1], prices[2], prices[3], int(volume))


def store_rows(symbol: str, interval: str, rows: Sequence[Row], source: str) -> int:
    """Store closed candles and return how many were new; an empty series begins to be dispatched after the first.

    Raises KlineRefused, with nothing stored.
    """
    try:
        bars = packing.from_rows(rows)
    except InvalidBarsError as error:
        raise KlineRefused(f"{symbol} from {rows[0][0]}: {error}") from error
    report = store_candles(actor=ACTOR, symbol=symbol, interval=interval, bars=bars, reason=f"feed, {source}")
    mark_start(symbol, interval)
    if report.corrected:
        logger.warning("the venue corrected candles", extra={"symbol": symbol, "count": report.corrected})
    return report.added
