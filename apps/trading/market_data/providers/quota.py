"""Counting what a provider is asked, by minute and by day (UTC), shared by all processes.

The counters lie in Redis. Emptied, they begin anew; the provider's own refusal then closes the minute or the day.
"""

from dataclasses import dataclass
from typing import Any

import redis

from apps.core.clock import now_ms
from apps.core.live.publishing import client
from apps.trading.market_data.providers.errors import ProviderFailed, ProviderQuotaSpent
from apps.trading.market_data.providers.port import Limits

SPANS = {"minute": 60, "day": 86_400}
TAKE = """
local minute = tonumber(redis.call('GET', KEYS[1]) or '0')
local day = tonumber(redis.call('GET', KEYS[2]) or '0')
local cost = tonumber(ARGV[1])
if day + cost > tonumber(ARGV[3]) then return 2 end
if minute + cost > tonumber(ARGV[2]) then return 1 end
redis.call('INCRBY', KEYS[1], cost) redis.call('EXPIRE', KEYS[1], 120)
redis.call('INCRBY', KEYS[2], cost) redis.call('EXPIRE', KEYS[2], 172800)
return 0
"""


@dataclass(frozen=True, slots=True)
class Quota:
    """What was used of what is allowed, and in how many seconds each begins anew."""

    provider: str
    minute_used: int
    minute_limit: int
    minute_left_s: int
    day_used: int
    day_limit: int
    day_left_s: int

    @property
    def percent(self) -> int:
        """The used part of the day in percent, rounded down."""
        return min(100, self.day_used * 100 // self.day_limit) if self.day_limit else 100


def take_credits(provider: str, limits: Limits, cost: int = 1) -> None:
    """Count a request before it is sent. Raises ProviderQuotaSpent, and ProviderFailed without Redis."""
    try:
        keys = [_key(provider, span) for span in SPANS]
        answer: Any = client().eval(TAKE, 2, *keys, cost, limits.per_minute, limits.per_day)
    except redis.RedisError:
        raise ProviderFailed(provider=provider, why="the counter of requests is not reached") from None
    if answer:
        span = ("minute", "day")[int(answer) - 1]
        most = limits.per_minute if span == "minute" else limits.per_day
        raise ProviderQuotaSpent(provider=provider, most=most, span=span, seconds=_left(span))


def close_span(provider: str, limits: Limits, span: str) -> None:
    """Take the provider at its word that a minute or day is used up, whatever was counted here."""
    most = limits.per_minute if span == "minute" else limits.per_day
    client().set(_key(provider, span), most, ex=SPANS[span] * 2)


def read_quota(provider: str, limits: Limits) -> Quota:
    """Return what was used; zeros without Redis."""
    try:
        found: Any = client().mget([_key(provider, span) for span in SPANS])
    except redis.RedisError:
        found = [None, None]
    minute, day = (int(value or 0) for value in found)
    return Quota(provider, minute, limits.per_minute, _left("minute"), day, limits.per_day, _left("day"))


def _key(provider: str, span: str) -> str:
    return f"public:provider:{provider}:{span}:{now_ms() // 1000 // SPANS[span]}"


def _left(span: str) -> int:
    return SPANS[span] - now_ms() // 1000 % SPANS[span]
