"""What every process sees of an exchange, added up in Valkey: answers, failures, latency, clock, lag, and the breaker.

Counters live by the minute for two hours; the state that pages show is written to rows by the watch (`watching.py`).
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import redis

from apps.core.clock import now_ms
from apps.platform.rate_limiting.operations import limits_client
from apps.trading.exchanges.choices import BreakerState, CallKind, Observed
from apps.trading.exchanges.errors import CircuitOpen

FAILURES_TO_OPEN = 8
FIRST_PAUSE_MS, LONGEST_PAUSE_MS = 1_000, 30_000
PROBE_MS = 10_000
"""A probe that was let through and never reported makes room for another after this."""
KEPT_S = 7_200
BOUNDS_MS = (25, 50, 100, 200, 400, 800, 1_600, 3_200, 6_400)
"""Upper edges of the latency histogram."""
CLOCK_SAMPLES, CLOCK_KEPT_MS, CLOCK_NOISE_MS = 30, 600_000, 5

# One round trip: decide whether a request may pass. Fields: fails (in a row), until (ms), pause (ms), probe (ms).
ADMIT = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
local state = redis.call('HMGET', KEYS[1], 'until', 'probe')
local opened, probe = tonumber(state[1] or '0'), tonumber(state[2] or '0')
if opened == 0 then return {0, 0} end
if opened > now then return {1, opened - now} end
if probe > now then return {2, probe - now} end
redis.call('HSET', KEYS[1], 'probe', string.format('%.0f', now + tonumber(ARGV[1])))
return {0, 0}
"""
REPORT = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
if ARGV[1] == '1' then
  redis.call('HDEL', KEYS[1], 'fails', 'until', 'probe', 'pause')
else
  local fails = redis.call('HINCRBY', KEYS[1], 'fails', 1)
  local opened = tonumber(redis.call('HGET', KEYS[1], 'until') or '0')
  if (opened == 0 and fails >= tonumber(ARGV[2])) or (opened > 0 and opened <= now) then
    local pause = tonumber(redis.call('HGET', KEYS[1], 'pause') or '0')
    pause = math.min(math.max(pause * 2, tonumber(ARGV[3])), tonumber(ARGV[4]))
    redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now + pause), 'pause', pause)
    redis.call('HDEL', KEYS[1], 'probe')
  end
  redis.call('PEXPIRE', KEYS[1], 600000)
end
redis.call('SADD', KEYS[3], ARGV[7])
redis.call('EXPIRE', KEYS[3], ARGV[6])
redis.call('HINCRBY', KEYS[2], ARGV[5], 1)
redis.call('HINCRBY', KEYS[2], ARGV[1] == '1' and 'ok' or 'failed', 1)
redis.call('HSET', KEYS[2], 'seen', string.format('%.0f', now))
redis.call('EXPIRE', KEYS[2], ARGV[6])
return 0
"""


@dataclass(frozen=True, slots=True)
class Breaker:
    """Whether requests to a host pass, and for how long not."""

    state: BreakerState
    wait_ms: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one kind in some minutes: counts, latency at the 50th and 95th per cent (None: nothing)."""

    ok: int = 0
    failed: int = 0
    p50_ms: int | None = None
    p95_ms: int | None = None
    seen_ms: int | None = None
    """When it was last seen (Unix ms)."""

    @property
    def total(self) -> int:
        """How many observations."""
        return self.ok + self.failed

    @property
    def error_percent(self) -> int:
        """Failures in whole per cent."""
        return self.failed * 100 // self.total if self.total else 0


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """The venue's clock minus ours, from the sample with the shortest round trip of the last ten minutes."""

    offset_ms: int
    trip_ms: int
    at_ms: int


def record_observation(
    venue: str, kind: Observed, *, ok: bool, latency_ms: int = 0, host: str = "main", minute: int | None = None
) -> None:
    """Add one observation: an answer of a request (with its latency), or a message of a stream (with its age).

    Failures are what the exchange or the way to it did wrong, never a refusal of what we asked. Never raises.
    """
    bucket = f"le{_bound(latency_ms)}" if ok else "none"
    name = host if kind is Observed.REST else f"stream:{host}"
    keys = [
        _breaker_key(venue, name),
        _minute_key(venue, kind, _minute() if minute is None else minute),
        _hosts_key(venue),
    ]
    arguments = ["1" if ok else "0", FAILURES_TO_OPEN, FIRST_PAUSE_MS, LONGEST_PAUSE_MS, bucket, KEPT_S, name]
    try:
        _scripts(limits_client())[1](keys=keys, args=arguments)
    except (redis.RedisError, OSError):
        return


def admit(venue: str, *, host: str = "main", priority: CallKind = CallKind.DATA) -> None:
    """Raise CircuitOpen while requests to a host of a venue pause; after the pause one caller passes as the probe.

    Taking an order back is always let through. Passes while the counters do not answer.
    """
    if priority is CallKind.CANCEL:
        return
    try:
        state, wait = _scripts(limits_client())[0](keys=[_breaker_key(venue, host)], args=[PROBE_MS])
    except (redis.RedisError, OSError):
        return
    if int(state):
        raise CircuitOpen(venue=venue, seconds=-(-int(wait) // 1_000), retry_after_ms=int(wait))


def read_breaker(venue: str, *, host: str = "main") -> Breaker:
    """Return the breaker of a host without passing it."""
    client = limits_client()
    try:
        found: Any = client.hmget(_breaker_key(venue, host), "until")
        clock: Any = client.time()
    except (redis.RedisError, OSError):
        return Breaker(BreakerState.CLOSED)
    until = int(found[0] or 0)
    if not until:
        return Breaker(BreakerState.CLOSED)
    left = until - (clock[0] * 1_000 + clock[1] // 1_000)
    return Breaker(BreakerState.OPEN, left) if left > 0 else Breaker(BreakerState.HALF_OPEN)


def list_breakers(venue: str) -> dict[str, Breaker]:
    """Return the breakers of all hosts of a venue that were seen in the last two hours."""
    try:
        hosts: Any = limits_client().smembers(_hosts_key(venue))
    except (redis.RedisError, OSError):
        return {}
    return {host.decode(): read_breaker(venue, host=host.decode()) for host in sorted(hosts)}


def record_clock(venue: str, *, offset_ms: int, trip_ms: int) -> None:
    """Add a sample of a venue's clock: its time minus ours at the middle of a round trip. Never raises.

    A sample that the older ones cannot explain means that a clock was moved: the older ones are forgotten.
    """
    client, key = limits_client(), f"venue-clock:{venue}"
    sample = json.dumps([trip_ms, offset_ms, now_ms()])
    known = read_clock(venue)
    try:
        if known is not None and abs(known.offset_ms - offset_ms) > (known.trip_ms + trip_ms) // 2 + CLOCK_NOISE_MS:
            client.delete(key)
        client.lpush(key, sample)
        client.ltrim(key, 0, CLOCK_SAMPLES - 1)
        client.expire(key, KEPT_S)
    except (redis.RedisError, OSError):
        return


def read_clock(venue: str) -> ClockOffset | None:
    """Return the best estimate of a venue's clock, or None when nothing was measured in the last ten minutes."""
    try:
        found: Any = limits_client().lrange(f"venue-clock:{venue}", 0, -1)
    except (redis.RedisError, OSError):
        return None
    samples = [tuple(json.loads(text)) for text in found]
    fresh = [sample for sample in samples if sample[2] > now_ms() - CLOCK_KEPT_MS]
    if not fresh:
        return None
    trip, offset, at = min(fresh, key=lambda sample: (sample[0], -sample[2]))
    return ClockOffset(offset, trip, at)


def read_seen(venue: str, kind: Observed, *, minutes: int = 5) -> Seen:
    """Return what all processes saw of a venue in the last minutes (the present one included)."""
    present = _minute()
    pipe = limits_client().pipeline()
    for minute in range(present - minutes + 1, present + 1):
        pipe.hgetall(_minute_key(venue, kind, minute))
    try:
        rows: Any = pipe.execute()
    except (redis.RedisError, OSError):
        return Seen()
    total: dict[str, int] = {}
    seen = 0
    for row in rows:
        for name, value in row.items():
            if name == b"seen":
                seen = max(seen, int(value))
            else:
                total[name.decode()] = total.get(name.decode(), 0) + int(value)
    counts = [(bound, total.get(f"le{bound}", 0)) for bound in (*BOUNDS_MS, 0)]
    return Seen(
        total.get("ok", 0), total.get("failed", 0), _quantile(counts, 50), _quantile(counts, 95), seen or None
    )  # fmt: skip


def _quantile(counts: list[tuple[int, int]], percent: int) -> int | None:
    total = sum(count for _, count in counts)
    if not total:
        return None
    running = 0
    for bound, count in counts:
        running += count
        if running * 100 >= total * percent:
            return bound or BOUNDS_MS[-1] * 2
    return None


def _bound(latency_ms: int) -> int:
    return next((bound for bound in BOUNDS_MS if latency_ms <= bound), 0)


def _minute() -> int:
    return now_ms() // 60_000


def _breaker_key(venue: str, host: str) -> str:
    return f"venue-breaker:{venue}:{host}"


def _hosts_key(venue: str) -> str:
    return f"venue-hosts:{venue}"


def _minute_key(venue: str, kind: Observed, minute: int) -> str:
    return f"venue-seen:{venue}:{kind.value}:{minute}"


@lru_cache(maxsize=4)
def _scripts(client: redis.Redis) -> tuple[Any, Any]:
    return client.register_script(ADMIT), client.register_script(REPORT)
