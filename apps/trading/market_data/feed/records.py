"""The feed's work on the database, in plain functions that run in a worker thread, in public."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.core.actors import Actor
from apps.trading.exchanges.queries import get_venue, venue_settings
from apps.trading.instruments.choices import AssetClass
from apps.trading.instruments.queries import list_instruments, spec_of
from apps.trading.market_data import packing
from apps.trading.market_data.choices import TickKind
from apps.trading.market_data.gateways.messages import Kline, Print
from apps.trading.market_data.models import TickPart
from apps.trading.market_data.operations.dispatch import mark_start
from apps.trading.market_data.operations.quality import note_alarms, receive_candles
from apps.trading.market_data.operations.ticks import MINUTE_MS, store_book_samples, store_pair_samples, store_trades
from apps.trading.market_data.queries import get_series, list_arbitrage, list_taker_fees, load_bars, load_trades
from apps.trading.market_data.topics import Row
from kernel.instruments import INTERVALS, VOLUME_SCALE, Bars, InstrumentSpec, InvalidBarsError, OffGridError
from kernel.quality import Rule

ACTOR = Actor.system("feed")
DAY_MS = INTERVALS["1d"]
MOST_ID_DIGITS = 18
MOST_PAIRS = 20
Sample = tuple[int, ...]
Seen = dict[str, tuple[int, dict[Rule, int]]]

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
    """Return the active crypto instruments; stocks and forex come from providers, not from an exchange's feed.

    A series that was only imported so far begins to be dispatched after its end.
    """
    found = []
    for instrument in list_instruments(asset_class=AssetClass.CRYPTO):
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
    report = receive_candles(actor=ACTOR, symbol=symbol, interval=interval, bars=bars, reason=f"feed, {source}")
    mark_start(symbol, interval)
    if report.stored.corrected:
        logger.warning("the venue corrected candles", extra={"symbol": symbol, "count": report.stored.corrected})
    if report.held:
        logger.warning("candles in quarantine", extra={"symbol": symbol, "count": report.held})
    return report.stored.added


def newest_kept(venue: str, symbol: str) -> int | None:
    """Return the number of the newest stored trade, or None."""
    part = TickPart.objects.filter(venue=venue, symbol=symbol, kind=TickKind.TRADES).order_by("-hour_ts").first()
    if part is None:
        return None
    return int(load_trades(venue, symbol, part.hour_ts, part.hour_ts + INTERVALS["1h"]).number.max())


def keep_ticks(venue: str, spec: InstrumentSpec, prints: Sequence[Print], sample: Sample | None, seen: Seen) -> None:
    """Store trades and a sample of the book, and add what the feed saw to the scores of both streams."""
    trades = [row for row in (_trade_row(spec, item) for item in prints) if row is not None]
    facts: dict[str, Any] = {"actor": ACTOR, "venue": venue, "symbol": spec.symbol}
    if trades:
        store_trades(**facts, rows=trades)
    if sample is not None:
        store_book_samples(**facts, rows=[sample])
    for stream, (rows, alarms) in seen.items():
        if rows or alarms:
            note_alarms(**facts, stream=stream, rows=rows, alarms=alarms)


def note_off_grid(venue: str, symbol: str, count: int, looked_at: int) -> None:
    """Add messages whose prices lie between two ticks, of so many looked at, to the score of the symbol's quotes."""
    detail = "prices of the venue lie between two ticks of the instrument"
    facts = {"venue": venue, "symbol": symbol, "stream": "quotes"}
    note_alarms(actor=ACTOR, **facts, rows=looked_at, alarms={Rule.OFF_GRID: count}, detail=detail)


def keep_pairs(symbol: str, at_ms: int) -> None:
    """Keep what every pair of fresh venues would bring now; nothing where fewer than two are followed."""
    pairs = list_arbitrage(symbol)[:MOST_PAIRS]
    if pairs:
        venues = {name for pair in pairs for name in (pair.buy_venue, pair.sell_venue)}
        fees = {row.venue: row.taker for row in list_taker_fees(symbol, venues)}
        store_pair_samples(actor=ACTOR, symbol=symbol, at_ms=at_ms // MINUTE_MS * MINUTE_MS, pairs=pairs, fees=fees)


def _trade_row(spec: InstrumentSpec, item: Print) -> tuple[int, int, int, int, int] | None:
    """Return a trade as it is stored; None where it is off our grid or its venue gives no numbers."""
    try:
        price, quantity = spec.ticks(Decimal(item.price)), Decimal(item.quantity) * VOLUME_SCALE
    except (OffGridError, ArithmeticError):
        return None
    if quantity != int(quantity) or not item.id.isdecimal() or len(item.id) > MOST_ID_DIGITS:
        return None
    return item.ts, price, int(quantity), int(item.is_sell), int(item.id)
