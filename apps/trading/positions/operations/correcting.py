"""Positions that change without an order: opening balances, movements from and to outside, corrections."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID, uuid5

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.trading.instruments.queries import get_spec
from apps.trading.positions.choices import Correction
from apps.trading.positions.errors import CorrectionUnclear, KeyTaken, NothingToMove
from apps.trading.positions.models import Book, Position, PositionCorrection
from apps.trading.positions.operations.booking import FillFacts, apply_fill, average_price
from apps.trading.positions.queries import get_book
from kernel.instruments import Side

CORRECT = declare("positions.correct", "Enter opening balances, movements from outside and corrections of one's books")
SYSTEM = Actor.system("positions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What changes: `quantity` in base, positive (for a correction signed), `price` in quote.

    The price of an opening balance or a deposit is its cost; a withdrawal goes at average cost, whatever is given.
    """

    symbol: str
    kind: Correction
    quantity: Decimal
    price: Decimal | None = None


@operation("positions.correct_position", permission=CORRECT, audited=("book_id", "change", "key"))
def correct_position(
    *, actor: Actor, owner_id: UUID, book_id: UUID, change: Change, key: str, reason: str
) -> PositionCorrection:
    """Book a change of a customer's position, once for each `key`; the reason is kept with it.

    By average cost a withdrawal brings no result; by FIFO it does where the oldest lots cost another price. Raises
    BookMissing, CorrectionUnclear, NothingToMove, KeyTaken, UnknownSymbol and AmountTooFine.
    """
    book = get_book(book_id, owner_id=owner_id)
    known = PositionCorrection.objects.filter(key=key).first()
    if known is not None:
        if (known.book_id, known.symbol, known.kind) != (book.pk, change.symbol, change.kind.value):
            raise KeyTaken
        return known
    _check(change, reason, key)
    spec = get_spec(change.symbol)
    side, quantity, price = _moved(book, change)
    row = PositionCorrection.objects.create(
        book=book,
        symbol=change.symbol,
        kind=change.kind,
        quantity=quantity if side is Side.BUY else -quantity,
        price=price,
        reason=reason.strip(),
        actor=str(actor.id or actor.kind.value),
        key=key,
        fill_id=uuid5(book.pk, f"correction:{key}"),
    )
    fill = FillFacts(
        fill_id=row.fill_id, symbol=change.symbol, base=spec.base, quote=spec.quote, side=side, quantity=quantity,
        price=price, fee=Decimal(0), fee_asset=spec.quote, at=now(),
    )  # fmt: skip
    apply_fill(actor=SYSTEM, book_id=book.pk, fill=fill)
    return row


def _check(change: Change, reason: str, key: str) -> None:
    has_price = change.price is not None and change.price.is_finite() and change.price > 0
    needs_price = change.kind is not Correction.WITHDRAWAL
    if not reason.strip() or not key or len(key) > 64 or len(reason) > 200 or (needs_price and not has_price):
        raise CorrectionUnclear
    if not change.quantity.is_finite() or not change.quantity:
        raise NothingToMove(symbol=change.symbol)
    if change.quantity < 0 and change.kind is not Correction.CORRECTION:
        raise NothingToMove(symbol=change.symbol)


def _moved(book: Book, change: Change) -> tuple[Side, Decimal, Decimal]:
    """Side, positive quantity and price of the entry."""
    if change.kind is Correction.WITHDRAWAL:
        place = Position.objects.select_for_update().filter(book=book, symbol=change.symbol, position_side="")
        position = place.first()
        if position is None or position.quantity < change.quantity:
            raise NothingToMove(symbol=change.symbol)
        return Side.SELL, change.quantity, average_price(position, position.quantity)
    side = Side.BUY if change.quantity > 0 else Side.SELL
    assert change.price is not None
    return side, abs(change.quantity), change.price
