"""A price-time priority order book in integer ticks and lots.

A dict of price levels, each a FIFO deque, and one heap of prices a side. Cancels are lazy: the order's lots become zero
and the dead entry is skipped later, so placing, cancelling and matching cost O(1) amortised (O(log levels) for a new
price). The book is deterministic: equal calls give equal fills and an equal digest.
"""

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from kernel.matching.commands import Side, TimeInForce
from kernel.matching.levels import Node, SideBook


class Fill(NamedTuple):
    """One trade of the incoming order against one resting order, at the resting order's price."""

    maker_id: int
    price: int  # ticks
    lots: int


class MatchResult(NamedTuple):
    """Outcome of one incoming order: its fills in order, and the lots that now rest in the book."""

    fills: list[Fill]
    resting: int

    @property
    def traded(self) -> int:
        """Lots traded, summed over the fills."""
        return sum(fill.lots for fill in self.fills)


class OrderBook:
    """One market's resting orders.

    Order ids are the caller's integers, unique among resting orders (ValueError otherwise). Prices are ticks,
    quantities lots, both positive integers. The book knows nothing of owners, funds or fees.
    """

    __slots__ = ("_asks", "_bids", "_orders")

    def __init__(self) -> None:
        self._bids = SideBook(-1)
        self._asks = SideBook(1)
        self._orders: dict[int, Node] = {}

    def __len__(self) -> int:
        return len(self._orders)

    def __contains__(self, order_id: int) -> bool:
        return order_id in self._orders

    def place_limit(
        self, order_id: int, side: Side, price: int, lots: int, tif: TimeInForce = TimeInForce.GTC
    ) -> MatchResult:
        """Match `lots` at `price` ticks or better; the rest rests, is dropped or undoes the whole order by `tif`."""
        if price <= 0 or lots <= 0:
            raise ValueError("price and quantity must be positive")
        own, other = (self._bids, self._asks) if side is Side.BUY else (self._asks, self._bids)
        if tif is TimeInForce.FOK and self.available(side, price, lots) < lots:
            return MatchResult([], 0)
        if order_id in self._orders:
            raise ValueError(f"order {order_id} already rests in the book")
        fills: list[Fill] = []
        remaining = self._take(other, price, lots, fills)
        if not remaining or tif is not TimeInForce.GTC:
            return MatchResult(fills, 0)
        self._orders[order_id] = node = [remaining, order_id, price, None]
        own.add(node)
        return MatchResult(fills, remaining)

    def place_market(self, side: Side, lots: int) -> MatchResult:
        """Match `lots` at any price; what the book cannot fill is dropped."""
        _require_positive(1, lots)
        fills: list[Fill] = []
        self._take(self._asks if side is Side.BUY else self._bids, None, lots, fills)
        return MatchResult(fills, 0)

    def place_market_notional(self, side: Side, notional: int) -> MatchResult:
        """Match as many whole lots as `notional` (tick-lots: price x lots summed) pays for; the rest is dropped."""
        _require_positive(1, notional)
        other = self._asks if side is Side.BUY else self._bids
        fills: list[Fill] = []
        while notional:
            price = other.best()
            if price is None or price > notional:
                break
            level_fills: list[Fill] = []
            # One price at a time: the lots the budget pays for depend on the level's price.
            self._take(other, price, min(notional // price, other.levels[price].lots), level_fills)
            notional -= sum(fill.lots for fill in level_fills) * price
            fills.extend(level_fills)
        return MatchResult(fills, 0)

    def rest(self, order_id: int, side: Side, price: int, lots: int) -> None:
        """Put an order in the book **without matching**: a quoting source may lock the book at zero spread."""
        _require_positive(price, lots)
        if order_id in self._orders:
            raise ValueError(f"order {order_id} already rests in the book")
        own = self._bids if side is Side.BUY else self._asks
        self._orders[order_id] = node = [lots, order_id, price, None]
        own.add(node)

    def cancel(self, order_id: int) -> int | None:
        """Take an order out; return the lots it still had, or None when no such order rests."""
        node = self._orders.pop(order_id, None)
        if node is None:
            return None
        lots: int = node[0]
        node[3].remove(node)
        return lots

    def lots_of(self, order_id: int) -> int | None:
        """Lots an order still has in the book, or None when it does not rest."""
        node = self._orders.get(order_id)
        return None if node is None else node[0]

    def best_bid(self) -> int | None:
        """Highest resting buy price in ticks."""
        return self._bids.best()

    def best_ask(self) -> int | None:
        """Lowest resting sell price in ticks."""
        return self._asks.best()

    def crosses(self, side: Side, price: int) -> bool:
        """Whether a limit order of `side` at `price` would trade at once."""
        best = self._asks.best() if side is Side.BUY else self._bids.best()
        return best is not None and (best <= price if side is Side.BUY else best >= price)

    def available(self, side: Side, price: int | None, enough: int) -> int:
        """Lots an incoming order of `side` could take at `price` or better, counted no further than `enough`."""
        return sum(lots for _, lots in self.walk(side, price, enough))

    def walk(self, side: Side, price: int | None, lots: int) -> list[tuple[int, int]]:
        """(price, lots) an incoming order of `side` would trade level by level, without trading."""
        other = self._asks if side is Side.BUY else self._bids
        taken: list[tuple[int, int]] = []
        for level_price in other.prices():
            if lots <= 0 or (price is not None and level_price * other.sign > price * other.sign):
                break
            part = min(lots, other.levels[level_price].lots)
            taken.append((level_price, part))
            lots -= part
        return taken

    def depth(self, side: Side, limit: int | None = None) -> list[tuple[int, int]]:
        """(price, lots) per level of a side, best first, at most `limit` levels."""
        own = self._bids if side is Side.BUY else self._asks
        return [(price, own.levels[price].lots) for price in own.prices()[:limit]]

    def resting(self) -> Iterator[tuple[int, Side, int, int]]:
        """(order id, side, price, lots) of every resting order: bids then asks, in matching priority."""
        for side, own in ((Side.BUY, self._bids), (Side.SELL, self._asks)):
            for price in own.prices():
                for node in own.levels[price].queue:
                    if node[0]:
                        yield node[1], side, price, node[0]

    def digest(self) -> str:
        """SHA-256 over all resting orders in priority order: equal digests mean equal books."""
        digest = hashlib.sha256()
        for order_id, side, price, lots in self.resting():
            digest.update(f"{order_id},{side.value},{price},{lots};".encode())
        return digest.hexdigest()

    def _take(self, other: SideBook, limit: int | None, lots: int, fills: list[Fill]) -> int:
        """Trade up to `lots` against `other` at `limit` or better; append the fills, return what is left."""
        sign, orders = other.sign, self._orders
        while lots:
            price = other.best()
            if price is None or (limit is not None and price * sign > limit * sign):
                break
            level = other.levels[price]
            queue = level.queue
            before = lots
            while lots and queue:
                node = queue[0]
                resting = node[0]
                if resting > lots:
                    node[0] = resting - lots
                    fills.append(Fill(node[1], price, lots))
                    lots = 0
                    break
                queue.popleft()
                if not resting:
                    level.dead -= 1
                    continue
                lots -= resting
                node[0] = 0
                del orders[node[1]]
                fills.append(Fill(node[1], price, resting))
            level.lots -= before - lots
            if not level.lots:
                del other.levels[price]
        return lots


def _require_positive(price: int, lots: int) -> None:
    if price <= 0 or lots <= 0:
        raise ValueError("price and quantity must be positive")
