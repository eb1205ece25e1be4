"""Everything the feed knows of one symbol at one venue, in memory."""

from dataclasses import dataclass, field
from decimal import Decimal
from zlib import crc32

from apps.trading.market_data.feed.board import SymbolBoard
from apps.trading.market_data.feed.statistics import LiveStatistics
from apps.trading.market_data.feed.tape import Tape
from apps.trading.market_data.gateways.messages import BookTop, BookUpdate, Kline
from kernel.order_book import Book, BookBuilder, Outcome, Rule, unscaled

SHOWN_LEVELS = 20
Levels = list[tuple[str, str]]


@dataclass
class Line:
    """One symbol. `last_ts` is the newest stored candle, `forming` the candle as the stream said it last."""

    board: SymbolBoard
    last_ts: int | None
    rule: Rule | None = None
    forming: Kline | None = None
    heard_at: float = 0.0
    is_stale: bool = False
    hears_top: bool = False
    """Whether the venue has a stream of best prices; if not, they are the book's."""
    tape: Tape = field(default_factory=Tape)
    statistics: LiveStatistics = field(default_factory=LiveStatistics)
    book: BookBuilder | None = None
    shown_sequence: int = -1
    kept_figures: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.rule is not None:
            self.book = BookBuilder(self.rule)

    def take_book(self, message: BookUpdate) -> bool:
        """Take a book update; return whether a snapshot is needed. Broken levels make the book unusable."""
        if self.book is None:
            return False
        try:
            outcome = self.book.take(message.update)
        except ValueError:
            self.book.lose()
            return True
        if outcome is Outcome.APPLIED:
            self.statistics.book(self.book.book)
            if not self.hears_top:
                self._tell_top(message.symbol, self.book.book)
        return outcome in (Outcome.HOLE, Outcome.WAITING)

    def _tell_top(self, symbol: str, book: Book) -> None:
        bid, ask = book.bids.best(), book.asks.best()
        if bid is not None and ask is not None:
            texts = [f"{unscaled(number):f}" for number in (bid[0], ask[0], bid[1], ask[1])]
            self.board.book(BookTop(symbol, *texts))


def best_prices(book: Book) -> tuple[Decimal, Decimal] | None:
    """Return best bid and ask, or None while a side is empty."""
    bid, ask = book.bids.best(), book.asks.best()
    return None if bid is None or ask is None else (unscaled(bid[0]), unscaled(ask[0]))


def is_ours(symbol: str, part: int, parts: int) -> bool:
    """Return whether a symbol belongs to a part of the venue's symbols, the same in every process."""
    return crc32(symbol.encode()) % parts == part


def lease_name(venue: str, part: int, parts: int) -> str:
    """Return the name of the lease of a part of a venue's streams."""
    return f"market_data:{venue}" if parts == 1 else f"market_data:{venue}:{part}/{parts}"
