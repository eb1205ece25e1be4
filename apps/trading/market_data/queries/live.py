"""What the feeds know now: venues side by side, books, trades, statistics. Empty where nothing is known."""

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from apps.core.clock import from_ms, now
from apps.trading.market_data.choices import HOME_VENUE
from apps.trading.market_data.gateways import live_cache
from apps.trading.market_data.gateways.live_cache import VenueQuote, read_venue_quotes
from apps.trading.market_data.gateways.quote_cache import STALE_AFTER
from kernel.microstructure import Consolidated, consolidate

__all__ = [
    "BookView",
    "ConsolidatedQuote",
    "TradeView",
    "VenueQuote",
    "get_book",
    "get_consolidated",
    "get_statistics",
    "is_market_stale",
    "list_prints",
    "list_venue_quotes",
]
Level = tuple[Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class ConsolidatedQuote(Consolidated):
    """All fresh venues of a symbol as one, and since when."""

    symbol: str
    at: datetime


@dataclass(frozen=True, slots=True)
class BookView:
    """The best levels of a venue's book, best first; `sequence` is the venue's number of the state."""

    symbol: str
    venue: str
    bids: list[Level]
    asks: list[Level]
    sequence: int
    at: datetime

    @property
    def is_stale(self) -> bool:
        """Whether the feed has said nothing of the book for 15 s."""
        return now() - self.at > STALE_AFTER


@dataclass(frozen=True, slots=True)
class TradeView:
    """A public trade; `ts` Unix ms of the market, `is_sell` when the taker sold."""

    id: str
    price: Decimal
    quantity: Decimal
    ts: int
    is_sell: bool


def list_venue_quotes(symbol: str) -> list[VenueQuote]:
    """Return the newest best prices of every venue that a feed follows, by name of the venue; stale ones included."""
    return read_venue_quotes(symbol)


def get_consolidated(symbol: str) -> ConsolidatedQuote | None:
    """Return all fresh venues as one market, or None without any."""
    fresh = [quote for quote in read_venue_quotes(symbol) if not quote.is_stale]
    whole = consolidate([quote.top for quote in fresh])
    if whole is None:
        return None
    return ConsolidatedQuote(**asdict(whole), symbol=symbol, at=min(quote.at for quote in fresh))


def get_book(symbol: str, venue: str = HOME_VENUE) -> BookView | None:
    """Return the best 20 levels of each side, or None when the feed has said nothing for five minutes."""
    data = live_cache.read(live_cache.book_key(symbol, venue))
    if data is None:
        return None
    bids, asks = ([(Decimal(price), Decimal(size)) for price, size in data[side]] for side in ("bids", "asks"))
    return BookView(symbol, venue, bids, asks, int(data["sequence"]), from_ms(int(data["at"])))


def list_prints(symbol: str, limit: int = 30, venue: str = HOME_VENUE) -> list[TradeView]:
    """Return the newest trades (at most 30), newest first."""
    data = live_cache.read(live_cache.trades_key(symbol, venue)) or {"prints": []}
    newest = data["prints"][-limit:] if limit > 0 else []
    return [
        TradeView(row["id"], Decimal(row["p"]), Decimal(row["q"]), int(row["ts"]), row["side"] == "sell")
        for row in reversed(newest)
    ]


def get_statistics(symbol: str) -> dict[str, str] | None:
    """Return the derived figures as the topic `stats.<SYMBOL>` carries them, or None."""
    return live_cache.read(live_cache.statistics_key(symbol))


def is_market_stale(symbol: str) -> bool:
    """Return whether the feed of a symbol stalled or fell silent: do not open risk on its prices.

    False where no feed ever followed the symbol.
    """
    data: dict[str, Any] | None = live_cache.read(live_cache.state_key(symbol))
    if data is None:
        return False
    return data["state"] != "live" or now() - from_ms(int(data["at"])) > STALE_AFTER
