"""Price levels of one side of a book: FIFO queues with lazy deletion, and a heap of prices."""

from collections import deque
from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from typing import Any

# An order in a queue is a plain list [lots, order id, price, level, …]: a class with slots costs 20 % of the rate.
# A market adds the owner and, for icebergs and list members, the `Tracked` order.
Node = list[Any]
COMPACT_AFTER = 64


class Level:
    """One price: its queue with dead entries, the lots that show and the icebergs' hidden ones."""

    __slots__ = ("dead", "hidden", "lots", "own", "price", "queue")

    def __init__(self, own: "SideBook", price: int) -> None:
        self.own = own
        self.price = price
        self.queue: deque[Node] = deque()
        self.lots = 0
        self.hidden = 0
        self.dead = 0

    def remove(self, node: Node) -> None:
        """Take an order out of the queue; its entry stays there, dead, with no lots."""
        self.lots -= node[0]
        node[0] = 0
        if not self.lots:
            del self.own.levels[self.price]
            return
        self.dead += 1
        if self.dead > COMPACT_AFTER and self.dead * 2 > len(self.queue):
            self.queue = deque(entry for entry in self.queue if entry[0])
            self.dead = 0


class SideBook:
    """Resting orders of one side; `sign` turns prices into heap keys so that the best price is the smallest key."""

    __slots__ = ("heap", "levels", "sign")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.levels: dict[int, Level] = {}
        self.heap: list[int] = []  # prices whose level is gone stay until they are the best

    def best(self) -> int | None:
        """Best price with orders; None when the side is empty."""
        heap, sign = self.heap, self.sign
        while heap:
            price = heap[0] * sign
            if price in self.levels:
                return price
            heappop(heap)
        return None

    def add(self, node: Node) -> None:
        """Put an order at the back of its price's queue and tell it its level."""
        level = self.levels.get(node[2])
        if level is None:
            level = self.open(node[2])
        node[3] = level
        level.queue.append(node)
        level.lots += node[0]

    def open(self, price: int) -> Level:
        """Begin a new level."""
        level = self.levels[price] = Level(self, price)
        heappush(self.heap, price * self.sign)
        if len(self.heap) > 2 * len(self.levels) + COMPACT_AFTER:
            self.heap = [known * self.sign for known in self.levels]
            heapify(self.heap)
        return level

    def prices(self) -> list[int]:
        """Prices with orders, best first."""
        return sorted(self.levels, key=lambda price: price * self.sign)

    def ascending(self) -> Iterator[int]:
        """Prices with orders, best first, found one by one; the book must not change meanwhile."""
        heap, levels, sign = self.heap, self.levels, self.sign
        front = [(heap[0], 0)] if heap else []
        last: int | None = None
        while front:
            key, index = heappop(front)
            for child in (2 * index + 1, 2 * index + 2):
                if child < len(heap):
                    heappush(front, (heap[child], child))
            if key != last and key * sign in levels:
                yield key * sign
            last = key
