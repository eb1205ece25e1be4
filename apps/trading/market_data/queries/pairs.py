"""Buying at one venue and selling at another: now, and as it was kept by the minute."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import numpy as np

from apps.core.clock import from_ms
from apps.trading.market_data.choices import TickKind
from apps.trading.market_data.gateways.live_cache import read_venue_quotes
from apps.trading.market_data.models import TickPart
from apps.trading.market_data.queries.fees import list_taker_fees
from apps.trading.market_data.queries.ticks import HOUR_MS, load_table
from kernel.microstructure import Arbitrage, VenueTop, arbitrage, one_round

UNIT = Decimal("0.00000001")


def list_arbitrage(symbol: str, fees: Mapping[str, Decimal] | None = None) -> list[Arbitrage]:
    """Return every ordered pair of fresh venues, the best after taker fees first.

    `fees` are shares of the worth by venue; a venue that is not named takes what it publishes (`list_taker_fees`).
    """
    tops = [quote.top for quote in read_venue_quotes(symbol) if not quote.is_stale]
    if len(tops) < 2:
        return []
    known = {row.venue: row.taker for row in list_taker_fees(symbol, [top.venue for top in tops], fees)}
    return arbitrage(tops, known)


def list_arbitrage_history(symbol: str, start_ms: int, end_ms: int) -> list[tuple[datetime, list[Arbitrage]]]:
    """Return the kept samples of [start_ms, end_ms), newest first, each with its best pair first.

    One a minute while two venues were followed; older ones are the best of a quarter of an hour (RetentionPolicy). Fees
    are those of their time.
    """
    first = start_ms // HOUR_MS * HOUR_MS
    parts = TickPart.objects.filter(kind=TickKind.PAIRS, symbol=symbol, hour_ts__gte=first, hour_ts__lt=end_ms)
    found: dict[int, list[Arbitrage]] = {}
    for name in parts.order_by("venue").values_list("venue", flat=True).distinct():
        table = load_table(name, symbol, TickKind.PAIRS, start_ms, end_ms)
        for row in table[:, np.argsort(table[0], kind="stable")].T.tolist():
            found.setdefault(row[0], []).append(_kept(name, row))
    return [(from_ms(ts), sorted(found[ts], key=lambda row: -row.net_percent)) for ts in sorted(found, reverse=True)]


def _kept(name: str, row: list[int]) -> Arbitrage:
    buy, _, sell = name.partition(">")
    ask, bid, size, buy_fee, sell_fee = (number * UNIT for number in row[1:])
    here, there = VenueTop(buy, ask, ask, size, size), VenueTop(sell, bid, bid, size, size)
    return one_round(here, there, buy_fee, sell_fee)
