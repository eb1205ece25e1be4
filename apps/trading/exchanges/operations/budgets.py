"""The request budget of an exchange, shared by every process that speaks to it from one egress address.

Taking orders back goes before asking, asking before sending, sending before market data: each kind leaves part of the
budget to the more important ones, and who waits holds the place before the less important. An answer corrects the count
(used weight), and a 429 or 418 freezes the lane of this exchange and address, nothing else.
"""

import asyncio
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from weakref import WeakKeyDictionary

import redis.asyncio
from django.conf import settings

from apps.core.clock import monotonic
from apps.platform.rate_limiting.errors import LimitsUnavailable
from apps.platform.rate_limiting.operations import (
    Lane,
    LaneAnswer,
    correct_lane,
    read_lane,
    take_lanes,
    take_lanes_async,
)
from apps.trading.exchanges.catalogue.venues import Budget, budget_of
from apps.trading.exchanges.choices import CallKind
from apps.trading.exchanges.errors import BudgetSpent, LaneFrozen

RANK = {CallKind.CANCEL: 0, CallKind.RECONCILE: 1, CallKind.ORDER: 2, CallKind.DATA: 3}
KEPT_BACK = {CallKind.CANCEL: 0, CallKind.RECONCILE: 5, CallKind.ORDER: 10, CallKind.DATA: 25}
"""Per cent of a budget that a kind of request leaves to the more important ones."""
PATIENCE_S = {CallKind.CANCEL: 5.0, CallKind.RECONCILE: 3.0, CallKind.ORDER: 2.0, CallKind.DATA: 5.0}
"""How long a request waits for its turn before it gives up (nothing is sent then)."""
SANDBOX = "sandbox"
SANDBOX_BUDGET = Budget(0, units=Decimal(5), used_header="x-mbx-used-weight-1m")
"""The sandbox exchange allows what it publishes; one that publishes no limit has none."""
LONGEST_PAUSE_S = 0.2
DEFAULT_PAUSE_S = {429: 10, 418: 120}
"""What a refusal for too many requests means that names no time."""


@dataclass(frozen=True, slots=True)
class Granted:
    """A request may be sent now; `at_ms` (the counters' clock) goes into `correct_budget` with the answer."""

    at_ms: int
    used: int
    limit: int


@dataclass(frozen=True, slots=True)
class Gauge:
    """How full a budget is: units used in the present window, the limit (0: none), and for how long it is frozen."""

    used: int
    limit: int
    frozen_ms: int

    @property
    def percent(self) -> int:
        """Whole per cent used, 100 at most; 0 without a limit."""
        return min(100, self.used * 100 // self.limit) if self.limit else 0


def egress_name() -> str:
    """Return the name of the address this process's requests leave from (setting EGRESS_NAME)."""
    return str(getattr(settings, "EGRESS_NAME", "main"))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request for units, ready to be put to the lanes; `settle` makes the answer of it."""

    venue: str
    priority: CallKind
    charges: list[tuple[Lane, int]]
    how: dict[str, Any]

    def settle(self, answer: LaneAnswer | None) -> Granted:
        """Return what was granted; None is an answer that did not come: only a cancel passes then, uncounted."""
        if answer is not None:
            return _granted(answer, self.venue)
        if self.priority is CallKind.CANCEL:
            return Granted(0, 0, 0)
        raise LimitsUnavailable(retry_after=1)


def _asked(venue: str, *, cost: int, priority: CallKind, egress: str | None, key: str, mark: bool) -> _Asked:
    how = {"rank": RANK[priority], "kept_back": KEPT_BACK[priority], "mark": mark}
    return _Asked(venue, priority, _charges(venue, egress, cost, key), how)


def take_budget(
    venue: str, *, cost: int = 1, priority: CallKind, egress: str | None = None, key: str = "", mark: bool = False
) -> Granted:
    """Take `cost` units (the exchange's weight) of a venue's budget at once, and of the key's when `key` is given.

    Raises BudgetSpent or LaneFrozen with `retry_after_ms`, and LimitsUnavailable while the counters do not answer
    (a cancel then passes uncounted).
    """
    asked = _asked(venue, cost=cost, priority=priority, egress=egress, key=key, mark=mark)
    try:
        answer = take_lanes(asked.charges, **asked.how)
    except LimitsUnavailable:
        return asked.settle(None)
    return asked.settle(answer)


async def take_budget_async(
    venue: str, *, cost: int = 1, priority: CallKind, egress: str | None = None, key: str = "", mark: bool = False
) -> Granted:
    """Do as `take_budget`, from a coroutine."""
    asked = _asked(venue, cost=cost, priority=priority, egress=egress, key=key, mark=mark)
    try:
        answer = await take_lanes_async(_async_client(), asked.charges, **asked.how)
    except LimitsUnavailable:
        return asked.settle(None)
    return asked.settle(answer)


def wait_for_budget(
    venue: str,
    *,
    cost: int = 1,
    priority: CallKind,
    egress: str | None = None,
    key: str = "",
    patience_s: float | None = None,
) -> Granted:
    """Wait for the turn of a request, at most `patience_s` (by kind: PATIENCE_S). Raises as `take_budget`."""
    until = monotonic() + (PATIENCE_S[priority] if patience_s is None else patience_s)
    while True:
        try:
            return take_budget(venue, cost=cost, priority=priority, egress=egress, key=key, mark=True)
        except (BudgetSpent, LaneFrozen) as refusal:
            time.sleep(_pause(refusal, until))


async def wait_for_budget_async(
    venue: str,
    *,
    cost: int = 1,
    priority: CallKind,
    egress: str | None = None,
    key: str = "",
    patience_s: float | None = None,
) -> Granted:
    """Do as `wait_for_budget`, from a coroutine."""
    until = monotonic() + (PATIENCE_S[priority] if patience_s is None else patience_s)
    while True:
        try:
            return await take_budget_async(venue, cost=cost, priority=priority, egress=egress, key=key, mark=True)
        except (BudgetSpent, LaneFrozen) as refusal:
            await asyncio.sleep(_pause(refusal, until))


def correct_budget(
    venue: str, *, status: int, headers: Mapping[str, str], granted: Granted | None, egress: str | None = None
) -> int:
    """Take over what an answer tells: its used weight, Retry-After of a 429 or 418 (which freezes the lane).

    Returns the seconds the lane is frozen for (0: it is not). Never raises: an answer is worth more than its count.
    """
    budget = _budget(venue)
    lowered = {name.lower(): value for name, value in headers.items()}
    used = lowered.get(budget.used_header, "") if budget.used_header else ""
    pause = _retry_after(status, lowered)
    lane = _lane(venue, egress, budget)
    counted = int(used) if used.isdigit() and granted is not None and granted.at_ms else None
    if counted is None and not pause:
        return 0
    if counted is not None and granted is not None and not pause and counted <= granted.used:
        return 0  # the usual case: our count is the higher one, so there is nothing to correct
    try:
        correct_lane(lane, used=counted, sent_at_ms=granted.at_ms if granted else 0, freeze_ms=pause * 1_000)
    except LimitsUnavailable:
        return pause
    return pause


def freeze_budget(venue: str, *, seconds: int, egress: str | None = None) -> None:
    """Let nothing pass to a venue from an egress address for a while. Raises LimitsUnavailable."""
    correct_lane(_lane(venue, egress, _budget(venue)), freeze_ms=seconds * 1_000)


def publish_limit(venue: str, *, limit: int, egress: str | None = None) -> None:
    """Use the limit that the exchange itself publishes instead of the one we know. Raises LimitsUnavailable."""
    if limit > 0:
        correct_lane(_lane(venue, egress, _budget(venue)), published=limit)


def read_gauge(venue: str, *, egress: str | None = None) -> Gauge:
    """Return how full a venue's budget is. Raises LimitsUnavailable."""
    state = read_lane(_lane(venue, egress, _budget(venue)))
    return Gauge(state.used, state.limit, state.frozen_ms)


def units_of(venue: str, cost: object) -> int:
    """Return the units of a request of the adapter library's `cost` at a venue."""
    return max(math.ceil(Decimal(str(cost)) * _budget(venue).units), 1)


def _budget(venue: str) -> Budget:
    return SANDBOX_BUDGET if venue == SANDBOX else budget_of(venue)


def _lane(venue: str, egress: str | None, budget: Budget) -> Lane:
    return Lane(f"venue:{venue}:{egress or egress_name()}", budget.limit, budget.window_ms)


def _charges(venue: str, egress: str | None, cost: int, key: str) -> list[tuple[Lane, int]]:
    budget = _budget(venue)
    charges = [(_lane(venue, egress, budget), cost)]
    if key and budget.per_key is not None:
        limit, window_ms = budget.per_key
        charges.append((Lane(f"key:{venue}:{key}", limit, window_ms), 1))
    return charges


def _granted(answer: LaneAnswer, venue: str) -> Granted:
    if answer.granted:
        return Granted(answer.at_ms, answer.used, answer.limit)
    error = LaneFrozen if answer.reason == "frozen" else BudgetSpent
    raise error(venue=venue, seconds=math.ceil(answer.wait_ms / 1_000), retry_after_ms=answer.wait_ms)


def _pause(refusal: BudgetSpent | LaneFrozen, until: float) -> float:
    """Return how long to sleep before asking again; raises the refusal when the turn cannot come in time."""
    wait_s: float = refusal.params["retry_after_ms"] / 1_000
    left = until - monotonic()
    if left <= 0 or (isinstance(refusal, LaneFrozen) and wait_s > left):
        raise refusal
    return min(wait_s, LONGEST_PAUSE_S, left) + 0.002


def _retry_after(status: int, headers: Mapping[str, str]) -> int:
    if status not in DEFAULT_PAUSE_S:
        return 0
    told = headers.get("retry-after", "").strip()
    return max(int(told), 1) if told.isdigit() else DEFAULT_PAUSE_S[status]


_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, redis.asyncio.Redis] = WeakKeyDictionary()


def _async_client() -> redis.asyncio.Redis:
    """Return this event loop's client of the limits' database."""
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        _clients[loop] = redis.asyncio.Redis.from_url(settings.REDIS_URL, db=settings.LIMITS_DB, socket_timeout=2)
    return _clients[loop]
