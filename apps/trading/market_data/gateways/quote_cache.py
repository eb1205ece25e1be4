"""The newest quote of each symbol, in Redis. Nothing but a cache: it may be empty at any time."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import redis

from apps.core.clock import from_ms, now
from apps.core.live.publishing import client

EXPIRY_SECONDS = 60
STALE_AFTER = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Quote:
    """Best bid and ask, last trade, change over 24 h of market time in percent; `at` is the wall time of the feed."""

    symbol: str
    bid: Decimal
    ask: Decimal
    last: Decimal
    change_percent: Decimal | None
    at: datetime

    @property
    def is_stale(self) -> bool:
        """Whether the feed has said nothing for 15 s: do not open risk on it."""
        return now() - self.at > STALE_AFTER


def key_of(symbol: str) -> str:
    """Return the key of a symbol's quote."""
    return f"public:quote:{symbol}"


def read_quote(symbol: str) -> Quote | None:
    """Return the quote of a symbol, or None."""
    return next(iter(read_quotes([symbol])), None)


def read_quotes(symbols: Sequence[str]) -> list[Quote]:
    """Return the quotes there are. Redis being away means that there are none."""
    if not symbols:
        return []
    try:
        found: Any = client().mget([key_of(symbol) for symbol in symbols])
    except redis.RedisError:
        return []
    return [_quote(symbol, text) for symbol, text in zip(symbols, found, strict=True) if text is not None]


def to_text(data: dict[str, str]) -> str:
    """Return the text under which the feed keeps a quote (the same fields as on the topic)."""
    return json.dumps(data, separators=(",", ":"))


def _quote(symbol: str, text: bytes) -> Quote:
    data = json.loads(text)
    change = data.get("change_percent")
    return Quote(
        symbol=symbol,
        bid=Decimal(data["bid"]),
        ask=Decimal(data["ask"]),
        last=Decimal(data["last"]),
        change_percent=None if change is None else Decimal(change),
        at=from_ms(int(data["at"])),
    )
