"""The order book of a market: queues with owners and icebergs, what is read from them, and changes of single orders."""

from collections import deque
from collections.abc import Iterator

from kernel.matching.commands import MARKET_TYPES, NewOrder, SelfTrade, Side, TimeInForce
from kernel.matching.levels import Level, Node, SideBook
from kernel.matching.tracked import Tracked

UNBOUNDED = 1 << 62


class MarketBook:
    """Resting orders of both sides. `last_price` is the last trade's or what was set from outside, 0 = none yet."""

    __slots__ = ("_asks", "_bids", "_orders", "last_price")

    def __init__(self) -> None:
        self._bids = SideBook(-1)
        self._asks = SideBook(1)
        self._orders: dict[int, Node] = {}  # node = [visible lots, order id, price, level, owner, Tracked | None]
        self.last_price = 0

    def best_bid(self) -> int | None:
        """Highest resting buy price in ticks."""
        return self._bids.best()

    def best_ask(self) -> int | None:
        """Lowest resting sell price in ticks."""
        return self._asks.best()

    def crosses(self, side: Side, price: int) -> bool:
        """Whether a limit order of `side` at `price` would trade at once."""
        other = self._rivals(side)
        best = other.best()
        return best is not None and best * other.sign <= price * other.sign

    def available(self, side: Side, price: int | None, enough: int) -> int:
        """Lots, hidden ones too, that an order of `side` could take at `price` or better, up to `enough`."""
        return sum(lots for _, lots in self.walk(side, price, enough))

    def walk(self, side: Side, price: int | None, lots: int) -> list[tuple[int, int]]:
        """(price, lots) that an order of `side` with no owner would trade level by level, without trading."""
        other = self._rivals(side)
        taken: list[tuple[int, int]] = []
        for level_price in other.ascending():
            if lots <= 0 or (price is not None and level_price * other.sign > price * other.sign):
                break
            level = other.levels[level_price]
            part = min(lots, level.lots + level.hidden)
            taken.append((level_price, part))
            lots -= part
        return taken

    def preview(self, order: NewOrder) -> list[tuple[int, int]]:
        """(price, lots) per level that an order would trade if it entered now as a market or limit order.

        Heeds its limit, lots, notional, FOK and self-trade prevention; a stop order is taken as triggered.
        """
        is_market = order.type in MARKET_TYPES
        other = self._rivals(order.side)
        lots = order.lots or UNBOUNDED
        notional = (order.notional if is_market else 0) or UNBOUNDED * UNBOUNDED
        taken: list[tuple[int, int]] = []
        for price in other.ascending():
            want = min(lots, notional // price)
            if want <= 0 or (not is_market and price * other.sign > order.price * other.sign):
                break
            traded, left = _preview_level(order, other.levels[price], want)
            if traded:
                taken.append((price, traded))
            if left <= 0:
                break
            lots -= want - left
            notional -= (want - left) * price
        is_whole = order.tif is not TimeInForce.FOK or is_market or sum(part for _, part in taken) == order.lots
        return taken if is_whole else []

    def depth(self, side: Side, limit: int | None = None) -> list[tuple[int, int]]:
        """(price, visible lots) per level of a side, best first, at most `limit` levels."""
        own = self._own(side)
        shown: list[tuple[int, int]] = []
        for price in own.ascending():
            if limit is not None and len(shown) >= limit:
                break
            shown.append((price, own.levels[price].lots))
        return shown

    def resting(self) -> Iterator[tuple[int, Side, int, int]]:
        """(order id, side, price, lots with hidden ones) of every resting order: bids then asks, in priority."""
        for side, node in self.nodes():
            yield node[1], side, node[2], node[0] + (node[5].hidden if node[5] is not None else 0)

    def nodes(self) -> Iterator[tuple[Side, Node]]:
        """Every resting order's entry, [visible lots, id, price, level, owner, tracked], in priority."""
        for side in Side:
            own = self._own(side)
            for price in own.prices():
                for node in own.levels[price].queue:
                    if node[0]:
                        yield side, node

    def _own(self, side: Side) -> SideBook:
        return self._bids if side is Side.BUY else self._asks

    def _rivals(self, side: Side) -> SideBook:
        return self._asks if side is Side.BUY else self._bids

    def _rest(self, order: NewOrder, lots: int, tracked: Tracked | None) -> int:
        """Put an order at the back of its price's queue; return how many of its lots show."""
        shown = min(lots, order.visible) if tracked is not None and order.visible else lots
        own = self._own(order.side)
        node: Node = [shown, order.order_id, order.price, None, order.owner, tracked]
        self._orders[order.order_id] = node
        own.add(node)
        if tracked is not None:
            tracked.node = node
            tracked.hidden = lots - shown
            node[3].hidden += tracked.hidden
        return shown

    def _show(self, tracked: Tracked, shown: int) -> None:
        """Let a resting iceberg show `shown` lots of what it has left."""
        assert tracked.node is not None
        more = shown - tracked.node[0]
        level: Level = tracked.node[3]
        tracked.node[0] += more
        tracked.hidden -= more
        level.lots += more
        level.hidden -= more

    def _take_node_out(self, node: Node) -> int:
        """Take a resting order out of the book; return the lots it had left."""
        tracked: Tracked | None = node[5]
        level: Level = node[3]
        lots: int = node[0]
        if tracked is not None:
            level.hidden -= tracked.hidden
            lots += tracked.hidden
            tracked.node, tracked.hidden = None, 0
        del self._orders[node[1]]
        level.remove(node)
        return lots

    def _reduce_node(self, node: Node, by: int) -> None:
        """Take `by` lots, fewer than it has, off a resting order: hidden ones first, its place stays."""
        level: Level = node[3]
        tracked: Tracked | None = node[5]
        if tracked is not None and tracked.hidden:
            part = min(by, tracked.hidden)
            tracked.hidden -= part
            level.hidden -= part
            by -= part
        node[0] -= by
        level.lots -= by


def _preview_level(order: NewOrder, level: Level, want: int) -> tuple[int, int]:
    """(lots traded, lots then left of `want`) at one level; left is -1 when self-trade prevention ends the order."""
    mode = order.self_trade
    if mode is SelfTrade.NONE or not order.owner or all(not node[0] or node[4] != order.owner for node in level.queue):
        traded = min(want, level.lots + level.hidden)
        return traded, want - traded
    # [visible, hidden, shown at most, is own] of the living entries; refills go to the back as they will in the market.
    queue = deque(_entry(node, order.owner) for node in level.queue if node[0])
    traded = 0
    while want and queue:
        visible, hidden, peak, is_own = queue.popleft()
        if is_own:
            if mode in (SelfTrade.EXPIRE_TAKER, SelfTrade.EXPIRE_BOTH):
                return traded, -1
            want -= min(want, visible + hidden) if mode is SelfTrade.DECREMENT else 0
            continue
        part = min(want, visible)
        traded += part
        want -= part
        if hidden:
            refill = min(peak, hidden)
            queue.append((refill, hidden - refill, peak, False))
    return traded, want


def _entry(node: Node, owner: int) -> tuple[int, int, int, bool]:
    tracked: Tracked | None = node[5]
    hidden, peak = (0, 0) if tracked is None else (tracked.hidden, tracked.order.visible)
    return node[0], hidden, peak, node[4] == owner
