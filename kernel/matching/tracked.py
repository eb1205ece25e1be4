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


class Trail:
    """Trailing orders of one side that have the same extreme; `into` is the trail it was merged into."""

    __slots__ = ("extreme", "heap", "into", "listed")

    def __init__(self, extreme: int) -> None:
        self.extreme = extreme
        self.heap: list[tuple[int, int]] = []  # (trailing delta, order id), smallest delta first
        self.into: Trail | None = None
        self.listed = False  # its first trigger stands among the due ones

    def root(self) -> "Trail":
        """The trail its orders are in now."""
        trail = self
        while trail.into is not None:
            if trail.into.into is not None:
                trail.into = trail.into.into
            trail = trail.into
        return trail


class Tracked:
    """An iceberg, a stop order or a member of a list.

    `node` is its place in the book while it rests, `hidden` an iceberg's lots that do not show, `listing` its list,
    `extreme` a trailing order's best price since it started (0 = not started), `is_over` that its list took it out.
    """

    __slots__ = ("_first_extreme", "hidden", "is_over", "listing", "node", "order", "trail")

    def __init__(self, order: NewOrder) -> None:
        self.order = order
        self.node: Node | None = None
        self.hidden = 0
        self.listing: OrderList | None = None
        self._first_extreme = 0
        self.trail: Trail | None = None
        self.is_over = False

    @property
    def extreme(self) -> int:
        """Best price since a trailing order started, 0 before."""
        return self._first_extreme if self.trail is None else self.trail.root().extreme

    @extreme.setter
    def extreme(self, price: int) -> None:
        self._first_extreme = price

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

    def start(self, price: int) -> None:
        """Begin to trail at a price, when nothing has to come before or it has come."""
        if not self.order.stop or stop_is_met(self.order, price):
            self.extreme = price


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
