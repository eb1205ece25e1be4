"""A bare limit order book: dicts of deques, heaps of prices, lazy cancels. No owners, events or order types."""

from collections import deque
from heapq import heappop, heappush

Resting = list[int]  # [lots, order id, price]
Fill = tuple[int, int, int]  # resting order id, price, lots


class ReferenceBook:
    """Limit orders and cancels only, with no checks."""

    def __init__(self) -> None:
        self.levels: tuple[dict[int, deque[Resting]], dict[int, deque[Resting]]] = ({}, {})
        self.heaps: tuple[list[int], list[int]] = ([], [])  # keys are -price for buys, price for sells
        self.orders: dict[int, Resting] = {}

    def place(self, order_id: int, buys: bool, price: int, lots: int) -> list[Fill]:
        """Match at `price` or better; the rest rests."""
        fills: list[Fill] = []
        levels, heap, sign = self.levels[buys], self.heaps[buys], 1 if buys else -1
        bound = price * sign
        while lots and heap and heap[0] <= bound:
            best = heap[0] * sign
            queue = levels[best]
            while lots and queue:
                maker = queue[0]
                part = maker[0]
                if part > lots:
                    maker[0] -= lots
                    fills.append((maker[1], best, lots))
                    lots = 0
                    break
                queue.popleft()
                if part:
                    lots -= part
                    del self.orders[maker[1]]
                    fills.append((maker[1], best, part))
            if not queue:
                del levels[best]
                heappop(heap)
        if lots:
            self.orders[order_id] = entry = [lots, order_id, price]
            own = self.levels[not buys]
            queue_there = own.get(price)
            if queue_there is None:
                own[price] = queue_there = deque()
                heappush(self.heaps[not buys], -price * sign)
            queue_there.append(entry)
        return fills

    def cancel(self, order_id: int) -> int:
        """Take an order out; return the lots it had, 0 when there is none."""
        entry = self.orders.pop(order_id, None)
        if entry is None:
            return 0
        lots, entry[0] = entry[0], 0
        return lots
