"""Request weight by address and unfilled orders by account, counted in aligned wall-clock intervals. Not journalled."""

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

from apps.trading.sandbox.exchange.errors import ApiError

Json = dict[str, Any]
MINUTE_MS, DAY_MS, ORDER_SHORT_MS = 60_000, 86_400_000, 10_000
REFUSALS_BEFORE_BAN = 50
FIRST_BAN_MS, LONGEST_BAN_MS = 120_000, 3 * DAY_MS
MAKER_CREDIT = 5  # an order that rested and then traded frees more than itself
ATTEMPTS_MS = 5 * MINUTE_MS
_PRUNE_ABOVE = 10_000
_ORDER_INTERVALS = ((ORDER_SHORT_MS, "SECOND", 10), (DAY_MS, "DAY", 1))


@dataclass(frozen=True, kw_only=True)
class LimitPlan:
    """How much is allowed; 0 switches a limit off (it is then neither enforced nor published)."""

    weight_per_minute: int = 6_000
    orders_per_10_seconds: int = 100
    orders_per_day: int = 200_000
    connections_per_5_minutes: int = 300


class LimitReachedError(ApiError):
    """429 or 418: the request was not processed; `retry_at_ms` is when to come back."""

    def __init__(self, code: int, message: str, status: int, *, now_ms: int, retry_at_ms: int) -> None:
        super().__init__(code, message, status)
        self.now_ms = now_ms
        self.retry_at_ms = retry_at_ms

    @property
    def retry_after_seconds(self) -> int:
        """The Retry-After header: whole seconds, at least one."""
        return max(1, math.ceil((self.retry_at_ms - self.now_ms) / 1_000))


@dataclass
class _Address:
    """One client address: weight in the current minute, refusals in it, and bans."""

    minute: int = 0
    used: int = 0
    refused: int = 0
    bans: int = 0
    banned_until: int = 0


class WeightLimit:
    """Request weight per client address and minute. Who goes on after a 429 is banned, longer each time."""

    def __init__(self, plan: LimitPlan) -> None:
        self._limit = plan.weight_per_minute
        self._addresses: dict[str, _Address] = {}

    def charge(self, address: str, weight: int, now_ms: int) -> int:
        """Count a request and return the minute's total; raises LimitReachedError (429, then 418)."""
        known = self._at(address, now_ms)
        if now_ms < known.banned_until:
            raise self._banned(known, now_ms)
        known.used += weight
        if self._limit and known.used > self._limit:
            raise self._refusal(known, now_ms)
        return known.used

    def used(self, address: str, now_ms: int) -> int:
        """Weight of the current minute."""
        return self._at(address, now_ms).used

    def status(self, address: str, now_ms: int) -> list[Json]:
        """The entry of `rateLimits` in WS-API answers."""
        return [published | {"count": self.used(address, now_ms)} for published in self.published()]

    def published(self) -> list[Json]:
        """The entry of `rateLimits` in exchangeInfo."""
        if not self._limit:
            return []
        return [{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": self._limit}]

    def _at(self, address: str, now_ms: int) -> _Address:
        minute = now_ms // MINUTE_MS
        known = self._addresses.get(address)
        if known is None:
            if len(self._addresses) >= _PRUNE_ABOVE:
                self._forget_old(minute, now_ms)
            known = self._addresses[address] = _Address(minute)
        if known.minute != minute:
            known.minute, known.used, known.refused = minute, 0, 0
        return known

    def _forget_old(self, minute: int, now_ms: int) -> None:
        kept = {
            name: known
            for name, known in self._addresses.items()
            if known.minute == minute or known.banned_until > now_ms - DAY_MS
        }
        self._addresses = kept

    def _refusal(self, known: _Address, now_ms: int) -> LimitReachedError:
        known.refused += 1
        if known.refused > REFUSALS_BEFORE_BAN:
            known.banned_until = now_ms + min(FIRST_BAN_MS << known.bans, LONGEST_BAN_MS)
            known.bans = min(known.bans + 1, 20)
            return self._banned(known, now_ms)
        text = (
            f"Too much request weight used; current limit is {self._limit} request weight per 1 MINUTE. "
            "Please use WebSocket Streams for live updates to avoid polling the API."
        )
        end = (known.minute + 1) * MINUTE_MS
        return LimitReachedError(-1003, text, 429, now_ms=now_ms, retry_at_ms=end)

    @staticmethod
    def _banned(known: _Address, now_ms: int) -> LimitReachedError:
        text = (
            f"Way too much request weight used; IP banned until {known.banned_until}. "
            "Please use WebSocket Streams for live updates to avoid bans."
        )
        return LimitReachedError(-1003, text, 418, now_ms=now_ms, retry_at_ms=known.banned_until)


class ConnectionLimit:
    """WebSocket connection attempts of an address in the last five minutes."""

    def __init__(self, plan: LimitPlan) -> None:
        self._limit = plan.connections_per_5_minutes
        self._attempts: dict[str, deque[int]] = {}

    def admits(self, address: str, now_ms: int) -> bool:
        """Count an attempt; whether it is within the limit."""
        if not self._limit:
            return True
        if len(self._attempts) >= _PRUNE_ABOVE:
            self._attempts = {name: each for name, each in self._attempts.items() if each[-1] > now_ms - ATTEMPTS_MS}
        known = self._attempts.setdefault(address, deque(maxlen=self._limit + 1))
        known.append(now_ms)
        while known[0] <= now_ms - ATTEMPTS_MS:
            known.popleft()
        return len(known) <= self._limit


@dataclass
class _Interval:
    """Unfilled orders of one account in one interval."""

    number: int = 0
    count: int = 0


@dataclass
class OrderLimit:
    """Unfilled orders per account: fills give back what an order took."""

    plan: LimitPlan
    _accounts: dict[int, dict[int, _Interval]] = field(default_factory=lambda: defaultdict(dict))

    def check(self, account_id: int, orders: int, now_ms: int) -> None:
        """Whether `orders` more fit; raises LimitReachedError (429, -1015) and counts nothing."""
        for length, name, number in _ORDER_INTERVALS:
            limit = self._limit(length)
            interval = self._at(account_id, length, now_ms)
            if limit and interval.count + orders > limit:
                text = f"Too many new orders; current limit is {limit} orders per {number} {name}."
                end = (interval.number + 1) * length
                raise LimitReachedError(-1015, text, 429, now_ms=now_ms, retry_at_ms=end)

    def add(self, account_id: int, orders: int, now_ms: int) -> None:
        """Count accepted orders."""
        for length, _, _ in _ORDER_INTERVALS:
            self._at(account_id, length, now_ms).count += orders

    def take_back(self, account_id: int, orders: int, now_ms: int) -> None:
        """Orders that were refused after all."""
        for length, _, _ in _ORDER_INTERVALS:
            interval = self._at(account_id, length, now_ms)
            interval.count = max(0, interval.count - orders)

    def credit(self, account_id: int, *, maker: bool, now_ms: int) -> None:
        """An order traded for the first time: the taker's order no longer counts, a maker's frees MAKER_CREDIT."""
        for length, _, _ in _ORDER_INTERVALS:
            interval = self._at(account_id, length, now_ms)
            interval.count = max(0, interval.count - (MAKER_CREDIT if maker else 1))

    def headers(self, account_id: int, now_ms: int) -> dict[str, str]:
        """X-MBX-ORDER-COUNT-* of an accepted order."""
        return {
            f"X-MBX-ORDER-COUNT-{number}{name[0]}": str(self._at(account_id, length, now_ms).count)
            for length, name, number in _ORDER_INTERVALS
        }

    def status(self, account_id: int, now_ms: int) -> list[Json]:
        """GET rateLimit/order."""
        counts = [self._at(account_id, length, now_ms).count for length, _, _ in _ORDER_INTERVALS]
        return [row | {"count": count} for row, count in zip(self._rows(), counts, strict=True) if row["limit"]]

    def published(self) -> list[Json]:
        """The entries of `rateLimits` in exchangeInfo."""
        return [row for row in self._rows() if row["limit"]]

    def _rows(self) -> list[Json]:
        return [
            {"rateLimitType": "ORDERS", "interval": name, "intervalNum": number, "limit": self._limit(length)}
            for length, name, number in _ORDER_INTERVALS
        ]

    def _limit(self, length: int) -> int:
        return self.plan.orders_per_day if length == DAY_MS else self.plan.orders_per_10_seconds

    def _at(self, account_id: int, length: int, now_ms: int) -> _Interval:
        interval = self._accounts[account_id].setdefault(length, _Interval())
        if interval.number != now_ms // length:
            interval.number, interval.count = now_ms // length, 0
        return interval
