"""Reading books and positions, valued by the newest quote (or the newest candle, when there is no quote)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Context, Decimal
from uuid import UUID

from django.db.models import QuerySet

from apps.core.clock import from_ms
from apps.trading.instruments.queries import get_spec
from apps.trading.market_data.queries import get_quote, latest_bars
from apps.trading.positions.errors import BookMissing, PositionMissing
from apps.trading.positions.models import Book, Position, PositionEntry

EXACT = Context(prec=100)
BASE_INTERVAL = "5m"


@dataclass(frozen=True, slots=True)
class Mark:
    """A price to value by, and when it was true."""

    price: Decimal
    at: datetime
    is_stale: bool


@dataclass(frozen=True, slots=True)
class PositionValue:
    """A position with its worth. All but quantity and entry in quote; None where no price is known.

    `net` = realised + unrealised − fees: what the position has brought to the last digit.
    """

    position: Position
    entry: Decimal | None
    mark: Mark | None
    unrealised: Decimal | None
    net: Decimal | None


def get_book(book_id: UUID, *, owner_id: UUID | None = None) -> Book:
    """Return a book, with `owner_id` only one of that customer. Raises BookMissing."""
    found = Book.objects.filter(pk=book_id)
    book = (found if owner_id is None else found.filter(owner_id=owner_id)).first()
    if book is None:
        raise BookMissing
    return book


def get_position(book_id: UUID, symbol: str) -> Position | None:
    """Return the position of a symbol in a book, or None before its first fill."""
    return Position.objects.filter(book_id=book_id, symbol=symbol).first()


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
    """Return the price a position would be closed at (bid for a long one), or the newest close, or None."""
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
        mark = get_mark(position.symbol, is_long=position.quantity >= 0)
    entry = None
    if position.quantity:
        entry = EXACT.divide(position.cost, position.quantity).quantize(Decimal("1E-8"), context=EXACT)
    unrealised = None
    if not position.quantity:
        unrealised = Decimal(0)
    elif mark is not None:
        unrealised = EXACT.subtract(EXACT.multiply(position.quantity, mark.price), position.cost)
    net = None
    if unrealised is not None:
        net = EXACT.subtract(EXACT.add(position.realised_average, unrealised), position.fees)
    return PositionValue(position, entry, mark, unrealised, net)
