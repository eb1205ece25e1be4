"""The figures of one symbol at one venue as the topic `stats` gives them: texts."""

from apps.trading.market_data.gateways.messages import Print
from kernel.microstructure import MarketWindow, number
from kernel.order_book import SCALE_DIGITS, Book

DEPTH_LEVELS = 100
DIGITS = 12


class LiveStatistics:
    """Feeds a window with what the venue says; numbers become floats here, for the kernel alone."""

    def __init__(self) -> None:
        self.window = MarketWindow()
        self._book: Book | None = None
        self.changed = False

    def trade(self, item: Print) -> None:
        """Take a trade in order."""
        self.window.trade(number(item.price), number(item.quantity), item.ts, is_sell=item.is_sell)
        self.changed = True

    def book(self, book: Book) -> None:
        """Take the book after an update."""
        bid, ask = book.bids.best(), book.asks.best()
        if bid is None or ask is None:
            return
        self._book = book
        self.window.best(_level(bid), _level(ask), book.ts)
        self.changed = True

    def texts(self) -> dict[str, str]:
        """Return the figures by name, each with at most 12 digits."""
        self.changed = False
        if self._book is not None:
            bids, asks = self._book.bids.top(DEPTH_LEVELS), self._book.asks.top(DEPTH_LEVELS)
            self.window.levels([_level(level) for level in bids], [_level(level) for level in asks])
        return {name: f"{value:.{DIGITS}g}" for name, value in self.window.values().items()}


def _level(level: tuple[int, int]) -> tuple[float, float]:
    scale = 10**SCALE_DIGITS
    return level[0] / scale, level[1] / scale
