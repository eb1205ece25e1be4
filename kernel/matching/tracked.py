"""Orders that are more than a plain limit order in a queue, and the lists that tie them together."""

from kernel.matching.commands import ListKind, NewOrder, OrderType, Side
from kernel.matching.levels import Node

_WHOLE = 10_000  # basis points


def waits_for_rise(order: NewOrder) -> bool:
    """Whether a stop order's `stop` is met at or above it (a buy stop-loss, a sell take-profit) or at or below it."""
    against = order.type in (OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT)
    return against is (order.side is Side.BUY)


def stop_is_met(order: NewOrder, price: int) -> bool:
    """Whether the last price `price` meets a stop order's `stop`."""
    return price >= order.stop if waits_for_rise(order) else price <= order.stop


class Tracked:
    """An iceberg, a stop order or a member of a list.

    `node` is its place in the book while it rests, `hidden` an iceberg's lots that do not show, `listing` its list,
    `extreme` a trailing order's best price since it started (0 = not started), `is_over` that its list took it out.
    """

    __slots__ = ("extreme", "hidden", "is_over", "listing", "node", "order")

    def __init__(self, order: NewOrder) -> None:
        self.order = order
        self.node: Node | None = None
        self.hidden = 0
        self.listing: OrderList | None = None
        self.extreme = 0
        self.is_over = False

    @property
    def left(self) -> int:
        """Lots not traded yet."""
        return self.order.lots if self.node is None else int(self.node[0]) + self.hidden

    @property
    def rises(self) -> bool:
        """Whether the trigger is reached by a rising price."""
        return self.order.side is Side.BUY if self.order.trailing else waits_for_rise(self.order)

    @property
    def trigger(self) -> int:
        """Price in ticks that triggers the order now; of a trailing order only once it has started."""
        order = self.order
        if not order.trailing:
            return order.stop
        if order.side is Side.BUY:
            return -(-self.extreme * (_WHOLE + order.trailing) // _WHOLE)
        return self.extreme * (_WHOLE - order.trailing) // _WHOLE

    def would_follow(self, price: int) -> bool:
        """Whether `follow(price)` would trigger it: a price beyond the best one so far never does."""
        if not self.extreme:
            return False
        return price >= self.trigger if self.order.side is Side.BUY else price <= self.trigger

    def follow(self, price: int) -> bool:
        """Move a trailing order along with the last price; return whether that triggers it."""
        if not self.extreme:
            if not self.order.stop or stop_is_met(self.order, price):
                self.extreme = price
            return False
        if self.order.side is Side.BUY:
            self.extreme = min(self.extreme, price)
            return price >= self.trigger
        self.extreme = max(self.extreme, price)
        return price <= self.trigger


class OrderList:
    """An open order list: its working order until that is filled, and the orders that wait for it or form the pair."""

    __slots__ = ("kind", "list_id", "others", "working")

    def __init__(self, list_id: int, kind: ListKind, working: Tracked | None, others: list[Tracked]) -> None:
        self.list_id = list_id
        self.kind = kind
        self.working = working
        self.others = others
        for member in self.members():
            member.listing = self

    def members(self) -> list[Tracked]:
        """All orders that still depend on each other, the working one first."""
        return self.others if self.working is None else [self.working, *self.others]
