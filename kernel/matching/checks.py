"""Whether a command is well-formed. What depends on the market's state is not a matter of form."""

from kernel.matching.commands import (
    MARKET_TYPES,
    STOP_TYPES,
    ListKind,
    NewList,
    NewOrder,
    OrderType,
    TimeInForce,
)

_MEMBERS = {ListKind.OCO: 2, ListKind.OTO: 2, ListKind.OTOCO: 3}
_WORKING_TYPES = (OrderType.LIMIT, OrderType.LIMIT_MAKER)


def check_order(order: NewOrder) -> None:
    """Raise ValueError when the fields that the order's type uses do not make sense; other fields are ignored."""
    is_market = order.type in MARKET_TYPES
    if order.order_id < 0 or (order.order_id == 0 and not _never_rests(order)):
        raise ValueError("an order that may rest needs a positive id; negative ids are quotes")
    if not is_market and order.price <= 0:
        raise ValueError("price must be positive")
    _check_quantity(order, is_market=is_market)
    if order.type in STOP_TYPES:
        _check_trigger(order)


def check_list(command: NewList) -> None:
    """Raise ValueError when the orders do not make a list of its kind."""
    orders = command.orders
    if len(orders) != _MEMBERS[command.kind]:
        raise ValueError(f"{command.kind.value} needs {_MEMBERS[command.kind]} orders")
    if len({order.order_id for order in orders}) < len(orders) or len({order.owner for order in orders}) > 1:
        raise ValueError("the orders of a list have ids of their own and one owner")
    for order in orders:
        check_order(order)
        if order.order_id == 0 or not order.lots:
            raise ValueError("an order of a list needs an id and lots")
    if command.kind is not ListKind.OCO and orders[0].type not in _WORKING_TYPES:
        raise ValueError("a working order is LIMIT or LIMIT_MAKER")
    if command.kind is not ListKind.OTO:
        _check_pair(orders[-2], orders[-1])


def _check_pair(first: NewOrder, second: NewOrder) -> None:
    makers = [order.type is OrderType.LIMIT_MAKER for order in (first, second)]
    if not all(maker or order.type in STOP_TYPES for maker, order in zip(makers, (first, second), strict=True)):
        raise ValueError("the legs of a pair are LIMIT_MAKER or wait for a trigger")
    if all(makers) or first.side is not second.side:
        raise ValueError("a pair has one side and at most one LIMIT_MAKER")


def _check_quantity(order: NewOrder, *, is_market: bool) -> None:
    if min(order.lots, order.notional, order.visible) < 0:
        raise ValueError("quantities must not be negative")
    if not order.lots and not (order.type is OrderType.MARKET and order.notional):
        raise ValueError("quantity must be positive; only MARKET may give a notional alone")
    if order.visible and (is_market or order.tif is not TimeInForce.GTC):
        raise ValueError("an iceberg is a GTC order with a price")


def _check_trigger(order: NewOrder) -> None:
    if order.stop < 0 or not 0 <= order.trailing < 10_000 or not (order.stop or order.trailing):
        raise ValueError("a stop order needs a positive stop price or a trailing delta below 10,000 basis points")


def _never_rests(order: NewOrder) -> bool:
    return order.type is OrderType.MARKET or (order.type is OrderType.LIMIT and order.tif is not TimeInForce.GTC)
