"""Clients that count: every request of an adapter waits for its turn, is observed, and corrects the budget."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from apps.core.clock import monotonic
from apps.platform.rate_limiting.errors import LimitsUnavailable
from apps.trading.exchanges.choices import BreakerState, CallKind, Observed
from apps.trading.exchanges.errors import CircuitOpen
from apps.trading.exchanges.operations.budgets import (
    Granted,
    correct_budget,
    publish_limit,
    units_of,
    wait_for_budget,
    wait_for_budget_async,
)
from apps.trading.exchanges.operations.health import (
    admit,
    read_breaker,
    read_clock,
    record_clock,
    record_observation,
)


class Meter:
    """The turn of one client's requests at a venue; `kind` says what the next requests are for.

    `others` are hosts that serve the same; `turn(old, new)` leads the client from one host to another.
    """

    def __init__(
        self,
        venue: str,
        *,
        host: str = "main",
        key: str = "",
        others: Sequence[str] = (),
        turn: Callable[[str, str], None] | None = None,
    ) -> None:
        self.venue, self.host, self.key = venue, host, key
        self._hosts, self._turn = (host, *others), turn
        self.kind = CallKind.DATA
        self._granted: Granted | None = None

    def before(self, cost: object) -> None:
        """Wait for the turn. Raises CircuitOpen, BudgetSpent, LaneFrozen, LimitsUnavailable: nothing was sent."""
        self._choose_host()
        self._granted = wait_for_budget(
            self.venue, cost=units_of(self.venue, cost), priority=self.kind, key=self._charged_key()
        )

    async def before_async(self, cost: object) -> None:
        """Do as `before`, from a coroutine."""
        self._choose_host()
        self._granted = await wait_for_budget_async(
            self.venue, cost=units_of(self.venue, cost), priority=self.kind, key=self._charged_key()
        )

    def _choose_host(self) -> None:
        """Go to the first host that may be asked, the main one before all. Raises CircuitOpen when none may."""
        if self._turn is not None:
            for host in self._hosts:
                if self._may_ask(host):
                    if host != self.host:
                        self._turn(self.host, host)
                        self.host = host
                    return
        admit(self.venue, host=self.host, priority=self.kind)

    def _may_ask(self, host: str) -> bool:
        if self.kind is CallKind.CANCEL:  # it passes everywhere, so it is led to where it will be heard
            return read_breaker(self.venue, host=host).state is not BreakerState.OPEN
        try:
            admit(self.venue, host=host, priority=self.kind)
        except CircuitOpen:
            return False
        return True

    def after(self, *, status: int, headers: Mapping[str, str], started: float, failed: bool) -> None:
        """Take over what an answer tells (status 0: there was none)."""
        latency = round((monotonic() - started) * 1_000)
        record_observation(self.venue, Observed.REST, ok=not failed, latency_ms=latency, host=self.host)
        if status:
            correct_budget(self.venue, status=status, headers=headers, granted=self._granted)

    def published(self, limits: Any) -> None:
        """Take over the limit of an exchange's own description of itself."""
        for row in limits if isinstance(limits, list) else ():
            if row.get("rateLimitType") == "REQUEST_WEIGHT" and row.get("interval") == "MINUTE":
                try:
                    publish_limit(self.venue, limit=int(row["limit"]))
                except LimitsUnavailable:
                    return

    def clock(self, *, offset_ms: int, trip_ms: int) -> int:
        """Add a sample of the venue's clock and return the best offset that any process knows."""
        record_clock(self.venue, offset_ms=offset_ms, trip_ms=trip_ms)
        known = read_clock(self.venue)
        return offset_ms if known is None else known.offset_ms

    def _charged_key(self) -> str:
        return self.key if self.kind is CallKind.ORDER else ""


def instrument_client(
    client: Any, *, venue: str, host: str = "main", key: str = "", others: Sequence[str] = ()
) -> Meter:
    """Make every request of a synchronous ccxt client wait, count and report; returns the meter.

    While requests to `host` pause, they go to one of `others`, hosts that serve the same accounts.
    """

    def turn(old: str, new: str) -> None:
        client.urls["api"] = _moved(client.urls["api"], old, new)

    meter = Meter(venue, host=host, key=key, others=others, turn=turn if others else None)
    last = {"status": 0}
    sending = client.fetch

    def note(answer: Any, *_: Any, **__: Any) -> None:
        last["status"] = answer.status_code

    def fetch(url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        last["status"], started = 0, monotonic()
        failed = False
        try:
            found = sending(url, method, headers, body)
        except Exception as error:
            failed = _is_failure(error, last["status"])
            raise
        finally:
            told = client.last_response_headers if last["status"] else None
            meter.after(status=last["status"], headers=told or {}, started=started, failed=failed)
        if "exchangeInfo" in url and isinstance(found, dict):
            meter.published(found.get("rateLimits"))
        return found

    client.session.hooks["response"].append(note)
    client.enableRateLimit = True
    client.throttle = lambda cost=None: meter.before(1 if cost is None else cost)
    client.fetch = fetch
    return meter


def instrument_async_client(client: Any, *, venue: str, host: str = "main") -> Meter:
    """Make every request of an asynchronous ccxt client wait, count and report; returns the meter."""
    meter = Meter(venue, host=host)
    sending = client.fetch

    async def throttle(cost: object = None) -> None:
        await meter.before_async(1 if cost is None else cost)

    async def fetch(url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        started, failed, status = monotonic(), False, 200
        try:
            found = await sending(url, method, headers, body)
        except Exception as error:
            status = _status_in(error)
            failed = _is_failure(error, status)
            raise
        finally:
            meter.after(status=status, headers=client.last_response_headers or {}, started=started, failed=failed)
        if "exchangeInfo" in url and isinstance(found, dict):
            meter.published(found.get("rateLimits"))
        return found

    client.enableRateLimit = True
    client.throttle = throttle
    client.fetch = fetch
    return meter


def _moved(addresses: Any, old: str, new: str) -> Any:
    """Return ccxt's addresses with one host in another's place; other hosts of theirs stay."""
    if isinstance(addresses, dict):
        return {name: _moved(value, old, new) for name, value in addresses.items()}
    parts = urlsplit(str(addresses))
    return urlunsplit(parts._replace(netloc=new)) if parts.netloc == old else addresses


def _is_failure(error: Exception, status: int) -> bool:
    """Whether the exchange or the way to it failed; a refusal of what was asked is none."""
    import ccxt

    return status >= 500 or (status == 0 and isinstance(error, ccxt.OperationFailed))


def _status_in(error: Exception) -> int:
    import ccxt

    if isinstance(error, ccxt.RateLimitExceeded | ccxt.DDoSProtection):
        return 418 if " 418 " in str(error) else 429
    if isinstance(error, ccxt.ExchangeNotAvailable):
        return 503
    return 0 if isinstance(error, ccxt.NetworkError) else 400
