"""The newest trades of a symbol, each once and in order. No clock, no I/O."""

from collections import deque
from collections.abc import Iterable

from apps.trading.market_data.gateways.messages import Print

KEPT = 2_000
MOST_WAITING = 5_000


class Tape:
    """Trades by number where the venue numbers them one by one; else each id once, in the order they came.

    After a hole new trades wait until `fill` brings what is missing, or says that the venue does not know it any more.
    """

    def __init__(self) -> None:
        self.prints: deque[Print] = deque(maxlen=KEPT)
        self.repeated = 0
        self.holes = 0
        self.lost = 0
        self._last: int | None = None
        self._waiting: dict[int, Print] = {}
        self._known: deque[str] = deque(maxlen=KEPT)
        self._known_set: set[str] = set()
        self._fresh: list[Print] = []

    @property
    def missing_from(self) -> int | None:
        """The number of the first trade that is missing, or None."""
        return self._last + 1 if self._waiting and self._last is not None else None

    @property
    def last_id(self) -> int | None:
        """The number of the newest trade in order."""
        return self._last

    def take(self, item: Print) -> bool:
        """Take a trade from the stream; return whether something is missing before it."""
        if not item.id.isdecimal():
            self._take_unnumbered(item)
            return False
        number = int(item.id)
        if self._last is None or number == self._last + 1:
            self._add(number, item)
            self._follow()
        elif number <= self._last or number in self._waiting:
            self.repeated += 1
        else:
            if not self._waiting:
                self.holes += 1
            if len(self._waiting) < MOST_WAITING:
                self._waiting[number] = item
        return bool(self._waiting)

    def fill(self, found: Iterable[Print]) -> None:
        """Take trades that the venue gave on request; what is missing before the first that waits is given up."""
        for item in found:
            number = int(item.id)
            if self._last is not None and number > self._last:
                self._waiting[number] = item
        while self._waiting:
            self._follow()
            if self._waiting and self._last is not None:
                first = min(self._waiting)
                self.lost += first - self._last - 1
                self._last = first - 1

    def take_fresh(self) -> list[Print]:
        """Return the trades that came since the last call, in order."""
        fresh, self._fresh = self._fresh, []
        return fresh

    def _follow(self) -> None:
        while self._last is not None and (item := self._waiting.pop(self._last + 1, None)) is not None:
            self._add(self._last + 1, item)

    def _take_unnumbered(self, item: Print) -> None:
        if item.id in self._known_set:
            self.repeated += 1
            return
        if len(self._known) == KEPT:
            self._known_set.discard(self._known[0])
        self._known.append(item.id)
        self._known_set.add(item.id)
        self._keep(item)

    def _add(self, number: int, item: Print) -> None:
        self._last = number
        self._keep(item)

    def _keep(self, item: Print) -> None:
        self.prints.append(item)
        self._fresh.append(item)
