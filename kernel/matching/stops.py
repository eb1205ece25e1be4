"""Stop orders waiting for their triggers."""

from heapq import heapify, heappop, heappush

from kernel.matching.tracked import Tracked, waits_for_rise
from kernel.matching.trails import Trails

_Heap = list[tuple[int, int]]  # (trigger key, order id): the next trigger is the smallest key
_COMPACT_AFTER = 64


class StopBook:
    """Armed orders by trigger price, trailing ones by their extremes: each costs O(log n)."""

    __slots__ = ("_buys", "_falling", "_free", "_rising", "_sells", "_starts_falling", "_starts_rising", "armed")

    def __init__(self) -> None:
        self.armed: dict[int, Tracked] = {}
        self._buys = Trails(1, self.armed)
        self._sells = Trails(-1, self.armed)
        self._free: list[int] = []  # trailing orders that start with the next price, whatever it is
        # Orders disarmed meanwhile stay in the heaps until they are met.
        self._rising: _Heap = []  # fixed triggers
        self._falling: _Heap = []
        self._starts_rising: _Heap = []  # stops at which trailing orders start
        self._starts_falling: _Heap = []

    def add(self, tracked: Tracked) -> None:
        """Arm an order."""
        order = tracked.order
        self.armed[order.order_id] = tracked
        if order.trailing and tracked.extreme:
            self._trail(tracked)
        elif order.trailing and not order.stop:
            self._free.append(order.order_id)
        elif waits_for_rise(order):
            heappush(self._starts_rising if order.trailing else self._rising, (order.stop, order.order_id))
        else:
            heappush(self._starts_falling if order.trailing else self._falling, (-order.stop, order.order_id))
        kept = len(self._rising) + len(self._falling) + len(self._starts_rising) + len(self._starts_falling)
        if kept > 2 * len(self.armed) + _COMPACT_AFTER:
            for heap in (self._rising, self._falling, self._starts_rising, self._starts_falling):
                heap[:] = {entry for entry in heap if self._waits(entry) is not None}
                heapify(heap)

    def discard(self, order_id: int) -> None:
        """Disarm an order."""
        del self.armed[order_id]

    def would_reach(self, price: int) -> bool:
        """Whether `reached(price)` would return any order; nothing changes."""
        for heap, key in ((self._rising, price), (self._falling, -price)):
            while heap and self._waits(heap[0]) is None:
                heappop(heap)
            if heap and heap[0][0] <= key:
                return True
        return self._buys.would_reach(price) or self._sells.would_reach(price)

    def reached(self, price: int) -> list[Tracked]:
        """Disarm and return what a price triggers: first what a rise reaches, nearest trigger first, then by id."""
        found: list[Tracked] = []
        self._buys.reached(price, found)
        self._sells.reached(price, found)
        for heap, key in ((self._rising, price), (self._falling, -price)):
            while heap and heap[0][0] <= key:
                if (tracked := self._waits(heappop(heap))) is not None:
                    del self.armed[tracked.order.order_id]
                    found.append(tracked)
        self._start(price)
        return sorted(found, key=_turn) if len(found) > 1 else found

    def _start(self, price: int) -> None:
        """Let trailing orders begin that wait for this price, or for any."""
        starting = [self.armed.get(order_id) for order_id in self._free]
        self._free.clear()
        for heap, key in ((self._starts_rising, price), (self._starts_falling, -price)):
            while heap and heap[0][0] <= key:
                starting.append(self._waits(heappop(heap)))
        for tracked in starting:
            if tracked is not None and tracked.order.trailing and not tracked.extreme:
                tracked.extreme = price
                self._trail(tracked)

    def _trail(self, tracked: Tracked) -> None:
        (self._buys if tracked.rises else self._sells).add(tracked)

    def _waits(self, entry: tuple[int, int]) -> Tracked | None:
        """The armed order that a heap's entry is about, unless it trails already or its id has another order now."""
        tracked = self.armed.get(entry[1])
        return tracked if tracked is not None and tracked.order.stop == abs(entry[0]) and not tracked.extreme else None


def _turn(tracked: Tracked) -> tuple[int, int, int]:
    if tracked.rises:
        return 0, tracked.trigger, tracked.order.order_id
    return 1, -tracked.trigger, tracked.order.order_id
