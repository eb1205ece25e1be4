"""Order kinds in the words of the adapter library, and which venues watch triggers and pairs themselves."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from apps.trading.exchanges.gateways.port import OrderKind, OrderRequest
from kernel.instruments import Side

PLAIN = frozenset({OrderKind.MARKET, OrderKind.LIMIT})
ALL = frozenset(OrderKind)
NATIVE: Mapping[str, frozenset[OrderKind]] = {"binance": ALL}
"""Adapter → the kinds it takes as they are, as tried against recorded answers or our exchange; others take PLAIN."""
LISTS = frozenset({"binance"})
"""Adapters whose venue takes two exits as one list, of which one cancels the other."""
AMENDS = frozenset({"binance"})
"""Adapters whose venue makes a resting order smaller without its losing its place."""
_AT_MARKET = (OrderKind.MARKET, OrderKind.STOP, OrderKind.TAKE_PROFIT, OrderKind.TRAILING_STOP)
_TRIGGERS = {
    OrderKind.STOP: "stopLossPrice",
    OrderKind.STOP_LIMIT: "stopLossPrice",
    OrderKind.TAKE_PROFIT: "takeProfitPrice",
    OrderKind.TAKE_PROFIT_LIMIT: "takeProfitPrice",
}
_LEG_TYPES = {
    OrderKind.LIMIT: "LIMIT_MAKER",
    OrderKind.STOP: "STOP_LOSS",
    OrderKind.STOP_LIMIT: "STOP_LOSS_LIMIT",
    OrderKind.TAKE_PROFIT: "TAKE_PROFIT",
    OrderKind.TAKE_PROFIT_LIMIT: "TAKE_PROFIT_LIMIT",
    OrderKind.TRAILING_STOP: "STOP_LOSS",
}


def text(amount: Decimal) -> str:
    """Return an amount as the venue reads it."""
    return f"{amount:f}"


def basic_type(kind: OrderKind) -> str:
    """Return "market" or "limit": what the adapter library calls an order by, beside its trigger."""
    return "market" if kind in _AT_MARKET else "limit"


def extras(request: OrderRequest) -> dict[str, Any]:
    """Return the unified parameters of an order's trigger, trail, post-only and position."""
    found: dict[str, Any] = {}
    if request.kind in _TRIGGERS and request.stop_price is not None:
        found[_TRIGGERS[request.kind]] = text(request.stop_price)
    if request.kind is OrderKind.TRAILING_STOP and request.trail_percent is not None:
        found |= {"trailingPercent": text(request.trail_percent), "stopLossOrTakeProfit": "stopLoss"}
    if request.post_only:
        found["postOnly"] = True
    elif request.time_in_force is not None and basic_type(request.kind) == "limit":
        found["timeInForce"] = request.time_in_force.value
    if request.position_side:  # in hedge mode the side says which position it closes
        found["positionSide"] = request.position_side.upper()
    elif request.reduce_only:
        found["reduceOnly"] = True
    return found


def list_params(above: OrderRequest, below: OrderRequest, list_id: str) -> dict[str, str]:
    """Return the parameters of two exits as one list in Binance's words; `above` is the one with the higher price."""
    found = {
        "symbol": above.symbol,
        "side": above.side.value.upper(),
        "quantity": text(above.quantity),
        "listClientOrderId": list_id,
        "newOrderRespType": "FULL",
    }
    for prefix, leg in (("above", above), ("below", below)):
        found |= {f"{prefix}Type": _LEG_TYPES[leg.kind], f"{prefix}ClientOrderId": leg.client_id}
        if leg.price is not None:
            found[f"{prefix}Price"] = text(leg.price)
        if leg.stop_price is not None:
            found[f"{prefix}StopPrice"] = text(leg.stop_price)
        if leg.trail_percent is not None:
            found[f"{prefix}TrailingDelta"] = text((leg.trail_percent * 100).to_integral_value())
        if leg.kind in (OrderKind.STOP_LIMIT, OrderKind.TAKE_PROFIT_LIMIT):
            found[f"{prefix}TimeInForce"] = "GTC"
    return found


def sorted_pair(take_profit: OrderRequest, stop: OrderRequest) -> tuple[OrderRequest, OrderRequest]:
    """Return (above, below) of two exits: of a sale the profit is above, of a purchase below."""
    return (take_profit, stop) if take_profit.side is Side.SELL else (stop, take_profit)
