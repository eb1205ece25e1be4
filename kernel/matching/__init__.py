"""Order matching in integers: price-time priority books of ticks and lots."""

from kernel.matching.order_book import Fill, MatchResult, OrderBook, Side, TimeInForce

__all__ = ["Fill", "MatchResult", "OrderBook", "Side", "TimeInForce"]
