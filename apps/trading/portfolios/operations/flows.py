"""Money and books that come into a portfolio and leave it: each buys or gives back units at the present value."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.core import work
from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.operation import operation
from apps.finance.ledger.queries import list_mirrors
from apps.trading.instruments.queries import list_instruments
from apps.trading.portfolios import queries
from apps.trading.portfolios.choices import SAMPLING, FlowKind
from apps.trading.portfolios.errors import AmountInvalid, AssetUnknown, DefaultIsFixed, ModesMixed, PriceMissing
from apps.trading.portfolios.models import CashFlow, Portfolio, PortfolioBook
from apps.trading.portfolios.operations.permissions import MANAGE
from apps.trading.portfolios.valuing import (
    EXACT,
    Held,
    Prices,
    held_in_books,
    held_in_portfolio,
    missing_of,
    rounded,
    total_of,
    worth_of,
)
from apps.trading.positions.queries import get_book, list_books

MOST = Decimal(10) ** 15


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowWish:
    """Money that the customer assigns to a portfolio or takes out: so much of an asset, with a note."""

    asset: str
    quantity: Decimal
    is_deposit: bool = True
    note: str = ""


@operation("portfolios.record_flow", permission=MANAGE, audited=("portfolio_id",))
def record_flow(*, actor: Actor, owner_id: UUID, portfolio_id: UUID, wish: FlowWish) -> CashFlow:
    """Assign money to a portfolio, or take it out. No order is placed and nothing moves at an exchange.

    Raises PortfolioMissing, DefaultIsFixed (that one follows the accounts), AmountInvalid, AssetUnknown, PriceMissing.
    """
    row = locked(portfolio_id, owner_id)
    if row.is_default:
        raise DefaultIsFixed
    quantity = wish.quantity
    if not quantity.is_finite() or not 0 < quantity < MOST or rounded(quantity) != quantity:
        raise AmountInvalid(field="quantity")
    known = {name for item in list_instruments() for name in (item.base, item.quote)} | {row.currency}
    if wish.asset not in known:
        raise AssetUnknown(field="asset", asset=wish.asset[:16])
    kind = FlowKind.DEPOSIT if wish.is_deposit else FlowKind.WITHDRAWAL
    signed = quantity if wish.is_deposit else -quantity
    return book_flow(row, kind, {wish.asset: signed}, Prices(row.currency), note=wish.note.strip()[:200])[0]


@operation("portfolios.add_book", permission=MANAGE, audited=("portfolio_id", "book_id"))
def add_book(*, actor: Actor, owner_id: UUID, portfolio_id: UUID, book_id: UUID) -> Portfolio:
    """Put a book into a portfolio; one that is in it stays. What it brought until now comes in as a flow.

    Raises PortfolioMissing, BookMissing, DefaultIsFixed, ModesMixed and PriceMissing.
    """
    row, book = locked(portfolio_id, owner_id), get_book(book_id, owner_id=owner_id)
    if row.is_default:
        raise DefaultIsFixed
    if book.connection.mode != row.mode:
        raise ModesMixed(field="book_id", mode=row.get_mode_display().lower())
    if not PortfolioBook.objects.filter(portfolio=row, book=book).exists():
        take_in(row, book.pk, Prices(row.currency))
    return row


@operation("portfolios.remove_book", permission=MANAGE, audited=("portfolio_id", "book_id"))
def remove_book(*, actor: Actor, owner_id: UUID, portfolio_id: UUID, book_id: UUID) -> Portfolio:
    """Take a book out; one that is not in it is no error. What it brought leaves as a flow.

    Raises PortfolioMissing, DefaultIsFixed and PriceMissing.
    """
    row = locked(portfolio_id, owner_id)
    if row.is_default:
        raise DefaultIsFixed
    member = PortfolioBook.objects.filter(portfolio=row, book_id=book_id).first()
    if member is not None:
        prices = Prices(row.currency)
        worth = _worth(held_in_books(owner_id, [book_id]), prices)
        _write(row, FlowKind.BOOK_OUT, -worth, _value(row, prices), book_id=book_id)
        member.delete()
    return row


def take_in(row: Portfolio, book_id: UUID, prices: Prices) -> None:
    """Put a book into a locked portfolio. Raises PriceMissing."""
    worth, before = _worth(held_in_books(row.owner_id, [book_id]), prices), _value(row, prices)
    PortfolioBook.objects.create(portfolio=row, book_id=book_id)
    _write(row, FlowKind.BOOK_IN, worth, before, book_id=book_id)
    work.keep(SAMPLING)


def book_flow(
    row: Portfolio, kind: FlowKind, moved: dict[str, Decimal], prices: Prices, **facts: Any
) -> list[CashFlow]:
    """Book what came into a locked portfolio, an entry for each asset. Raises PriceMissing."""
    rows = []
    for asset, quantity in sorted(moved.items()):
        amount = _worth(Held({asset: quantity}), prices)
        before = _value(row, prices)
        rows.append(_write(row, kind, amount, before, asset=asset, quantity=rounded(quantity), **facts))
    work.keep(SAMPLING)
    return rows


def follow_accounts(row: Portfolio) -> None:
    """Bring a locked default portfolio up to its books and to what its accounts hold beyond them.

    An account's mirror in the ledger is its first balance, our fills, and what was paid in or out at the exchange: what
    our books do not explain is the customer's own money. Raises PriceMissing.
    """
    prices = Prices(row.currency)
    known = set(PortfolioBook.objects.filter(portfolio=row).values_list("book_id", flat=True))
    books = list(queries.list_books(row.owner_id, row.mode))
    for connection_id in sorted({book.connection_id for book in books} | queries.mirrored(row.owner_id, row.mode)):
        moved = _unexplained(row, connection_id)
        if moved:
            book_flow(row, FlowKind.ACCOUNT, moved, prices, connection_id=connection_id)
    for book in books:
        if book.pk not in known:
            take_in(row, book.pk, prices)


def _unexplained(row: Portfolio, connection_id: UUID) -> dict[str, Decimal]:
    """Return by asset what an account holds beyond its books and what is booked; nothing while it is moving."""
    before = _mirror(row, connection_id)
    books = list_books(row.owner_id).filter(connection_id=connection_id).values_list("pk", flat=True)
    explained = held_in_books(row.owner_id, books)
    for flow in CashFlow.objects.filter(portfolio=row, connection_id=connection_id, kind=FlowKind.ACCOUNT):
        explained.add(flow.asset, flow.quantity)
    held = explained.assets
    if not before or _mirror(row, connection_id) != before:
        return {}
    gaps = {
        asset: EXACT.subtract(before.get(asset, Decimal(0)), held.get(asset, Decimal(0)))
        for asset in before.keys() | held.keys()
    }
    return {asset: gap for asset, gap in gaps.items() if gap}


def _mirror(row: Portfolio, connection_id: UUID) -> dict[str, Decimal]:
    return {asset: found.natural for asset, found in list_mirrors(connection_id, row.owner_id).items()}


def locked(portfolio_id: UUID, owner_id: UUID) -> Portfolio:
    """Return a customer's portfolio, its row locked. Raises PortfolioMissing."""
    return queries.get_portfolio(portfolio_id, owner_id, lock=True)


def _worth(held: Held, prices: Prices) -> Decimal:
    rows = worth_of(held, prices)
    total = total_of(rows)
    if total is None:
        raise PriceMissing(assets=", ".join(missing_of(rows)))
    return total


def _value(row: Portfolio, prices: Prices) -> Decimal:
    return _worth(held_in_portfolio(row), prices)


def _write(row: Portfolio, kind: FlowKind, amount: Decimal, before: Decimal, **facts: Any) -> CashFlow:
    """Write a flow and change the units. A portfolio that was worth nothing begins anew, at one a unit."""
    units, after = row.units, EXACT.add(before, amount)
    if units > 0 and before > 0 and after > 0:
        bought = rounded(EXACT.divide(EXACT.multiply(amount, units), before))
        row.units = EXACT.add(units, bought)
    else:
        row.units = rounded(max(after, Decimal(0)))
        row.epoch += 1
    row.save(update_fields=["units", "epoch"])
    return CashFlow.objects.create(
        portfolio=row,
        kind=kind,
        amount=amount,
        value_before=before,
        units=EXACT.subtract(row.units, units),
        units_after=row.units,
        epoch=row.epoch,
        at=now(),
        **facts,
    )
