"""The token bucket. One Lua script decides, so that any number of processes count exactly."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings

from apps.core.context import current_schema
from apps.platform.rate_limiting.choices import Limit, Priority, WhenDown
from apps.platform.rate_limiting.errors import LimitsUnavailable, RateReached

# State: micro-tokens left and the moment they were counted (server time, so that clocks of processes do not matter).
# A bucket refills evenly; the key dies when it would be full. All numbers are whole and below 2^53.
SCRIPT = """
local capacity, period, cost, floor = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local full = capacity * 1000000
local state = redis.call('HMGET', KEYS[1], 'left', 'at')
local left, at = tonumber(state[1] or full), tonumber(state[2] or now)
left = math.min(full, left + math.floor(math.max(0, now - at) * capacity / period))
local needed = (cost + floor) * 1000000
local taken = 0
local wait = 0
if left >= needed then
  left = math.min(full, left - cost * 1000000)
  taken = 1
else
  wait = math.ceil((needed - left) * period / capacity / 1000000)
end
redis.call('HSET', KEYS[1], 'left', string.format('%.0f', left), 'at', string.format('%.0f', now))
redis.call('EXPIRE', KEYS[1], period + 1)
return {taken, math.floor(left / 1000000), wait, math.ceil((full - left) * period / capacity / 1000000)}
"""

KEPT_BACK = {Priority.HIGH: 0, Priority.NORMAL: 10, Priority.LOW: 2}
"""Priority → the part of the bucket (one over this) it leaves to the more important; 0 leaves nothing."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a bucket said: the limit, tokens left, seconds until it is full."""

    limit: int
    remaining: int
    reset: int


def take(limit: Limit, subject: str, *, cost: int = 1, priority: Priority = Priority.HIGH) -> Taken | None:
    """Take `cost` tokens of a subject's bucket in this schema and return what is left.

    Raises RateReached with `retry_after` (seconds) when there are too few. While Redis does not answer, limits that
    refuse raise LimitsUnavailable (503) and limits that allow return None.
    """
    part = KEPT_BACK[priority]
    answer = _ask(limit, subject, cost, limit.capacity // part if part else 0)
    if answer is None:
        return None
    taken, remaining, wait, reset = answer
    if not taken:
        raise RateReached(retry_after=max(wait, 1), limit=limit.name, capacity=limit.capacity, reset=reset)
    return Taken(limit.capacity, remaining, reset)


def give_back(limit: Limit, subject: str, *, cost: int = 1) -> None:
    """Put tokens back that turned out not to be owed (a log-in that succeeded)."""
    _ask(limit, subject, -cost, 0)


def clear(limit: Limit, subject: str) -> None:
    """Make a subject's bucket full again (after a password reset)."""
    try:
        limits_client().delete(key_of(limit, subject))
    except (redis.RedisError, OSError):
        raise LimitsUnavailable(retry_after=1) from None


def key_of(limit: Limit, subject: str) -> str:
    """Return the Redis key: the schema keeps tenants apart, the hash keeps addresses out of Redis."""
    digest = hashlib.sha256(subject.encode()).hexdigest()[:32]
    return f"bucket:{current_schema()}:{limit.name}:{digest}"


def _ask(limit: Limit, subject: str, cost: int, floor: int) -> list[int] | None:
    script = _script_of(limits_client())
    try:
        answer = script(keys=[key_of(limit, subject)], args=[limit.capacity, limit.period, cost, floor])
    except (redis.RedisError, OSError):
        if limit.when_down is WhenDown.ALLOW:
            return None
        raise LimitsUnavailable(retry_after=1) from None
    return [int(value) for value in answer]


def limits_client() -> redis.Redis:
    """Return this process's client of the limits' database."""
    return _client_of(settings.REDIS_URL, settings.LIMITS_DB)


@lru_cache(maxsize=4)
def _client_of(url: str, db: int) -> redis.Redis:
    return redis.Redis.from_url(url, db=db, socket_timeout=2, socket_connect_timeout=1)


@lru_cache(maxsize=4)
def _script_of(client: redis.Redis) -> Any:
    return client.register_script(SCRIPT)
