"""The newest trades of a symbol, each once and in order. No clock, no I/O."""

from collections import deque
from collections.abc import Iterable

from apps.trading.market_data.gateways.messages import Print

KEPT = 2_000
MOST_WAITING = 5_000


class Tape:
    """Trades by number where the venue numbers them one by one; else each id once, in the order they came.

    At the beginning and after a hole new trades wait until `fill` brings what is missing, or says that the venue does
    not know it any more. `is_numbered` False: numbers are taken as mere ids.
    """

    def __init__(self, *, is_numbered: bool = True) -> None:
        self.is_numbered = is_numbered
        self.prints: deque[Print] = deque(maxlen=KEPT)
        self.taken = 0
        self.repeated = 0
        self.holes = 0
        self.lost = 0
        self._last: int | None = None
        self._waiting: dict[int, Print] = {}
        self._known: deque[str] = deque(maxlen=KEPT)
        self._known_set: set[str] = set()
        self._since: int | None = None
        self._fresh: list[Print] = []

        self._is_open = False
        self._kept: int | None = None
        self._stored: int | None = None
        self.unkept: list[Print] = []

    @property
    def is_complete(self) -> bool:
        """Whether nothing is known to be missing."""
        return self._is_open and not self._waiting

    @property
    def wanted_from(self) -> int | None:
        """The number from which on the venue is to be asked; None: its newest trades."""
        known = [number for number in (self._kept, self._last) if number is not None]
        return min(known) + 1 if known else None

    def recall(self, known: Iterable[Print], kept: int | None = None) -> None:
        """Begin after trades that readers were told already, oldest first; they are not told again.

        `kept` is the number of the newest stored trade: what was told after it is still to be stored, and what was
        stored but not told any more is still to be told.
        """
        for item in known:
            self.prints.append(item)
            if self._has_number(item):
                self._last = int(item.id)
            else:
                self._remember(item.id)
                self._since = item.ts if self._since is None else min(self._since, item.ts)
        if not self.is_numbered:
            return
        self._last = kept if self._last is None else self._last
        self._kept = self._stored = kept

    def take(self, item: Print) -> bool:
        """Take a trade from the stream; return whether something is missing before it."""
        self.taken += 1
        if not self._has_number(item):
            self._take_unnumbered(item)
            return False
        number = int(item.id)
        if number in self._waiting or (self._last is not None and number <= self._last):
            self.repeated += 1
        elif self._is_open and self._last is not None and number == self._last + 1:
            self._add(number, item)
            self._follow()
        elif len(self._waiting) < MOST_WAITING:
            self.holes += not self._waiting
            self._waiting[number] = item
        return not self.is_complete

    def fill(self, found: Iterable[Print]) -> None:
        """Take trades that the venue gave on request; what is missing before the first that waits is given up."""
        found = list(found)
        self._is_open = True
        if self._kept is not None and self._last is not None:
            self.unkept += [item for item in found if self._kept < int(item.id) <= self._last]
        self._kept = None
        self._waiting |= {int(item.id): item for item in found if self._last is None or int(item.id) > self._last}
        if self._last is None and self._waiting:
            self._last = min(self._waiting) - 1
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
        if item.id in self._known_set or (self._since is not None and item.ts < self._since):
            self.repeated += 1
            return
        self._remember(item.id)
        self._tell(item)
        self.unkept.append(item)

    def _has_number(self, item: Print) -> bool:
        return self.is_numbered and item.id.isdecimal()

    def _remember(self, name: str) -> None:
        if len(self._known) == KEPT:
            self._known_set.discard(self._known[0])
        self._known.append(name)
        self._known_set.add(name)

    def _add(self, number: int, item: Print) -> None:
        self._last = number
        self._tell(item)
        if self._stored is None or number > self._stored:
            self.unkept.append(item)

    def _tell(self, item: Print) -> None:
        self.prints.append(item)
        self._fresh.append(item)
