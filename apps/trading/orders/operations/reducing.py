"""Reduce-only orders: never more than the book has, decided in the transaction that stores or sends them."""

from decimal import Decimal
from uuid import UUID

from django.db import connection as database
from django.db.models import F, Sum

from apps.trading.orders.choices import FINAL, OrderState
from apps.trading.orders.errors import NothingToReduce
from apps.trading.orders.models import Order
from apps.trading.positions.queries import get_position
from kernel.instruments import InstrumentSpec, Side, market_of

LOCK = 7_302


def cap_to_position(
    *,
    book_id: UUID,
    side: Side,
    quantity: Decimal,
    spec: InstrumentSpec,
    beside: UUID | None = None,
    position_side: str = "",
) -> Decimal:
    """Return how much of `quantity` the book's position can still be reduced by; raises NothingToReduce.

    What other open orders of that side (but `beside`) may still take counts as gone; those that we hold do not: they
    are asked again when they trigger. One transaction at a time asks this of a book and symbol.
    """
    with database.cursor() as cursor:
        key = f"{book_id}:{spec.symbol}{position_side}"
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(current_schema() || %s))", [LOCK, key])
    # Orders first, then the position: a fill in between makes the answer smaller, never larger.
    others = Order.objects.filter(book_id=book_id, symbol=spec.symbol, side=side.value, position_side=position_side)
    others = others.exclude(state__in=(*FINAL, OrderState.HELD))
    if beside is not None:
        others = others.exclude(pk=beside)
    taken = others.aggregate(left=Sum(F("quantity") - F("filled")))["left"] or Decimal(0)
    position = get_position(book_id, market_of(spec.symbol), position_side)
    size = Decimal(0) if position is None else position.quantity
    available = (size if side is Side.SELL else -size) - taken
    capped = spec.floor_quantity(min(quantity, available)) if available > 0 else Decimal(0)
    if capped < spec.min_quantity or not capped:
        raise NothingToReduce(field="quantity", symbol=spec.symbol)
    return capped
