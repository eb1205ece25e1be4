"""What other apps and faces may ask of market data."""

from apps.trading.market_data.gateways.quote_cache import Quote
from apps.trading.market_data.queries.adjusted import adjusted, get_adjustment, list_actions, load_adjusted_bars
from apps.trading.market_data.queries.candles import (
    BASE_INTERVAL,
    SeriesFacts,
    get_quote,
    get_series,
    latest_bars,
    list_intervals,
    list_quotes,
    list_series,
    list_subscriptions,
    load_bars,
)
from apps.trading.market_data.queries.feeds import FeedFacts, count_feed_processes, list_feeds
from apps.trading.market_data.queries.fees import VenueFee, list_taker_fees
from apps.trading.market_data.queries.gaps import Gap, calendar_of, closed_days, find_gaps, gaps_of, map_gaps
from apps.trading.market_data.queries.history import get_sync, list_abandoned_syncs, list_syncs
from apps.trading.market_data.queries.live import (
    BookView,
    ConsolidatedQuote,
    TradeView,
    VenueQuote,
    get_book,
    get_consolidated,
    get_statistics,
    is_market_stale,
    list_prints,
    list_venue_quotes,
)
from apps.trading.market_data.queries.pairs import list_arbitrage, list_arbitrage_history
from apps.trading.market_data.queries.quality import (
    QualitySummary,
    get_held,
    get_quality,
    list_held,
    list_qualities,
    summarise_quality,
)
from apps.trading.market_data.queries.ticks import BookSamples, Trades, load_book_samples, load_trades

__all__ = [
    "BASE_INTERVAL",
    "BookSamples",
    "BookView",
    "ConsolidatedQuote",
    "FeedFacts",
    "Gap",
    "QualitySummary",
    "Quote",
    "SeriesFacts",
    "TradeView",
    "Trades",
    "VenueFee",
    "VenueQuote",
    "adjusted",
    "calendar_of",
    "closed_days",
    "count_feed_processes",
    "find_gaps",
    "gaps_of",
    "get_adjustment",
    "get_book",
    "get_consolidated",
    "get_held",
    "get_quality",
    "get_quote",
    "get_series",
    "get_statistics",
    "get_sync",
    "is_market_stale",
    "latest_bars",
    "list_abandoned_syncs",
    "list_actions",
    "list_arbitrage",
    "list_arbitrage_history",
    "list_feeds",
    "list_held",
    "list_intervals",
    "list_prints",
    "list_qualities",
    "list_quotes",
    "list_series",
    "list_subscriptions",
    "list_syncs",
    "list_taker_fees",
    "list_venue_quotes",
    "load_adjusted_bars",
    "load_bars",
    "load_book_samples",
    "load_trades",
    "map_gaps",
    "summarise_quality",
]
