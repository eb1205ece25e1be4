"""What routing sees: a customer's accounts as the kernel's venues, with book, fee, funds and filters of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from apps.core.assets import code_at_venue
from apps.finance.ledger.queries import list_mirrors_of
from apps.trading.exchanges.choices import ConnectionState
from apps.trading.exchanges.errors import ConnectionMissing
from apps.trading.exchanges.queries import fee_on_top, list_connections
from apps.trading.instruments.queries import get_spec
from apps.trading.market_data.choices import HOME_VENUE
from apps.trading.market_data.queries import BookView, VenueFee, get_book, is_market_stale, list_taker_fees
from apps.trading.orders.models import BalanceBaseline
from apps.trading.orders.operations.opening import first_balances
from apps.trading.orders.paid_fees import taker_fees
from kernel.execution import Venue
from kernel.instruments import InstrumentSpec, Side

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Account:
    """One connection and what it can trade on. `best` is the top of the other side; None without a fresh book."""

    connection: Any
    venue: Venue
    fee: VenueFee
    book: BookView | None
    best: Decimal | None


def accounts_of(owner_id: UUID, mode: str, connection_ids: Sequence[UUID]) -> list[Any]:
    """Return the active connections of a mode, oldest first; of those named, if any are.

    Raises ConnectionMissing for a named one that is not the customer's or of the other mode.
    """
    own = {row.pk: row for row in list_connections(owner_id).filter(mode=mode).order_by("id")}
    if any(connection_id not in own for connection_id in connection_ids):
        raise ConnectionMissing
    wanted = [row for key, row in own.items() if key in connection_ids or not connection_ids]
    return [row for row in wanted if row.state == ConnectionState.ACTIVE]


def see(
    owner_id: UUID, symbol: str, side: Side, connections: Sequence[Any], *, newer_than: Mapping[str, datetime]
) -> list[Account]:
    """Return the accounts as they are now; a book that is not newer than its venue's moment is not believed."""
    spec = get_spec(symbol)
    venues = {row.venue.code for row in connections}
    fees = {row.venue: row for row in list_taker_fees(symbol, venues, taker_fees(owner_id))}
    books = {code: _book(symbol, code) for code in venues}
    free = available(owner_id, connections, spec.quote if side is Side.BUY else spec.base)
    found = []
    for row in connections:
        code = row.venue.code
        seen = _Seen(free[row.pk], fees[code], books[code], newer_than.get(code))
        found.append(_account(row, spec, side, seen))
    return found


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is free on an account, its fee, and the book of its venue, believed when it is newer than `after`."""

    free: Decimal
    fee: VenueFee
    book: BookView | None
    after: datetime | None


def _account(connection: Any, spec: InstrumentSpec, side: Side, seen: _Seen) -> Account:
    fee, book, after = seen.fee, seen.book, seen.after
    is_fresh = book is not None and (after is None or book.at > after)
    levels = _levels(book, spec, side) if book is not None and is_fresh else ()
    venue = Venue(
        key=str(connection.pk),
        levels=levels,
        fee=fee.taker,
        budget=seen.free,
        spec=spec,
        is_fresh=is_fresh,
        book=connection.venue.code,
        on_top=fee_on_top(connection.venue.code),
    )
    return Account(connection, venue, fee, book, levels[0][0] if levels else None)


def _book(symbol: str, venue: str) -> BookView | None:
    """Return a venue's book while it can be believed: fresh, two-sided, not crossed, its feed not stalled."""
    book = get_book(symbol, venue)
    if book is None or book.is_stale or not book.bids or not book.asks or book.bids[0][0] > book.asks[0][0]:
        return None
    return None if venue == HOME_VENUE and is_market_stale(symbol) else book


def _levels(book: BookView, spec: InstrumentSpec, side: Side) -> tuple[tuple[Decimal, Decimal], ...]:
    """Return the levels an order takes, best first; a price between two of our steps counts as the next worse one."""
    rows = book.asks if side is Side.BUY else book.bids
    return tuple((_worse(price, spec, side), size) for price, size in rows if price > 0 and size > 0)


def _worse(price: Decimal, spec: InstrumentSpec, side: Side) -> Decimal:
    count = Fraction(price) / Fraction(spec.tick)
    floor = count.numerator // count.denominator
    return spec.price(-(-count.numerator // count.denominator) if side is Side.BUY else max(1, floor))


def available(owner_id: UUID, connections: Sequence[Any], asset: str) -> dict[UUID, Decimal]:
    """Return by connection what an order may use of an asset: its mirror less what is held, as reserving counts.

    `connections` are the owner's. Of an account whose mirror its first order opens, the first balances seen; 0 where
    nothing is known. Two queries for accounts that are open, however many.
    """
    keys = [row.pk for row in connections]
    mirrors = list_mirrors_of(keys, owner_id, code_at_venue(asset))
    opened = set(BalanceBaseline.objects.filter(connection_id__in=keys).values_list("connection_id", flat=True))
    found: dict[UUID, Decimal] = {}
    for row in connections:
        mirror = mirrors.get(row.pk)
        if row.pk in opened or (mirror is not None and mirror.natural > 0):
            found[row.pk] = ZERO if mirror is None else max(ZERO, mirror.available)
        else:
            found[row.pk] = max(ZERO, (first_balances(row) or {}).get(asset, ZERO))
    return found
