"""What leaves the house for an order: its own kind where the venue watches the trigger, else what that set off."""

from datetime import datetime

from apps.core.clock import to_ms
from apps.trading.exchanges.operations import OrderKind, OrderRequest, TimeInForce
from apps.trading.orders.choices import TIMED, HeldBy, Kind
from apps.trading.orders.models import Order
from kernel.instruments import Side, is_perpetual

SET_OFF = {
    Kind.STOP: OrderKind.MARKET,
    Kind.TAKE_PROFIT: OrderKind.MARKET,
    Kind.TRAILING_STOP: OrderKind.MARKET,
    Kind.STOP_LIMIT: OrderKind.LIMIT,
    Kind.TAKE_PROFIT_LIMIT: OrderKind.LIMIT,
}


def request_of(order: Order, moment: datetime) -> OrderRequest:
    """Return the request of an order that is claimed at `moment`."""
    kind = OrderKind(order.kind)
    is_ours = order.held_by == HeldBy.PLATFORM
    if is_ours:
        kind = SET_OFF.get(Kind(order.kind), kind)
    if kind is OrderKind.MARKET and order.price is not None:  # a worst price: what fills at once up to there
        kind = OrderKind.LIMIT
    return OrderRequest(
        client_id=order.client_id,
        symbol=order.symbol,
        side=Side(order.side),
        kind=kind,
        quantity=order.quantity.normalize(),
        price=None if order.price is None else order.price.normalize(),
        time_in_force=_time(order, kind),
        timestamp_ms=to_ms(moment),
        stop_price=None if is_ours or order.stop_price is None else order.stop_price.normalize(),
        trail_percent=None if is_ours else order.trail_percent,
        post_only=order.post_only,
        reduce_only=order.reduce_only and is_perpetual(order.symbol),
        position_side=order.position_side,
    )


def _time(order: Order, kind: OrderKind) -> TimeInForce | None:
    if kind not in (OrderKind.LIMIT, OrderKind.STOP_LIMIT, OrderKind.TAKE_PROFIT_LIMIT):
        return None
    if order.max_slippage_bps is not None:
        return TimeInForce.IOC
    return TimeInForce.GTC if order.time_in_force in ("", *TIMED) else TimeInForce(order.time_in_force)
