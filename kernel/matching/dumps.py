"""Orders as plain JSON-able lists and back."""

from typing import Any

from kernel.matching.commands import NewOrder, OrderType, SelfTrade, Side, TimeInForce
from kernel.matching.tracked import OrderList, Tracked

VERSION = 1


def order_to_list(order: NewOrder) -> list[Any]:
    """All fields in their order, enumerations by value."""
    return [
        *order[:2],
        order.side.value,
        order.type.value,
        *order[4:6],
        order.tif.value,
        *order[7:11],
        order.self_trade.value,
    ]


def order_from_list(fields: list[Any]) -> NewOrder:
    """Reverse `order_to_list`."""
    order_id, owner, side, kind, price, lots, tif, stop, trailing, notional, visible, self_trade = fields
    return NewOrder(
        order_id,
        owner,
        Side(side),
        OrderType(kind),
        price,
        lots,
        TimeInForce(tif),
        stop,
        trailing,
        notional,
        visible,
        SelfTrade(self_trade),
    )


def waiting_to_list(tracked: Tracked, *, is_armed: bool) -> list[Any]:
    """A stop or pending order: [order, best trailing price, whether it is armed]."""
    return [order_to_list(tracked.order), tracked.extreme, int(is_armed)]


def list_to_list(listing: OrderList) -> list[Any]:
    """An order list: [id, kind, working order's id or 0, the other ids]."""
    working = 0 if listing.working is None else listing.working.order.order_id
    return [listing.list_id, listing.kind.value, working, [member.order.order_id for member in listing.others]]
