"""Results of a customer's books, summed: by connection, book, symbol, and by what apps above declare."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from apps.trading.positions.choices import Purpose
from apps.trading.positions.errors import GroupingUnknown
from apps.trading.positions.models import Book
from apps.trading.positions.queries.base import EXACT, PositionValue, list_positions, value_position
from kernel.margin import return_percent

ZERO = Decimal(0)
STEP = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class ResultRow:
    """What a group's positions in one quote asset brought. All in quote; None: a price is missing in `no_price`.

    `percent` is the unrealised result of what the open positions cost (sizes summed), in percent.
    """

    key: str
    label: str
    quote: str
    cost: Decimal
    realised: Decimal
    realised_fifo: Decimal
    unrealised: Decimal | None
    fees: Decimal
    other_fees: Decimal | None
    funding: Decimal
    net: Decimal | None
    percent: Decimal | None
    positions: int
    no_price: tuple[str, ...]


Grouping = Callable[[Iterable[Book]], dict[UUID, tuple[tuple[str, str], ...]]]
"""For books, by id: the groups (key, label) each belongs to. A book may be in several (portfolios) or in none."""

_groupings: dict[str, Grouping] = {}


def register_grouping(name: str, grouping: Grouping) -> None:
    """Let results be summed by `name`; apps above call it when they start (bot, strategy, portfolio)."""
    _groupings[name] = grouping


def list_groupings() -> list[str]:
    """Return what results can be summed by, in the order of declaration; symbol last."""
    return [*_groupings, "symbol"]


def sum_results(owner_id: UUID, *, by: str) -> list[ResultRow]:
    """Return a customer's results by group and quote asset, sorted by both. Raises GroupingUnknown."""
    if by not in _groupings and by != "symbol":
        raise GroupingUnknown(name=by, known=", ".join(sorted([*_groupings, "symbol"])))
    rows: dict[tuple[str, str], ResultRow] = {}
    positions = list(list_positions(owner_id).select_related("book__connection__venue"))
    grouping = _groupings.get(by)
    groups = grouping({row.book_id: row.book for row in positions}.values()) if grouping else {}
    for position in positions:
        value = value_position(position)
        for key, label in groups.get(position.book_id, ()) if grouping else [(position.symbol, position.symbol)]:
            place = (key, position.quote)
            rows[place] = _with(rows.get(place) or _empty(key, label, position.quote), value)
    return [_finished(rows[place]) for place in sorted(rows)]


def _empty(key: str, label: str, quote: str) -> ResultRow:
    return ResultRow(key, label, quote, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, None, 0, ())


def _with(row: ResultRow, value: PositionValue) -> ResultRow:
    """The row with one more position."""
    position = value.position
    missing = () if value.unrealised is not None else (position.symbol,)
    return replace(
        row,
        cost=EXACT.add(row.cost, position.cost.copy_abs()),
        realised=EXACT.add(row.realised, position.realised_average),
        realised_fifo=EXACT.add(row.realised_fifo, position.realised_fifo),
        unrealised=_plus(row.unrealised, value.unrealised),
        fees=EXACT.add(row.fees, position.fees),
        other_fees=_plus(row.other_fees, value.other_fees),
        funding=EXACT.add(row.funding, position.funding),
        net=_plus(row.net, value.net),
        positions=row.positions + 1,
        no_price=(*row.no_price, *missing),
    )


def _plus(left: Decimal | None, right: Decimal | None) -> Decimal | None:
    return None if left is None or right is None else EXACT.add(left, right)


def _finished(row: ResultRow) -> ResultRow:
    percent = return_percent(row.unrealised, row.cost) if row.unrealised is not None else None
    return replace(row, percent=percent.quantize(STEP) if percent is not None else None)


def _by_connection(books: Iterable[Book]) -> dict[UUID, tuple[tuple[str, str], ...]]:
    return {book.pk: ((str(book.connection_id), book.connection.label),) for book in books}


def _by_book(books: Iterable[Book]) -> dict[UUID, tuple[tuple[str, str], ...]]:
    return {book.pk: ((str(book.pk), f"{book.connection.label}, {_purpose(book)}"),) for book in books}


def _purpose(book: Book) -> str:
    names = {Purpose.MANUAL: "by hand", Purpose.CONTRACT: "contracts"}
    return names.get(Purpose(book.purpose)) or f"bot …{str(book.purpose_id)[-4:]}"


register_grouping("connection", _by_connection)
register_grouping("book", _by_book)
