"""Trailing stop orders by their extreme prices: what a new price moves is moved together, what it triggers is found.

All started orders of a side have seen the same last price, so none has an extreme beyond it: a new extreme merges every
order it passes into one trail. A trail's orders trigger by their deltas, smallest first; of a trail that the price has
left, the first trigger stands in a heap. A price costs O(log n), and each merge is paid for by the orders it unites.
"""

from heapq import heapify, heappop, heappush

from kernel.matching.tracked import Tracked, Trail

_COMPACT_AFTER = 64
_Due = tuple[int, int, int, int, Trail]  # trigger x sign, order id, entry number, the extreme then, its trail


class Trails:
    """Started trailing orders of one side; `sign` is 1 for buys, whose extreme is the lowest price, -1 for sells."""

    __slots__ = ("_armed", "_due", "_entries", "_sign", "_trails")

    def __init__(self, sign: int, armed: dict[int, Tracked]) -> None:
        self._sign = sign
        self._armed = armed
        self._trails: list[Trail] = []  # by extreme x sign, ascending: the one nearest to the price is last
        self._due: list[_Due] = []
        self._entries = 0

    def add(self, tracked: Tracked) -> None:
        """Take in an order that has its first extreme."""
        extreme, place = tracked.extreme, len(self._trails)
        while place and self._trails[place - 1].extreme * self._sign > extreme * self._sign:
            place -= 1
        if place and self._trails[place - 1].extreme == extreme:
            trail = self._trails[place - 1]
        else:
            trail = Trail(extreme)
            self._trails.insert(place, trail)
        tracked.trail = trail
        heappush(trail.heap, (tracked.order.trailing, tracked.order.order_id))
        self._list(trail)

    def would_reach(self, price: int) -> bool:
        """Whether `reached(price)` would return any order; no order changes."""
        self._leave(price)
        return bool(self._next_due(price))

    def reached(self, price: int, found: list[Tracked]) -> None:
        """Move the extremes along and append, disarmed, what the price triggers."""
        self._merge(price)
        self._leave(price)
        while (tracked := self._next_due(price)) is not None:
            trail = heappop(self._due)[4]
            del self._armed[tracked.order.order_id]
            found.append(tracked)
            self._list(trail)

    def _merge(self, price: int) -> None:
        trails, sign = self._trails, self._sign
        kept: Trail | None = None
        united = False
        while trails and trails[-1].extreme * sign >= price * sign:
            other = trails.pop()
            if kept is None:
                kept = other
                continue
            united = True
            if len(other.heap) > len(kept.heap):
                kept, other = other, kept
            for entry in other.heap:
                heappush(kept.heap, entry)
            other.heap, other.into = [], kept
        if kept is None or not self._living(kept):
            return
        if united or kept.extreme != price:  # its first trigger may be another order's now
            kept.extreme, kept.listed = price, False
        trails.append(kept)

    def _leave(self, price: int) -> None:
        """The last trail triggers from now on, when the price has left it."""
        if self._trails:
            trail = self._trails[-1]
            if not trail.listed and trail.extreme * self._sign < price * self._sign:
                self._list(trail)

    def _list(self, trail: Trail) -> None:
        """Put a trail's first order among the due ones."""
        first = self._living(trail)
        trail.listed = True
        if first is None:
            return
        self._entries += 1
        heappush(self._due, (first.trigger * self._sign, first.order.order_id, self._entries, trail.extreme, trail))
        if len(self._due) > 2 * len(self._armed) + _COMPACT_AFTER:
            self._relist()

    def _relist(self) -> None:
        self._trails = [trail for trail in self._trails if self._living(trail) is not None]
        self._due = []
        for trail in self._trails:
            first = self._living(trail)
            if trail.listed and first is not None:
                self._entries += 1
                entry = (first.trigger * self._sign, first.order.order_id, self._entries, trail.extreme, trail)
                self._due.append(entry)
        heapify(self._due)

    def _living(self, trail: Trail) -> Tracked | None:
        """The armed order of the smallest delta; those that are gone are forgotten."""
        while trail.heap:
            delta, order_id = trail.heap[0]
            tracked = self._armed.get(order_id)
            if tracked is not None and tracked.order.trailing == delta and _is_in(tracked, trail):
                return tracked
            heappop(trail.heap)
        return None

    def _next_due(self, price: int) -> Tracked | None:
        """The order of the first sound entry that the price reaches; unsound ones before it are taken out."""
        due = self._due
        while due and due[0][0] <= price * self._sign:
            _, order_id, _, extreme, trail = due[0]
            if trail.into is None and trail.extreme == extreme:
                tracked = self._armed.get(order_id)
                if tracked is not None and _is_in(tracked, trail) and tracked.trigger * self._sign == due[0][0]:
                    return tracked
                heappop(due)
                self._list(trail)  # the order was cancelled: the next of its trail takes its place
            else:
                heappop(due)
            due = self._due
        return None


def _is_in(tracked: Tracked, trail: Trail) -> bool:
    return tracked.trail is not None and tracked.trail.root() is trail
