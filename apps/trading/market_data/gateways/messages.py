"""What a venue says, as the feed takes it: numbers are still the venue's texts."""

from dataclasses import dataclass

from kernel.order_book import Update


@dataclass(frozen=True, slots=True)
class Kline:
    """A candle as the venue tells it; `closed` only when the venue says that it is final."""

    symbol: str
    ts: int
    open: str
    high: str
    low: str
    close: str
    volume: str
    closed: bool


@dataclass(frozen=True, slots=True)
class BookTop:
    """Best bid and ask with their quantities."""

    symbol: str
    bid: str
    ask: str
    bid_size: str = "0"
    ask_size: str = "0"


@dataclass(frozen=True, slots=True)
class Day:
    """Last price, the price a day of market time ago, and the day's volume in base."""

    symbol: str
    last: str
    open: str
    volume: str = "0"


@dataclass(frozen=True, slots=True)
class Print:
    """A public trade; `ts` Unix ms of the market, `is_sell` when the taker sold."""

    symbol: str
    id: str
    price: str
    quantity: str
    ts: int
    is_sell: bool


@dataclass(frozen=True, slots=True)
class BookUpdate:
    """A snapshot or difference of a book."""

    symbol: str
    update: Update


Message = Kline | BookTop | Day | Print | BookUpdate
