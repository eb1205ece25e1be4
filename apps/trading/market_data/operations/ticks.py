"""Storing trades and book samples by the hour, rolling them up, and dropping hours that are over their time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.db.models import Max

from apps.core.actors import Actor
from apps.core.clock import now, to_ms
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.trading.market_data import packing
from apps.trading.market_data.choices import TickKind
from apps.trading.market_data.errors import BadAction
from apps.trading.market_data.models import RetentionPolicy, TickPart
from apps.trading.market_data.operations.store import WRITE, store_candles
from apps.trading.market_data.queries.ticks import HOUR_MS, Column, columns_of, load_table
from kernel.instruments import Bars
from kernel.microstructure import Arbitrage

RETAIN = declare("market_data.retain", "Set how long trades and book samples are kept")
MINUTE_MS = 60_000
QUARTER_MS = 15 * MINUTE_MS
SCALE = 10**8
DEFAULTS = {TickKind.TRADES: (7, 30), TickKind.BOOK: (3, 30), TickKind.PAIRS: (7, 90)}
"""Days until rolled up, days until dropped."""


@dataclass(frozen=True, slots=True)
class RetentionReport:
    """What a run of the policies did: parts joined, hours rolled up or thinned, parts dropped."""

    joined: int
    rolled_up: int
    dropped: int


@operation("market_data.store_trades", permission=WRITE, trail=False)
def store_trades(*, actor: Actor, venue: str, symbol: str, rows: Sequence[tuple[int, int, int, int, int]]) -> int:
    """Store trades (packing.TRADE_COLUMNS) in any order; return how many were new. A number is stored once an hour."""
    return _append(venue, symbol, TickKind.TRADES, np.array(rows, np.int64).reshape(-1, 5).T, key=4)


@operation("market_data.store_book_samples", permission=WRITE, trail=False)
def store_book_samples(*, actor: Actor, venue: str, symbol: str, rows: Sequence[tuple[int, ...]]) -> int:
    """Store samples of a book (packing.BOOK_COLUMNS); return how many were new. One sample a moment."""
    return _append(venue, symbol, TickKind.BOOK, np.array(rows, np.int64).reshape(-1, 7).T, key=0)


@operation("market_data.store_pair_samples", permission=WRITE, trail=False)
def store_pair_samples(
    *, actor: Actor, symbol: str, at_ms: int, pairs: Sequence[Arbitrage], fees: Mapping[str, Decimal]
) -> int:
    """Store what pairs of venues would have brought at a moment, with their taker fees; return how many were new."""
    added = 0
    for pair in pairs:
        numbers = (pair.buy_price, pair.sell_price, pair.size, fees[pair.buy_venue], fees[pair.sell_venue])
        row = [at_ms, *(round(number * SCALE) for number in numbers)]
        name = f"{pair.buy_venue}>{pair.sell_venue}"
        added += _append(name, symbol, TickKind.PAIRS, np.array([row], np.int64).T, key=0)
    return added


@operation("market_data.set_retention", permission=RETAIN, audited=("kind", "roll_up_days", "keep_days"))
def set_retention(*, actor: Actor, kind: str, roll_up_days: int, keep_days: int, reason: str) -> RetentionPolicy:
    """Say how long a kind of ticks is kept. Raises BadAction."""
    if not 1 <= roll_up_days <= keep_days <= 3_650:
        raise BadAction(field="keep_days", reason="Roll up after 1 day or more, and keep at least until then.")
    facts = {"roll_up_days": roll_up_days, "keep_days": keep_days}
    return RetentionPolicy.objects.update_or_create(kind=TickKind(kind), defaults=facts)[0]


def seed_retention() -> None:
    """Make the policies that are not there yet."""
    rows = [RetentionPolicy(kind=kind, roll_up_days=days[0], keep_days=days[1]) for kind, days in DEFAULTS.items()]
    RetentionPolicy.objects.bulk_create(rows, ignore_conflicts=True)


@operation("market_data.apply_retention", permission=WRITE, trail=False)
def apply_retention(*, actor: Actor, most_hours: int = 500) -> RetentionReport:
    """Join the parts of hours that are over, roll up and thin old hours, drop those past their time.

    At most `most_hours` hours are opened in a call; safe to repeat at any time.
    """
    joined = rolled = dropped = 0
    this_hour = to_ms(now()) // HOUR_MS * HOUR_MS
    for policy in RetentionPolicy.objects.order_by("kind"):
        kind = TickKind(policy.kind)
        old, gone = (to_ms(now() - timedelta(days=days)) for days in (policy.roll_up_days, policy.keep_days))
        for hour in _hours(kind, old, thinned=False)[:most_hours]:
            _roll_up(actor, kind, *hour)
            rolled += 1
        dropped += TickPart.objects.filter(kind=kind, hour_ts__lt=gone // HOUR_MS * HOUR_MS, is_thinned=True).delete()[
            0
        ]
        for hour in _in_parts(kind, this_hour)[:most_hours]:
            joined += _replace(kind, *hour, load_table(hour[0], hour[1], kind, hour[2], hour[2] + HOUR_MS))
    return RetentionReport(joined, rolled, dropped)


def _append(venue: str, symbol: str, kind: TickKind, table: Column, key: int) -> int:
    """Add the rows that are not there yet as one new part for each hour; return how many."""
    added = 0
    hours = table[0] // HOUR_MS * HOUR_MS if table.shape[1] else table[0]
    for hour in np.unique(hours).tolist():
        fresh = table[:, hours == hour]
        fresh = fresh[:, np.sort(np.unique(fresh[key], return_index=True)[1])]
        _lock(venue, symbol, kind, hour)
        known = load_table(venue, symbol, kind, hour, hour + HOUR_MS)[key]
        fresh = fresh[:, ~np.isin(fresh[key], known)]
        if not fresh.shape[1]:
            continue
        parts = TickPart.objects.filter(venue=venue, symbol=symbol, kind=kind, hour_ts=hour)
        highest = parts.aggregate(highest=Max("part"))["highest"] or 0
        TickPart.objects.create(**_part(venue, symbol, kind, hour, fresh), part=highest + 1)
        added += fresh.shape[1]
    return added


def _part(venue: str, symbol: str, kind: TickKind, hour: int, table: Column) -> dict[str, Any]:
    payload = packing.pack_columns(list(table))
    facts = {"venue": venue, "symbol": symbol, "kind": kind, "hour_ts": hour}
    return {**facts, "count": table.shape[1], "payload": payload, "checksum": packing.checksum(payload)}


def _lock(venue: str, symbol: str, kind: TickKind, hour: int) -> None:
    """Let one writer at a time work on an hour of a stream, which is a fact of all tenants."""
    with connection.cursor() as cursor:
        name = f"ticks {venue} {symbol} {kind} {hour}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('public'), hashtext(%s))", [name])


def _hours(kind: TickKind, before: int, *, thinned: bool) -> list[tuple[str, str, int]]:
    found = TickPart.objects.filter(kind=kind, hour_ts__lt=before // HOUR_MS * HOUR_MS, is_thinned=thinned)
    return list(found.order_by("hour_ts").values_list("venue", "symbol", "hour_ts").distinct())


def _in_parts(kind: TickKind, before: int) -> list[tuple[str, str, int]]:
    found = TickPart.objects.filter(kind=kind, hour_ts__lt=before, part__gt=1)
    return list(found.order_by("hour_ts").values_list("venue", "symbol", "hour_ts").distinct())


def _roll_up(actor: Actor, kind: TickKind, venue: str, symbol: str, hour: int) -> None:
    """Make minute candles of an hour of trades; keep the first sample of each minute of a book.

    Of pairs of venues the best of each quarter of an hour after fees stays.
    """
    table = load_table(venue, symbol, kind, hour, hour + HOUR_MS)
    if kind is TickKind.TRADES:
        table = table[:, np.lexsort((table[4], table[0]))]
        bars = minutes_of(table)
        store_candles(actor=actor, symbol=symbol, interval="1m", bars=bars, reason="rolled up from trades", venue=venue)
    elif kind is TickKind.PAIRS:
        table = table[:, _best_of_quarters(table)]
    else:
        table = table[:, np.sort(np.unique(table[0] // MINUTE_MS, return_index=True)[1])]
    _replace(kind, venue, symbol, hour, table, is_thinned=True)


def _best_of_quarters(table: Column) -> Column:
    """Return the places of the samples that would have brought most in their quarter of an hour, oldest first."""
    _, ask, bid, _, buy_fee, sell_fee = table.astype(np.float64)
    worth = bid * (SCALE - sell_fee) / (ask * (SCALE + buy_fee))
    order = np.lexsort((table[0], -worth, table[0] // QUARTER_MS))
    first = np.unique(table[0][order] // QUARTER_MS, return_index=True)[1]
    return np.sort(order[first])


def minutes_of(table: Column) -> Bars:
    """Return the 1-minute candles of trades (packing.TRADE_COLUMNS, sorted), in ticks; none for a minute without."""
    if not table.shape[1]:
        return packing.none()
    slot = table[0] // MINUTE_MS
    starts = np.flatnonzero(np.concatenate(([True], slot[1:] != slot[:-1])))
    ends = np.concatenate((starts[1:], [len(slot)])) - 1
    price = table[1]
    return Bars(
        slot[starts] * MINUTE_MS,
        price[starts],
        np.maximum.reduceat(price, starts),
        np.minimum.reduceat(price, starts),
        price[ends],
        np.add.reduceat(table[2], starts),
    )


@transaction.atomic
def _replace(kind: TickKind, venue: str, symbol: str, hour: int, table: Column, *, is_thinned: bool = False) -> int:
    """Put one part in the place of all parts of an hour; return how many there were."""
    _lock(venue, symbol, kind, hour)
    parts = TickPart.objects.filter(venue=venue, symbol=symbol, kind=kind, hour_ts=hour)
    thinned = is_thinned or parts.filter(is_thinned=True).exists()
    count = parts.delete()[0]
    assert table.shape[0] == columns_of(kind)
    TickPart.objects.create(**_part(venue, symbol, kind, hour, table), part=1, is_thinned=thinned)
    return count
