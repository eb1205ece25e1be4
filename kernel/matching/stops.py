"""Stop orders waiting for their triggers."""

from heapq import heapify, heappop, heappush

from kernel.matching.tracked import Tracked

_Heap = list[tuple[int, int]]  # (trigger key, order id): the next trigger is the smallest key
_COMPACT_AFTER = 64


class StopBook:
    """Armed orders by trigger price; fixed triggers cost O(log n), each trailing order is visited at every price."""

    __slots__ = ("_falling", "_rising", "_trailing", "armed")

    def __init__(self) -> None:
        self.armed: dict[int, Tracked] = {}
        self._trailing: dict[int, Tracked] = {}
        self._rising: _Heap = []  # orders disarmed meanwhile stay in the heaps until they are met
        self._falling: _Heap = []

    def add(self, tracked: Tracked) -> None:
        """Arm an order."""
        order = tracked.order
        self.armed[order.order_id] = tracked
        if order.trailing:
            self._trailing[order.order_id] = tracked
        elif tracked.rises:
            heappush(self._rising, (order.stop, order.order_id))
        else:
            heappush(self._falling, (-order.stop, order.order_id))
        if len(self._rising) + len(self._falling) > 2 * len(self.armed) + _COMPACT_AFTER:
            self._rising = self._living(self._rising)
            self._falling = self._living(self._falling)

    def discard(self, order_id: int) -> None:
        """Disarm an order."""
        del self.armed[order_id]
        self._trailing.pop(order_id, None)

    def would_reach(self, price: int) -> bool:
        """Whether `reached(price)` would return any order; nothing changes."""
        rising, falling = self._rising, self._falling
        while rising and not self._is_living(rising[0], rises=True):
            heappop(rising)
        while falling and not self._is_living(falling[0], rises=False):
            heappop(falling)
        if (rising and rising[0][0] <= price) or (falling and -falling[0][0] >= price):
            return True
        return any(tracked.would_follow(price) for tracked in self._trailing.values())

    def reached(self, price: int) -> list[Tracked]:
        """Disarm and return what a price triggers: first what a rise reaches, nearest trigger first, then by id."""
        found = [tracked for tracked in self._trailing.values() if tracked.follow(price)]
        for tracked in found:
            self.discard(tracked.order.order_id)
        while self._rising and self._rising[0][0] <= price:
            self._collect(heappop(self._rising), self._rising, found)
        while self._falling and -self._falling[0][0] >= price:
            self._collect(heappop(self._falling), self._falling, found)
        return sorted(found, key=_turn) if len(found) > 1 else found

    def _collect(self, entry: tuple[int, int], heap: _Heap, found: list[Tracked]) -> None:
        if self._is_living(entry, rises=heap is self._rising):
            found.append(self.armed.pop(entry[1]))

    def _is_living(self, entry: tuple[int, int], *, rises: bool) -> bool:
        tracked = self.armed.get(entry[1])
        if tracked is None or tracked.order.trailing or tracked.rises is not rises:
            return False
        return tracked.order.stop == abs(entry[0])

    def _living(self, heap: _Heap) -> _Heap:
        kept = list({entry for entry in heap if self._is_living(entry, rises=heap is self._rising)})
        heapify(kept)
        return kept


def _turn(tracked: Tracked) -> tuple[int, int, int]:
    if tracked.rises:
        return 0, tracked.trigger, tracked.order.order_id
    return 1, -tracked.trigger, tracked.order.order_id
