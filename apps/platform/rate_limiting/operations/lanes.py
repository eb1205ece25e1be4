"""Lanes: exact budgets of a foreign party, such as the request weight an exchange allows one address in a minute.

A token bucket that is full lets nearly twice its size through in one fixed window, which an exchange answers with a
ban. A lane therefore counts what was taken in small slices of time and never lets more than the limit through in *any*
stretch of one window plus `slack_ms` (the time a request may be under way). One Lua script decides for any number of
processes, with the server's clock. A lane can be corrected by what the other side reports, and frozen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import redis
import redis.asyncio

from apps.platform.rate_limiting.errors import LimitsUnavailable
from apps.platform.rate_limiting.operations.buckets import limits_client

TAKE = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
local rank, mark = tonumber(ARGV[1]), tonumber(ARGV[2])
local wait, reason, shown, blocked = 0, 0, {0, 0}, {}
for place, key in ipairs(KEYS) do
  local base = 2 + (place - 1) * 5
  local limit, slice, horizon = tonumber(ARGV[base + 1]), tonumber(ARGV[base + 2]), tonumber(ARGV[base + 3])
  local cost, floor = tonumber(ARGV[base + 4]), tonumber(ARGV[base + 5])
  local flat = redis.call('HGETALL', key)
  local used, oldest, counts, marks = 0, math.floor((now - horizon) / slice), {}, {}
  local frozen = 0
  for at = 1, #flat, 2 do
    local name, value = flat[at], tonumber(flat[at + 1])
    local index = tonumber(name)
    if index then
      if index < oldest then redis.call('HDEL', key, name)
      else used = used + value; counts[#counts + 1] = {index, value} end
    elseif name == 'frozen' then frozen = value
    elseif name == 'limit' then limit = value
    else marks[name] = value end
  end
  if place == 1 then shown = {used, limit} end
  if frozen > now then
    blocked[place] = true
    if frozen - now > wait then wait, reason = frozen - now, 2 end
  end
  for above = 0, rank - 1 do
    local stands = marks['wait' .. above]
    if stands and stands > now then
      blocked[place] = true
      if wait < 20 then wait, reason = 20, 3 end
    end
  end
  local room = limit - math.ceil(limit * floor / 100)
  if limit > 0 and used + cost > room then
    blocked[place] = true
    local missing, until_free = used + cost - room, horizon
    table.sort(counts, function(left, right) return left[1] < right[1] end)
    for _, entry in ipairs(counts) do
      missing = missing - entry[2]
      if missing <= 0 then until_free = (entry[1] + 1) * slice + horizon - now; break end
    end
    if until_free > wait then wait, reason = until_free, 1 end
  end
end
for place, key in ipairs(KEYS) do
  local base = 2 + (place - 1) * 5
  local slice, horizon = tonumber(ARGV[base + 2]), tonumber(ARGV[base + 3])
  if wait == 0 then
    redis.call('HINCRBY', key, string.format('%.0f', math.floor(now / slice)), ARGV[base + 4])
    redis.call('HDEL', key, 'wait' .. rank)
  elseif mark > 0 and blocked[place] then
    redis.call('HSET', key, 'wait' .. rank, string.format('%.0f', now + mark))
  end
  if redis.call('PTTL', key) < horizon * 2 then redis.call('PEXPIRE', key, horizon * 3) end
end
return {wait == 0 and 1 or 0, wait, reason, shown[1], shown[2], string.format('%.0f', now)}
"""

CORRECT = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
local used, sent, window, slice = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local freeze, limit, keep = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local added = 0
if used >= 0 and math.floor(sent / window) == math.floor(now / window) then
  local first, ours = math.floor(math.floor(now / window) * window / slice), 0
  local flat = redis.call('HGETALL', KEYS[1])
  for at = 1, #flat, 2 do
    local index = tonumber(flat[at])
    if index and index >= first then ours = ours + tonumber(flat[at + 1]) end
  end
  if used > ours then
    added = used - ours
    redis.call('HINCRBY', KEYS[1], string.format('%.0f', math.floor(now / slice)), added)
  end
end
if freeze > 0 then
  local present = tonumber(redis.call('HGET', KEYS[1], 'frozen') or '0')
  if now + freeze > present then redis.call('HSET', KEYS[1], 'frozen', string.format('%.0f', now + freeze)) end
  keep = math.max(keep, freeze + 1000)
end
if limit > 0 then redis.call('HSET', KEYS[1], 'limit', limit) end
if redis.call('PTTL', KEYS[1]) < keep then redis.call('PEXPIRE', KEYS[1], keep) end
return added
"""
REASONS = {0: "", 1: "spent", 2: "frozen", 3: "queue"}
WAIT_MARK_MS = 400
"""How long a caller that waits holds its place before less important ones; it asks again more often than that."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One budget: `limit` units in `window_ms`; 0 means unlimited until the other side publishes a limit."""

    name: str
    limit: int
    window_ms: int

    @property
    def key(self) -> str:
        """The Redis key. Lanes are facts of the installation, shared by all tenants."""
        return f"lane:{self.name}"

    @property
    def slice_ms(self) -> int:
        """The grain of counting; slices begin at whole windows."""
        return max(self.window_ms // (60 if self.window_ms >= 60_000 else 20), 1)

    @property
    def slack_ms(self) -> int:
        """How long a request may be under way without leaving the guarantee."""
        return min(2_000, self.window_ms // 10)


@dataclass(frozen=True, slots=True)
class LaneAnswer:
    """What the lanes said: granted or how long to wait and why ("spent", "frozen", "queue"); figures of the first."""

    granted: bool
    wait_ms: int
    reason: str
    used: int
    limit: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class LaneState:
    """How full a lane is now."""

    used: int
    limit: int
    frozen_ms: int


def take_lanes(charges: Sequence[tuple[Lane, int]], *, rank: int, kept_back: int, mark: bool = False) -> LaneAnswer:
    """Take from all lanes or from none.

    `rank` 0 is the most important; `kept_back` is the per cent of each lane left to more important callers. With `mark`
    a refused caller holds its place before less important ones for a moment. Raises LimitsUnavailable.
    """
    keys, arguments = _arguments(charges, rank, kept_back, mark)
    try:
        return _answer(_scripts(limits_client())[0](keys=keys, args=arguments))
    except (redis.RedisError, OSError):
        raise LimitsUnavailable(retry_after=1) from None


async def take_lanes_async(
    client: redis.asyncio.Redis, charges: Sequence[tuple[Lane, int]], *, rank: int, kept_back: int, mark: bool = False
) -> LaneAnswer:
    """Do as `take_lanes`, from a coroutine that holds its own client."""
    keys, arguments = _arguments(charges, rank, kept_back, mark)
    try:
        return _answer(await client.register_script(TAKE)(keys=keys, args=arguments))
    except (redis.RedisError, OSError):
        raise LimitsUnavailable(retry_after=1) from None


def correct_lane(
    lane: Lane, *, used: int | None = None, sent_at_ms: int = 0, freeze_ms: int = 0, published: int = 0
) -> int:
    """Take over what the other side reports; return by how much our count was too low.

    `used`: its count in the present fixed window, as answered to a request granted at `sent_at_ms`; a report that
    crossed the edge of a window changes nothing. `freeze_ms`: nothing passes for so long. `published`: its limit.
    Raises LimitsUnavailable.
    """
    counted = -1 if used is None else used
    keep = lane.window_ms * 3 if not published else 86_400_000
    arguments = [counted, sent_at_ms, lane.window_ms, lane.slice_ms, freeze_ms, published, keep]
    try:
        return int(_scripts(limits_client())[1](keys=[lane.key], args=arguments))
    except (redis.RedisError, OSError):
        raise LimitsUnavailable(retry_after=1) from None


def read_lane(lane: Lane) -> LaneState:
    """Return how full a lane is. Raises LimitsUnavailable."""
    client = limits_client()
    try:
        clock: Any = client.time()
        found: Any = client.hgetall(lane.key)
    except (redis.RedisError, OSError):
        raise LimitsUnavailable(retry_after=1) from None
    now = clock[0] * 1_000 + clock[1] // 1_000
    fields = {name.decode(): int(value) for name, value in found.items()}
    oldest = (now - lane.window_ms) // lane.slice_ms
    used = sum(value for name, value in fields.items() if name.isdigit() and int(name) > oldest)
    return LaneState(used, fields.get("limit", lane.limit), max(fields.get("frozen", 0) - now, 0))


def _arguments(
    charges: Sequence[tuple[Lane, int]], rank: int, kept_back: int, mark: bool
) -> tuple[list[str], list[int]]:
    arguments = [rank, WAIT_MARK_MS if mark else 0]
    for lane, cost in charges:
        arguments += [lane.limit, lane.slice_ms, lane.window_ms + lane.slack_ms, cost, kept_back]
    return [lane.key for lane, _ in charges], arguments


def _answer(found: Any) -> LaneAnswer:
    granted, wait, reason, used, limit, at = (int(value) for value in found)
    return LaneAnswer(bool(granted), wait, REASONS[reason], used, limit, at)


@lru_cache(maxsize=4)
def _scripts(client: redis.Redis) -> tuple[Any, Any]:
    return client.register_script(TAKE), client.register_script(CORRECT)
