"""All that a market remembers: the book, stop orders, order lists; reading it, dumping it and loading it again."""

import hashlib
import json
from collections import deque
from collections.abc import Iterator
from typing import Any, Self

from kernel.matching import dumps
from kernel.matching.commands import STOP_TYPES, ListKind, NewOrder, OrderType, Side
from kernel.matching.events import Amended, Event
from kernel.matching.matcher import Matcher
from kernel.matching.stops import StopBook
from kernel.matching.tracked import OrderList, Tracked, stop_is_met


class MarketState(Matcher):
    """Open orders by where they wait: `_orders` rest, `_waiting` are armed (in `_stops` too) or pending."""

    __slots__ = ("_lists", "_queue", "_stops", "_waiting")

    def __init__(self) -> None:
        super().__init__()
        self._stops = StopBook()
        self._waiting: dict[int, Tracked] = {}  # armed and pending orders
        self._lists: dict[int, OrderList] = {}
        # Triggered orders and lists to release; empty between commands.
        self._queue: deque[Tracked | OrderList] = deque()

    def __len__(self) -> int:
        return len(self._orders) + len(self._waiting)

    def __contains__(self, order_id: int) -> bool:
        return order_id in self._orders or order_id in self._waiting

    def left(self, order_id: int) -> int | None:
        """Lots an open order has not traded, hidden ones included; None when it is not open."""
        tracked = self._tracked(order_id)
        if tracked is not None:
            return tracked.left
        node = self._orders.get(order_id)
        return None if node is None else node[0]

    def would_take(self, order: NewOrder) -> bool:
        """Whether a limit-maker order would be refused because it trades at once."""
        return order.type is OrderType.LIMIT_MAKER and self.crosses(order.side, order.price)

    def would_trigger(self, order: NewOrder) -> bool:
        """Whether a stop order with a fixed trigger would be refused because the last price meets it already."""
        is_fixed = order.type in STOP_TYPES and not order.trailing
        return is_fixed and self.last_price > 0 and stop_is_met(order, self.last_price)

    def triggers(self, price: int) -> bool:
        """Whether a trade at `price`, or setting it as the last price, would trigger any stop order."""
        return bool(self._stops.armed) and self._stops.would_reach(price)

    @property
    def armed_count(self) -> int:
        """How many stop orders wait for their trigger."""
        return len(self._stops.armed)

    def armed(self) -> Iterator[Tracked]:
        """Stop orders that wait for their trigger, by order id."""
        return (self._stops.armed[order_id] for order_id in sorted(self._stops.armed))

    def pending(self) -> Iterator[Tracked]:
        """Orders that wait for the working order of their list, by order id."""
        return (self._waiting[order_id] for order_id in sorted(self._waiting.keys() - self._stops.armed.keys()))

    def lists(self) -> Iterator[OrderList]:
        """Open lists by id."""
        return (self._lists[list_id] for list_id in sorted(self._lists))

    def dump(self, *, quotes: bool = False) -> list[Any]:
        """The whole state as JSON-able lists; quotes only on demand, as they follow from their source.

        [version, last price, resting orders in priority, armed and pending orders by id, lists by id]
        """
        resting = []
        for side, node in self.nodes():
            if node[1] > 0 or quotes:
                lots, order_id, price, _, owner, tracked = node
                kept = None if tracked is None else dumps.order_to_list(tracked.order._replace(lots=tracked.left))
                resting.append([order_id, owner, side.value, price, lots, kept])
        armed = self._stops.armed
        waiting = [
            dumps.waiting_to_list(self._waiting[order_id], is_armed=order_id in armed)
            for order_id in sorted(self._waiting)
        ]
        return [dumps.VERSION, self.last_price, resting, waiting, [dumps.list_to_list(each) for each in self.lists()]]

    @classmethod
    def load(cls, dumped: list[Any]) -> Self:
        """A market in the dumped state. Raises ValueError for a dump of another version."""
        version, last_price, resting, waiting, lists = dumped
        if version != dumps.VERSION:
            raise ValueError(f"a dump of version {version}; this is version {dumps.VERSION}")
        market = cls()
        market.last_price = last_price
        members: dict[int, Tracked] = {}
        for order_id, owner, side, price, lots, kept in resting:
            tracked = None if kept is None else Tracked(dumps.order_from_list(kept))
            order = NewOrder(order_id, owner, Side(side), OrderType.LIMIT, price) if tracked is None else tracked.order
            market._rest(order, order.lots or lots, tracked)
            if tracked is not None:
                market._show(tracked, lots)
                members[order_id] = tracked
        for fields, extreme, is_armed in waiting:
            tracked = Tracked(dumps.order_from_list(fields))
            tracked.extreme = extreme
            members[tracked.order.order_id] = market._waiting[tracked.order.order_id] = tracked
            if is_armed:
                market._stops.add(tracked)
        for list_id, kind, working, others in lists:
            first = members[working] if working else None
            market._lists[list_id] = OrderList(list_id, ListKind(kind), first, [members[other] for other in others])
        return market

    def digest(self, *, quotes: bool = False) -> str:
        """SHA-256 of the dump: equal digests mean equal resting, stop and hidden orders, lists and last price."""
        return hashlib.sha256(json.dumps(self.dump(quotes=quotes), separators=(",", ":")).encode()).hexdigest()

    def _tracked(self, order_id: int) -> Tracked | None:
        node = self._orders.get(order_id)
        found: Tracked | None = self._waiting.get(order_id) if node is None else node[5]
        return found

    def _take_out(self, tracked: Tracked) -> int:
        """Remove an order from wherever it is, also from nowhere; return the lots it had left."""
        lots, order_id = tracked.left, tracked.order.order_id
        tracked.is_over = True
        if tracked.node is not None:
            self._take_node_out(tracked.node)
        else:
            self._waiting.pop(order_id, None)
            if order_id in self._stops.armed:
                self._stops.discard(order_id)
        return lots

    def _reduce(self, tracked: Tracked, lots: int) -> Event:
        """Leave an order only `lots`."""
        if tracked.node is not None:
            self._reduce_node(tracked.node, tracked.left - lots)
        else:
            tracked.order = tracked.order._replace(lots=lots)
        return Amended(tracked.order.order_id, lots)
