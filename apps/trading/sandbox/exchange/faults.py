"""Faults injected on purpose, per key or for everybody. They concern the wire only, so they are not journalled.

A rule waits for matching requests (REST or WS-API) or frames of user streams. The WS-API's requests have the method
`WS` and their own name as path (`order.place`); frames have their event type as path (`executionReport`). Frames of
market streams have the method `MARKET` and the stream as path (`btcusdt@trade`); only rules that name it meet them.
"""

from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum


class FaultKind(Enum):
    """What goes wrong."""

    DELAY = "delay_ms"  # the request reaches the exchange `delay_ms` late (its recvWindow may have passed)
    LATE_ANSWER = "late_answer"  # processed at once, answered `delay_ms` later
    ACCEPT_THEN_TIMEOUT = "accept_then_timeout"  # processed, never answered; the connection closes after `delay_ms`
    DROP = "drop"  # not processed, the connection closes at once
    DUPLICATE = "duplicate"  # processed twice, as by a client that tries again; the second answer is sent
    ERROR_5XX = "error_5xx"  # not processed, HTTP 503
    HTTP_429 = "http_429"  # not processed, HTTP 429 with Retry-After
    PARTIAL_FILL = "partial_fill"  # synthetic orders offer only `percent` of the order; more when the market moves
    CLOCK_SKEW = "clock_skew"  # the server's clock is `skew_ms` ahead (negative: behind), until cleared
    MAINTENANCE = "maintenance"  # system status 1 and HTTP 503 for all else, until cleared
    FRAME_DROP = "frame_drop"  # a frame of a user stream is not sent
    FRAME_DUPLICATE = "frame_duplicate"  # a frame is sent twice
    FRAME_REORDER = "frame_reorder"  # a frame is sent after the next one of the same stream
    FRAME_DELAY = "frame_delay"  # a frame is sent `delay_ms` late, those behind it wait too
    FRAME_CUT = "frame_cut"  # the socket of a market stream is cut instead of the frame


STANDING = frozenset({FaultKind.CLOCK_SKEW, FaultKind.MAINTENANCE})
"""Kinds that act until they are cleared instead of `count` times."""
FRAMES = frozenset(
    {
        FaultKind.FRAME_DROP,
        FaultKind.FRAME_DUPLICATE,
        FaultKind.FRAME_REORDER,
        FaultKind.FRAME_DELAY,
        FaultKind.FRAME_CUT,
    }
)
"""Kinds for frames of streams."""
STATUS_PATH = "/sapi/v1/system/status"
WS_METHOD, FRAME_METHOD, MARKET_METHOD = "WS", "FRAME", "MARKET"
_PLACING = frozenset({("POST", "/api/v3/order"), (WS_METHOD, "order.place")})

skew_ms: ContextVar[int] = ContextVar("skew_ms", default=0)
"""What the request being answered sees the server's clock off by."""


@dataclass
class Fault:
    """One rule; empty filters match everything. Of the matching requests each `every`-th suffers, `count` in all."""

    kind: FaultKind
    count: int = 1  # 0: until cleared
    delay_ms: int = 0
    skew_ms: int = 0
    percent: int = 0
    every: int = 1
    api_key: str = ""
    method: str = ""
    path: str = ""
    id: int = 0
    seen: int = 0
    hits: int = 0

    def matches(self, api_key: str, method: str, path: str) -> bool:
        """Whether the rule is for this request or frame."""
        if (method in (FRAME_METHOD, MARKET_METHOD)) != (self.kind in FRAMES):
            return False
        if (method == MARKET_METHOD) != (self.method == MARKET_METHOD):
            return False
        if self.kind is FaultKind.PARTIAL_FILL and (method, path) not in _PLACING:
            return False
        wanted = ((self.api_key, api_key), (self.method, method), (self.path, path))
        return all(not rule or rule == value for rule, value in wanted)

    def strike(self) -> bool:
        """Count a match; whether this one suffers."""
        self.seen += 1
        struck = self.seen % self.every == 0
        self.hits += struck
        return struck


@dataclass
class FaultBox:
    """Active rules in the order they were added; of those that match, the first whose turn it is acts."""

    rules: list[Fault] = field(default_factory=list)
    last_id: int = 0

    def add(self, fault: Fault) -> Fault:
        """Activate a rule."""
        self.last_id += 1
        fault.id = self.last_id
        self.rules.append(fault)
        return fault

    def clear(self, api_key: str = "") -> None:
        """Deactivate all rules, or those of one key."""
        self.rules[:] = [rule for rule in self.rules if api_key and rule.api_key != api_key]

    def remove(self, fault_id: int) -> bool:
        """Deactivate one rule; False when there is none."""
        kept = [rule for rule in self.rules if rule.id != fault_id]
        found = len(kept) < len(self.rules)
        self.rules[:] = kept
        return found

    def take(self, api_key: str, method: str, path: str) -> Fault | None:
        """The fault this request or frame suffers, if any."""
        for rule in self.rules:
            if rule.kind is FaultKind.CLOCK_SKEW or not rule.matches(api_key, method, path) or not rule.strike():
                continue
            if rule.count and rule.hits >= rule.count:
                self.rules.remove(rule)
            return rule
        return None

    def skew(self, api_key: str, method: str, path: str) -> int:
        """Milliseconds by which the server's clock is ahead for this request."""
        skews = [rule for rule in self.rules if rule.kind is FaultKind.CLOCK_SKEW]
        return sum(rule.skew_ms for rule in skews if rule.matches(api_key, method, path) and rule.strike())

    @property
    def in_maintenance(self) -> bool:
        """Whether the whole exchange is under maintenance."""
        return any(rule.kind is FaultKind.MAINTENANCE and not rule.api_key for rule in self.rules)
