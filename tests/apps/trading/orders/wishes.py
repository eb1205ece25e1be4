"""Orders and answers of a venue for the tests."""

from decimal import Decimal
from typing import Any

from apps.core.actors import Actor
from apps.trading.exchanges.operations import OrderKind, VenueFill, VenueOrder, VenueStatus
from apps.trading.orders.choices import Kind
from apps.trading.orders.models import Order
from apps.trading.orders.operations import NewOrder, claim_order, place_order
from kernel.instruments import Side

D = Decimal
SYSTEM = Actor.system("test")


def wish(side: str = "buy", quantity: str = "0.01", price: str | None = None, **more: Any) -> NewOrder:
    kind = Kind.MARKET if price is None else Kind.LIMIT
    limit = None if price is None else D(price)
    return NewOrder(symbol=more.get("symbol", "BTCUSDT"), side=Side(side), kind=kind, quantity=D(quantity), price=limit)


def place(owner: Any, connection_id: Any, order: NewOrder | None = None) -> Order:
    return place_order(actor=Actor.of(owner), owner_id=owner.pk, connection_id=connection_id, order=order or wish())


def sent(owner: Any, connection_id: Any, order: NewOrder | None = None) -> Order:
    """An order that a worker has claimed and not heard of."""
    made = place(owner, connection_id, order)
    assert claim_order(actor=SYSTEM, order_id=made.pk) is not None
    made.refresh_from_db()
    return made


def view(order: Order, status: VenueStatus, filled: str = "0", venue_id: str = "77") -> VenueOrder:
    return VenueOrder(
        client_id=order.client_id,
        venue_order_id=venue_id,
        symbol=order.symbol,
        side=Side(order.side),
        kind=OrderKind(order.kind),
        status=status,
        quantity=order.quantity,
        filled=D(filled),
        price=order.price,
        average_price=None,
        at_ms=1_717_200_000_000,
    )


def execution(order: Order, trade: str, quantity: str, price: str = "67000", **more: str) -> VenueFill:
    return VenueFill(
        trade_id=trade,
        client_id=order.client_id,
        venue_order_id=more.get("venue_id", "77"),
        symbol=order.symbol,
        side=Side(order.side),
        quantity=D(quantity),
        price=D(price),
        fee=D(more.get("fee", "0")),
        fee_asset="USDT",
        at_ms=1_717_200_000_000,
        is_maker=False,
    )
