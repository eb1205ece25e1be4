"""Reading stored trades and book samples into arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from apps.trading.market_data import packing
from apps.trading.market_data.choices import TickKind
from apps.trading.market_data.models import TickPart

HOUR_MS = 3_600_000
Column = NDArray[np.int64]
COLUMNS = {
    TickKind.TRADES: packing.TRADE_COLUMNS,
    TickKind.BOOK: packing.BOOK_COLUMNS,
    TickKind.PAIRS: packing.PAIR_COLUMNS,
}


@dataclass(frozen=True, slots=True)
class Trades:
    """Trades, oldest first: Unix ms, ticks, 10^-8 base, 1 where the taker sold, the venue's number."""

    ts: Column
    price: Column
    quantity: Column
    is_sell: Column
    number: Column

    def __len__(self) -> int:
        return len(self.ts)


@dataclass(frozen=True, slots=True)
class BookSamples:
    """Samples of a book, oldest first: Unix ms, ticks, 10^-8 base; depth is what stands within 1 % of the middle."""

    ts: Column
    bid: Column
    bid_size: Column
    ask: Column
    ask_size: Column
    bid_depth: Column
    ask_depth: Column

    def __len__(self) -> int:
        return len(self.ts)


def load_trades(venue: str, symbol: str, start_ms: int, end_ms: int) -> Trades:
    """Return the stored trades of [start_ms, end_ms), each once."""
    table = load_table(venue, symbol, TickKind.TRADES, start_ms, end_ms)
    table = table[:, np.lexsort((table[4], table[0]))]
    return Trades(*table)


def load_book_samples(venue: str, symbol: str, start_ms: int, end_ms: int) -> BookSamples:
    """Return the stored samples of [start_ms, end_ms)."""
    table = load_table(venue, symbol, TickKind.BOOK, start_ms, end_ms)
    return BookSamples(*table[:, np.argsort(table[0], kind="stable")])


def load_table(venue: str, symbol: str, kind: TickKind, start_ms: int, end_ms: int) -> Column:
    """Return the columns of a kind (COLUMNS) as one table, in the order they came."""
    first = start_ms // HOUR_MS * HOUR_MS
    found = TickPart.objects.filter(venue=venue, symbol=symbol, kind=kind, hour_ts__gte=first, hour_ts__lt=end_ms)
    payloads = [bytes(payload) for payload in found.order_by("hour_ts", "part").values_list("payload", flat=True)]
    table = packing.join_columns(payloads, columns_of(kind))
    return table[:, (table[0] >= start_ms) & (table[0] < end_ms)]


def columns_of(kind: TickKind) -> int:
    """Return how many columns a kind has."""
    return len(COLUMNS[kind])
