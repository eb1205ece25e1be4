"""Reading books and positions, valued by the newest quote (or the newest candle, when there is no quote)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Context, Decimal
from uuid import UUID

from django.db.models import QuerySet

from apps.core.clock import from_ms, now
from apps.trading.instruments.queries import get_spec
from apps.trading.market_data.queries import get_quote, latest_bars
from apps.trading.positions.errors import BookMissing, PositionMissing
from apps.trading.positions.models import Book, ContractPosition, Position, PositionEntry
from kernel.instruments import market_of
from kernel.margin import return_percent

EXACT = Context(prec=100)
BASE_INTERVAL = "5m"
MARK_FRESH = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Mark:
    """A price to value by, and when it was true."""

    price: Decimal
    at: datetime
    is_stale: bool


@dataclass(frozen=True, slots=True)
class PositionValue:
    """A position with its worth. All but quantity and entry in quote; None where no price is known.

    `net` = realised + unrealised − fees + funding: what the position has brought to the last digit. `percent` is the
    unrealised result of its cost; `other_fees` the worth of fees in third assets at their present prices (None: one
    of them has no price), which `net` leaves out.
    """

    position: Position
    entry: Decimal | None
    mark: Mark | None
    unrealised: Decimal | None
    net: Decimal | None
    percent: Decimal | None = None
    other_fees: Decimal | None = Decimal(0)


def get_book(book_id: UUID, *, owner_id: UUID | None = None) -> Book:
    """Return a book, with `owner_id` only one of that customer. Raises BookMissing."""
    found = Book.objects.filter(pk=book_id)
    book = (found if owner_id is None else found.filter(owner_id=owner_id)).first()
    if book is None:
        raise BookMissing
    return book


def list_books(owner_id: UUID) -> QuerySet[Book]:
    """Return a customer's books, newest first."""
    return Book.objects.filter(owner_id=owner_id).select_related("connection__venue").order_by("-id")


def get_position(book_id: UUID, symbol: str, position_side: str = "") -> Position | None:
    """Return the position of a symbol in a book, or None before its first fill; a side only in hedge mode."""
    return Position.objects.filter(book_id=book_id, symbol=symbol, position_side=position_side).first()


def get_own_position(position_id: UUID, owner_id: UUID) -> Position:
    """Return a position of a customer, or raise PositionMissing."""
    found = Position.objects.select_related("book").filter(pk=position_id, book__owner_id=owner_id).first()
    if found is None:
        raise PositionMissing
    return found


def list_positions(owner_id: UUID, *, symbol: str = "", is_open: bool | None = None) -> QuerySet[Position]:
    """Return a customer's positions, newest first; `is_open` False: those that are flat now."""
    found = Position.objects.filter(book__owner_id=owner_id).select_related("book").order_by("-id")
    if symbol:
        found = found.filter(symbol=symbol)
    if is_open is None:
        return found
    return found.exclude(quantity=0) if is_open else found.filter(quantity=0)


def list_connection_positions(connection_id: UUID) -> list[Position]:
    """Return all positions of all books of a connection (reconciliation)."""
    return list(Position.objects.filter(book__connection_id=connection_id).order_by("id"))


def sum_result(fill_ids: list[UUID]) -> Decimal | None:
    """Return what fills of one order brought in quote: realised by FIFO less their fees; None if they only opened."""
    found = PositionEntry.objects.filter(fill_id__in=fill_ids)
    rows = list(found.values_list("side", "quantity", "quantity_after", "realised_fifo", "fee_quote"))
    if not any(_closes(side, quantity, after) for side, quantity, after, _, _ in rows):
        return None
    return sum((realised - fee for *_, realised, fee in rows), Decimal(0))


def _closes(side: str, quantity: Decimal, after: Decimal) -> bool:
    """Whether an entry took (part of) a position away: before it, the quantity had the other sign."""
    before = after - quantity if side == "buy" else after + quantity
    return before != 0 and (before < 0) == (side == "buy")


def get_mark(symbol: str, *, is_long: bool = True) -> Mark | None:
    """Return the price a position would be closed at (bid for a long one), or the newest close, or None.

    A contract is priced by the market that it follows.
    """
    symbol = market_of(symbol)
    quote = get_quote(symbol)
    if quote is not None:
        return Mark(quote.bid if is_long else quote.ask, quote.at, quote.is_stale)
    bars = latest_bars(symbol, BASE_INTERVAL, 1)
    if not len(bars):
        return None
    return Mark(get_spec(symbol).price(int(bars.close[-1])), from_ms(int(bars.ts[-1])), is_stale=True)


def value_position(position: Position, mark: Mark | None = None) -> PositionValue:
    """Return a position with its worth at `mark` (None: the present one), against its average cost."""
    if mark is None:
        mark = _contract_mark(position) or get_mark(position.symbol, is_long=position.quantity >= 0)
    entry = None
    if position.quantity:
        entry = EXACT.divide(position.cost, position.quantity).quantize(Decimal("1E-8"), context=EXACT)
    unrealised = percent = None
    if not position.quantity:
        unrealised = Decimal(0)
    elif mark is not None:
        unrealised = EXACT.subtract(EXACT.multiply(position.quantity, mark.price), position.cost)
        share = return_percent(unrealised, position.cost)
        percent = None if share is None else share.quantize(Decimal("1E-4"))
    net = None
    if unrealised is not None:
        net = EXACT.subtract(EXACT.add(position.realised_average, unrealised), position.fees)
        net = EXACT.add(net, position.funding)
    return PositionValue(position, entry, mark, unrealised, net, percent, value_fees(position))


def _contract_mark(position: Position) -> Mark | None:
    """Return the venue's mark price of a contract; it is stale when the account was not read lately."""
    if not position.is_contract:
        return None
    place = {"symbol": position.symbol, "position_side": position.position_side}
    shown = ContractPosition.objects.filter(account__connection_id=position.book.connection_id, **place).first()
    if shown is None:
        return None
    return Mark(shown.mark, shown.read_at, is_stale=shown.read_at < now() - MARK_FRESH)


def value_fees(position: Position) -> Decimal | None:
    """Return the worth in quote of a position's fees in third assets now, or None where one has no price."""
    total = Decimal(0)
    for asset, amount in sorted(position.other_fees.items()):
        if not Decimal(amount):
            continue
        mark = get_mark(f"{asset}{position.quote}")
        if mark is None:
            return None
        total = EXACT.add(total, EXACT.multiply(Decimal(amount), mark.price))
    return total
