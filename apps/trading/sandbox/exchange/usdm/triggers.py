"""When a conditional order is due. Contract and mark price are one here: the recording's."""

from apps.trading.sandbox.exchange.usdm.state import AlgoOrder

_BASIS = 10_000
STOPS = ("STOP", "STOP_MARKET")
TRAILING = "TRAILING_STOP_MARKET"


def is_due(order: AlgoOrder, price: int) -> bool:
    """Whether the price triggers an order; a trailing one follows the price first."""
    if order.type == TRAILING:
        return _trailed(order, price)
    rising = (order.type in STOPS) == (order.side == "BUY")
    return price >= order.trigger if rising else price <= order.trigger


def _trailed(order: AlgoOrder, price: int) -> bool:
    """A sell is due `callback` below the highest price since its activation, a buy above the lowest."""
    is_buy = order.side == "BUY"
    if not order.best:
        reached = price <= order.activation if is_buy else price >= order.activation
        if order.activation and not reached:
            return False
        order.best = price
    order.best = min(order.best, price) if is_buy else max(order.best, price)
    sign = 1 if is_buy else -1
    order.trigger = order.best * (_BASIS + sign * order.callback) // _BASIS
    return price >= order.trigger if is_buy else price <= order.trigger
