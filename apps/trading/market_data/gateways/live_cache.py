"""What the feed knows now, in Redis, for readers of all processes. Nothing but a cache: it may be empty at any time."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import redis
import redis.asyncio

from apps.core.clock import from_ms, now
from apps.core.live.publishing import client
from apps.trading.market_data.gateways.quote_cache import STALE_AFTER
from kernel.microstructure import VenueTop, consolidate

EXPIRY_SECONDS = 300


@dataclass(frozen=True, slots=True)
class VenueQuote:
    """Best prices of one venue; sizes and the day's volume in base; `at` is the wall time of the feed."""

    venue: str
    symbol: str
    bid: Decimal
    ask: Decimal
    bid_size: Decimal
    ask_size: Decimal
    last: Decimal
    volume: Decimal
    at: datetime

    @property
    def is_stale(self) -> bool:
        """Whether the venue's feed has said nothing for 15 s."""
        return now() - self.at > STALE_AFTER

    @property
    def top(self) -> VenueTop:
        """The quote as the kernel takes it."""
        return VenueTop(self.venue, self.bid, self.ask, self.bid_size, self.ask_size, self.volume)


def venue_quotes_key(symbol: str) -> str:
    """Return the key of the hash venue → quote."""
    return f"public:venue_quotes:{symbol}"


def book_key(symbol: str, venue: str) -> str:
    """Return the key of a venue's best levels."""
    return f"public:book:{symbol}:{venue}"


def trades_key(symbol: str, venue: str) -> str:
    """Return the key of a venue's newest trades."""
    return f"public:trades:{symbol}:{venue}"


def statistics_key(symbol: str) -> str:
    """Return the key of a symbol's statistics."""
    return f"public:stats:{symbol}"


def state_key(symbol: str) -> str:
    """Return the key that says whether prices can be relied on; it does not expire, so silence is noticed for ever."""
    return f"public:market_state:{symbol}"


def read(key: str) -> dict[str, Any] | None:
    """Return what the feed put under a key, or None; Redis being away means None."""
    try:
        found: Any = client().get(key)
    except redis.RedisError:
        return None
    return None if found is None else dict(json.loads(found))


def read_venue_quotes(symbol: str) -> list[VenueQuote]:
    """Return the venues' quotes of a symbol by name of the venue."""
    try:
        found: Any = client().hgetall(venue_quotes_key(symbol))
    except redis.RedisError:
        return []
    return _quotes(symbol, found)


async def put_venue_quote(redis_client: "redis.asyncio.Redis", symbol: str, venue: str, data: dict[str, str]) -> None:
    """Keep a venue's quote."""
    pipeline = redis_client.pipeline(transaction=False)
    pipeline.hset(venue_quotes_key(symbol), venue, json.dumps(data, separators=(",", ":")))
    pipeline.expire(venue_quotes_key(symbol), EXPIRY_SECONDS)
    await pipeline.execute()


async def consolidated_texts(redis_client: "redis.asyncio.Redis", symbol: str) -> dict[str, str]:
    """Return the best prices over all fresh venues and the index as the topic `stats` carries them."""
    found: Any = await redis_client.hgetall(venue_quotes_key(symbol))
    whole = consolidate([quote.top for quote in _quotes(symbol, found) if not quote.is_stale])
    if whole is None:
        return {}
    return {
        "best_bid": f"{whole.bid:f}",
        "best_bid_venue": whole.bid_venue,
        "best_ask": f"{whole.ask:f}",
        "best_ask_venue": whole.ask_venue,
        "index": f"{whole.index:f}",
        "venues": str(whole.venues),
    }


def _quotes(symbol: str, found: dict[bytes, bytes]) -> list[VenueQuote]:
    quotes = []
    for venue, text in sorted(found.items()):
        data = json.loads(text)
        numbers = {name: Decimal(data[name]) for name in ("bid", "ask", "bid_size", "ask_size", "last", "volume")}
        quotes.append(VenueQuote(venue=venue.decode(), symbol=symbol, at=from_ms(int(data["at"])), **numbers))
    return quotes
