"""Matching of one taker against the book: trades, icebergs' refills and self-trade prevention."""

from heapq import heappop

from kernel.matching.commands import NewOrder, SelfTrade
from kernel.matching.events import Event, Expired, Prevented, Reason, Traded
from kernel.matching.levels import Level, Node, SideBook
from kernel.matching.market_book import UNBOUNDED, MarketBook
from kernel.matching.tracked import Tracked

_NONE = SelfTrade.NONE


class Matcher(MarketBook):
    """Takes lots from the book for an incoming order and says what happened."""

    __slots__ = ()

    def _maker_traded(self, tracked: Tracked, left: int, events: list[Event]) -> None:
        """Called after each trade of a resting list member."""

    def _maker_expired(self, tracked: Tracked, events: list[Event]) -> None:
        """Called after self-trade prevention took out a resting list member."""

    def _take(self, order: NewOrder, book: SideBook, limit: int, lots: int, events: list[Event]) -> int:
        """Trade up to `lots` against `book` at `limit` or better (0 = any price); return the lots left.

        When self-trade prevention ends the order, its `Expired` is the last event and 0 is returned.
        """
        sign, heap, levels = book.sign, book.heap, book.levels
        bound = limit * sign if limit else UNBOUNDED
        while lots and heap and heap[0] <= bound:
            price = heap[0] * sign
            level = levels.get(price)
            if level is None:
                heappop(heap)
                continue
            lots = self._take_level(order, level, lots, events)
            if not level.lots:
                del levels[price]
        return lots

    def _take_level(self, order: NewOrder, level: Level, lots: int, events: list[Event]) -> int:
        order_id, orders, price, say = order.order_id, self._orders, level.price, events.append
        owner = -1 if order.self_trade is _NONE else order.owner or -1
        queue, taken = level.queue, 0
        while lots and queue:
            node = queue[0]
            resting, maker_id, _, _, maker_owner, tracked = node
            if tracked is not None or maker_owner == owner or not resting:
                lots = self._take_special(order, level, node, lots, events)
            elif resting > lots:
                node[0] = resting - lots
                taken += lots
                say(Traded((order_id, maker_id, price, lots, 0, resting - lots)))
                lots = 0
            else:
                queue.popleft()
                del orders[maker_id]
                taken += resting
                lots -= resting
                say(Traded((order_id, maker_id, price, resting, lots, 0)))
        if taken:
            level.lots -= taken
            self.last_price = price
        return lots

    def _take_special(self, order: NewOrder, level: Level, node: Node, lots: int, events: list[Event]) -> int:
        """Meet an entry that is dead, the taker's owner's, an iceberg or a list member."""
        if not node[0]:
            level.queue.popleft()
            level.dead -= 1
            return lots
        if order.self_trade is not SelfTrade.NONE and order.owner and node[4] == order.owner:
            return self._prevent(order, level, node, lots, events)
        tracked: Tracked = node[5]
        part: int = min(lots, node[0])
        node[0] -= part
        level.lots -= part
        self.last_price = node[2]
        left = node[0] + tracked.hidden
        if not node[0]:
            level.queue.popleft()
            if tracked.hidden:
                _refill(level, node, tracked)
            else:
                del self._orders[node[1]]
                tracked.node = None
        events.append(Traded((order.order_id, node[1], node[2], part, lots - part, left)))
        if tracked.listing is not None:
            self._maker_traded(tracked, left, events)
        return lots - part

    def _prevent(self, order: NewOrder, level: Level, node: Node, lots: int, events: list[Event]) -> int:
        """Keep a taker from an order of its owner, the first in the queue; return the lots the taker goes on with."""
        mode, tracked = order.self_trade, node[5]
        resting: int = node[0] + (tracked.hidden if tracked is not None else 0)
        smaller = min(lots, resting)
        taker_part, maker_part = {
            SelfTrade.EXPIRE_TAKER: (lots, 0),
            SelfTrade.EXPIRE_MAKER: (0, resting),
            SelfTrade.EXPIRE_BOTH: (lots, resting),
            SelfTrade.DECREMENT: (smaller, smaller),
        }[mode]
        events.append(Prevented(order.order_id, node[1], node[2], taker_part, maker_part))
        if maker_part == resting:
            self._drop_first(level, node)
            events.append(Expired(node[1], resting, Reason.SELF_TRADE))
            if tracked is not None and tracked.listing is not None:
                self._maker_expired(tracked, events)
        elif maker_part:
            self._reduce_node(node, maker_part)
        if taker_part == lots:
            events.append(Expired(order.order_id, lots, Reason.SELF_TRADE))
        return lots - taker_part

    def _drop_first(self, level: Level, node: Node) -> None:
        """Take out the first order of a queue that is being matched; the matcher deletes an empty level."""
        tracked: Tracked | None = node[5]
        level.queue.popleft()
        level.lots -= node[0]
        node[0] = 0
        del self._orders[node[1]]
        if tracked is not None:
            level.hidden -= tracked.hidden
            tracked.node, tracked.hidden = None, 0


def _refill(level: Level, node: Node, tracked: Tracked) -> None:
    """Show the next part of an iceberg, at the back of the queue."""
    shown = min(tracked.order.visible, tracked.hidden)
    tracked.hidden -= shown
    level.hidden -= shown
    level.lots += shown
    node[0] = shown
    level.queue.append(node)
