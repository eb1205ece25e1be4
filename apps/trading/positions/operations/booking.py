"""Booking a fill: one locked position, one entry, in the transaction that stored the fill."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Context, Decimal, Inexact, InvalidOperation, Overflow
from uuid import UUID, uuid5

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.trading.positions.choices import PositionSide, Purpose
from apps.trading.positions.errors import AmountTooFine, BookMissing
from apps.trading.positions.live import announce
from apps.trading.positions.models import Book, Position, PositionEntry, PositionLot
from kernel.instruments import Side
from kernel.lots import Lot, PositionState, Realised
from kernel.lots import apply_fill as booked

RECORD = declare("positions.record", "Book fills into positions (done by the product itself)")
EXACT = Context(prec=400, traps=[Inexact, InvalidOperation, Overflow])
CUT = Context(prec=80, rounding=ROUND_DOWN)
STEP = Decimal(1).scaleb(-18)


@dataclass(frozen=True, slots=True, kw_only=True)
class FillFacts:
    """One execution: `quantity` in `base`, `price` in `quote`, the fee in any asset.

    `position_side` names one of two positions in hedge mode. Of a contract nothing is delivered: no fee moves its
    quantity.
    """

    fill_id: UUID
    symbol: str
    base: str
    quote: str
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_asset: str
    at: datetime
    position_side: PositionSide = PositionSide.NET
    is_contract: bool = False


@dataclass(frozen=True, slots=True)
class _Booking:
    """A fill as the position takes it: what moves in base and which way, and the fee's worth in quote."""

    side: Side
    quantity: Decimal
    fee_quote: Decimal
    is_unvalued: bool


@operation("positions.open_book", permission=RECORD, trail=False)
def open_book(
    *,
    actor: Actor,
    owner_id: UUID,
    connection_id: UUID,
    purpose: Purpose,
    purpose_id: UUID | None = None,
) -> Book:
    """Return the book of a connection and purpose, made when it is not there. Safe to repeat and to run at once."""
    book, _ = Book.objects.get_or_create(
        connection_id=connection_id, purpose=purpose, purpose_id=purpose_id, defaults={"owner_id": owner_id}
    )
    return book


@operation("positions.apply_fill", permission=RECORD, trail=False)
def apply_fill(*, actor: Actor, book_id: UUID, fill: FillFacts) -> Position:
    """Book a fill into the position of its symbol, once: a fill that is booked already changes nothing.

    Call it in the transaction that stores the fill. Raises BookMissing, and AmountTooFine for amounts that 18 decimals
    cannot hold.
    """
    book = Book.objects.filter(pk=book_id).first()
    if book is None:
        raise BookMissing
    place = {"book_id": book_id, "symbol": fill.symbol, "position_side": fill.position_side.value}
    facts = {"base": fill.base, "quote": fill.quote, "is_contract": fill.is_contract}
    waiting = Position.objects.select_for_update()
    position = waiting.filter(**place).first()
    if position is None:
        Position.objects.get_or_create(**place, defaults=facts)
        position = waiting.get(**place)
    position.book = book
    if PositionEntry.objects.filter(fill_id=fill.fill_id).exists():
        return position
    rows = list(position.lots.filter(remaining__gt=0).order_by("sequence"))
    booking = _booking(fill)
    before = _state(position, rows)
    after, realised = booked(before, booking.side, booking.quantity, fill.price, booking.fee_quote)
    _save_position(position, after, fill, booking)
    _save_lots(position, rows, after.lots, _opens_lot(before, booking), fill)
    _write_entry(position, realised, fill, booking)
    announce(position)
    return position


@operation("positions.write_off", permission=RECORD, trail=False)
def write_off(*, actor: Actor, connection_id: UUID, reset_id: UUID) -> int:
    """Close all positions of a paper account that is set anew, at their average entry; return how many.

    Results stay as they are (but for less than the last digits of an average that has no end). No fill is stored: the
    entries carry an id made of `reset_id`. Call it in the transaction of the reset.
    """
    open_ones = Position.objects.filter(book__connection_id=connection_id).exclude(quantity=0).order_by("id")
    for position in open_ones:
        size = position.quantity.copy_abs()
        apply_fill(
            actor=actor,
            book_id=position.book_id,
            fill=FillFacts(
                fill_id=uuid5(reset_id, str(position.pk)),
                symbol=position.symbol,
                base=position.base,
                quote=position.quote,
                side=Side.SELL if position.quantity > 0 else Side.BUY,
                quantity=size,
                price=average_price(position, size),
                fee=Decimal(0),
                fee_asset=position.quote,
                at=now(),
                position_side=PositionSide(position.position_side),
                is_contract=position.is_contract,
            ),
        )
    return len(open_ones)


def average_price(position: Position, size: Decimal) -> Decimal:
    """Return the average entry, cut so that size × price has no more decimals than a column, and above zero."""
    decimals = max(-int(size.normalize().as_tuple().exponent), 0)
    step = Decimal(1).scaleb(decimals - 18)
    price = CUT.divide(position.cost.copy_abs(), size).quantize(step, context=CUT)
    return max(price, step)


def _booking(fill: FillFacts) -> _Booking:
    """Turn a fee in base into base that did not arrive (buy) or left besides (sell), valued at the fill's price.

    A fee of all that was bought leaves nothing to move; a larger one takes from what was there, as a sale would.
    """
    if fill.fee_asset == fill.base and fill.fee_asset != fill.quote and not fill.is_contract:
        change = EXACT.minus(fill.fee) if fill.side is Side.BUY else fill.fee
        moved, worth = EXACT.add(fill.quantity, change), EXACT.multiply(fill.fee, fill.price)
        side = fill.side if moved >= 0 else Side.SELL if fill.side is Side.BUY else Side.BUY
        return _Booking(side, moved.copy_abs(), worth, is_unvalued=False)
    if fill.fee_asset == fill.quote or not fill.fee:
        return _Booking(fill.side, fill.quantity, fill.fee, is_unvalued=False)
    return _Booking(fill.side, fill.quantity, Decimal(0), is_unvalued=True)


def _state(position: Position, rows: list[PositionLot]) -> PositionState:
    return PositionState(
        quantity=position.quantity,
        lots=tuple(Lot(row.remaining, row.price) for row in rows),
        cost=position.cost,
        cash_flow=position.cash_flow,
        realised_fifo=position.realised_fifo,
        realised_average=position.realised_average,
        fees=position.fees,
    )


def _save_position(position: Position, after: PositionState, fill: FillFacts, booking: _Booking) -> None:
    for name in ("quantity", "cost", "cash_flow", "realised_fifo", "realised_average", "fees"):
        setattr(position, name, storable(getattr(after, name)))
    if booking.is_unvalued:
        before = Decimal(position.other_fees.get(fill.fee_asset, "0"))
        position.other_fees = {**position.other_fees, fill.fee_asset: f"{EXACT.add(before, fill.fee):f}"}
    position.version += 1
    position.last_side, position.last_fill_at = fill.side.value, fill.at
    position.save(
        update_fields=[
            "quantity", "cost", "cash_flow", "realised_fifo", "realised_average", "fees", "other_fees", "version",
            "last_side", "last_fill_at",
        ]
    )  # fmt: skip


def _opens_lot(before: PositionState, booking: _Booking) -> bool:
    """Whether a fill opens a lot: it moves something on the position's side, or takes it through zero."""
    is_against = bool(before.quantity) and (before.quantity < 0) == (booking.side is Side.BUY)
    return booking.quantity > (before.quantity.copy_abs() if is_against else 0)


def _save_lots(
    position: Position, rows: list[PositionLot], left: tuple[Lot, ...], opened: bool, fill: FillFacts
) -> None:
    """Write what the kernel left of the lots: it takes from the front, and may add one at the end."""
    kept = len(left) - opened
    for row in rows[: len(rows) - kept]:
        row.remaining, row.closed_at = Decimal(0), fill.at
        row.save(update_fields=["remaining", "closed_at"])
    for row, lot in zip(rows[len(rows) - kept :], left[:kept], strict=True):
        if row.remaining != lot.quantity:
            row.remaining = storable(lot.quantity)
            row.save(update_fields=["remaining"])
    if opened:
        quantity = storable(left[-1].quantity)
        PositionLot.objects.create(
            position=position,
            sequence=position.version,
            fill_id=fill.fill_id,
            quantity=quantity,
            remaining=quantity,
            price=storable(left[-1].price),
            opened_at=fill.at,
        )


def _write_entry(position: Position, realised: Realised, fill: FillFacts, booking: _Booking) -> None:
    PositionEntry.objects.create(
        position=position,
        version=position.version,
        fill_id=fill.fill_id,
        side=booking.side.value,
        quantity=storable(booking.quantity),
        price=storable(fill.price),
        fee_quote=storable(booking.fee_quote),
        realised_fifo=storable(realised.fifo),
        realised_average=storable(realised.average),
        quantity_after=position.quantity,
        at=fill.at,
    )


def storable(amount: Decimal) -> Decimal:
    """Return an amount with 18 decimals, or raise AmountTooFine when it has more."""
    try:
        return amount.quantize(STEP, context=EXACT)
    except Inexact:
        raise AmountTooFine(amount=amount) from None
