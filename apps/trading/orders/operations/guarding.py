"""Risk's door: every order claims what it may come to before it reserves, and gives it back as it fills and ends."""

from decimal import Decimal
from typing import Any

from apps.core.actors import Actor
from apps.trading.instruments.queries import get_spec
from apps.trading.orders.choices import Origin
from apps.trading.orders.errors import PriceUnknown
from apps.trading.orders.models import Order
from apps.trading.orders.operations.leverage import rate_of
from apps.trading.risk.operations import OrderProposal, claim_risk, shrink_claim
from kernel.instruments import Side, is_perpetual, market_of

SYSTEM = Actor.system("orders")
ZERO = Decimal(0)


def claim(order: Order, connection: Any, market_price: Decimal | None) -> None:
    """Let a stored order pass risk, in its transaction and before the reservation.

    A contract counts in its market's symbol, where its position stands. Raises risk's refusals, and PriceUnknown for a
    purchase without any price.
    """
    worst = worst_of(order, market_price)
    if not worst and order.side == Side.BUY:
        raise PriceUnknown(field="symbol", symbol=order.symbol)
    worst = worst or get_spec(order.symbol).tick  # a sale at whatever there is: it counts by its size
    claim_risk(
        actor=SYSTEM,
        proposal=OrderProposal(
            order_id=order.pk,
            owner_id=order.owner_id,
            connection_id=order.connection_id,
            book_id=order.book_id,
            bot_id=order.origin_id if order.origin_kind == Origin.BOT else None,
            symbol=market_of(order.symbol),
            venue=connection.venue.code,
            is_live=connection.mode == "live",
            side=Side(order.side),
            quantity=order.quantity,
            worst_price=worst,
            reduce_only=order.reduce_only,
            group_id=order.group_id,
            margin_rate=rate_of(order) if is_perpetual(order.symbol) else Decimal(1),
            position_side=order.position_side,
            decided_at=order.decided_at,
        ),
    )


def worst_of(order: Order, market_price: Decimal | None) -> Decimal:
    """Return the price an order counts by: its own, else the highest of trigger and market; 0 when none is known."""
    prices: list[Decimal] = [
        price for price in (order.price, order.stop_price, market_price, order.wanted_price) if price is not None
    ]
    if order.price is not None:
        return Decimal(order.price)
    return max(prices, default=ZERO)


def follow(order: Order) -> None:
    """Keep of an order's claim what it may still fill; call it in the transaction that changed the order."""
    is_over = order.is_final and not order.needs_settling
    shrink_claim(order_id=order.pk, remaining=ZERO if is_over else order.quantity - order.filled)
