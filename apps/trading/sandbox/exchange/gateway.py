"""What every request passes on its way to a handler: weight, key, time, signature, permission and order count.

REST and WS-API are two faces of this.
"""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from apps.trading.sandbox.exchange.endpoints import Endpoint
from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.fault_effects import Faults
from apps.trading.sandbox.exchange.faults import skew_ms
from apps.trading.sandbox.exchange.journal import JournalBrokenError
from apps.trading.sandbox.exchange.keys import Access, asking_key, check_key, check_permission, check_signature
from apps.trading.sandbox.exchange.limits import ConnectionLimit, LimitPlan, OrderLimit, WeightLimit
from apps.trading.sandbox.exchange.replace_api import CancelReplaceError
from apps.trading.sandbox.exchange.signing import check_time, times_in_milliseconds
from apps.trading.sandbox.exchange.state import Account, ApiKey, Order, PrivateTrade
from apps.trading.sandbox.exchange.venue import Venue

Params = dict[str, str]
ROUND_SECONDS = 0.01
Signed = tuple[bytes, str | None]  # the bytes that were signed, and the signature
BROKEN = ApiError(-1001, "Internal error; unable to process your request. Please try again.", 503)


@dataclass
class Answer:
    """A result or a refusal, and whose order count it may have changed."""

    payload: Any = None
    error: ApiError | None = None
    account_id: int | None = None
    placed: bool = field(default=False)  # orders were accepted


class Turns:
    """Keeps requests from holding the event loop: a round of it computes so much, the rest waits in line."""

    def __init__(self) -> None:
        self._spent = 0.0  # seconds of this round
        self._line: deque[asyncio.Future[None]] = deque()

    async def wait(self) -> None:
        """Let the loop look at its sockets first when this round has done enough, or others wait already."""
        if self._spent <= ROUND_SECONDS and not self._line:
            return
        turn = asyncio.get_running_loop().create_future()
        self._line.append(turn)
        await turn

    def spend(self, seconds: float) -> None:
        """Note work done; the next round begins anew."""
        if not self._spent:
            asyncio.get_running_loop().call_soon(self._renew)
        self._spent += seconds

    def _renew(self) -> None:
        self._spent = 0.0
        while self._line:
            turn = self._line.popleft()
            if not turn.done():  # its client may have gone
                turn.set_result(None)
                break
        if self._line:
            asyncio.get_running_loop().call_soon(self._renew)


class Gateway:
    """Checks and counts requests, runs handlers, and waits until what they show is on disk."""

    def __init__(self, venue: Venue, plan: LimitPlan, faults: Faults) -> None:
        self.venue = venue
        self.faults = faults
        self.weights = WeightLimit(plan)
        self.orders = OrderLimit(plan)
        self.connections = ConnectionLimit(plan)
        self.turns = Turns()
        self._latency = venue.config.latency_ms / 1_000
        venue.on_trade = self._count_fill

    def now_ms(self) -> int:
        """Wall time."""
        return self.venue.clock.now_ms()

    def published_limits(self) -> list[dict[str, Any]]:
        """`rateLimits` of exchangeInfo."""
        return [*self.weights.published(), *self.orders.published()]

    def authenticate(
        self, access: Access, key_text: str | None, params: Params, signed: Signed, address: str
    ) -> ApiKey:
        """The key behind a request; ApiError when it may not pass."""
        key = check_key(key_text, self.venue.state.keys)
        if access is not Access.STREAM:
            check_time(params, self.now_ms() + skew_ms.get())
            check_signature(key, *signed)
        check_permission(key, access, address)
        return key

    async def answer_public(self, endpoint: Endpoint, params: Params) -> Answer:
        """Market data."""
        assert endpoint.public is not None
        await self.turns.wait()
        begun = time.perf_counter()
        try:
            return Answer(endpoint.public(times_in_milliseconds(params)))
        except ApiError as error:
            return Answer(error=error)
        finally:
            self.turns.spend(time.perf_counter() - begun)

    async def answer_signed(self, endpoint: Endpoint, key: ApiKey, params: Params) -> Answer:
        """Account data and orders; the answer leaves only when everything it may show is on disk."""
        assert endpoint.signed is not None
        account = self.venue.state.accounts[key.account_id]
        answer = Answer(account_id=account.id)
        if self._latency and endpoint.access is Access.TRADE:
            await asyncio.sleep(self._latency)
        asking_key.set(key)
        try:
            try:
                answer.payload = self._run(endpoint, account, times_in_milliseconds(params))
                answer.placed = endpoint.orders > 0
            except ApiError as error:
                answer.error = error
            await self.venue.journal.commit()
        except JournalBrokenError:
            return Answer(error=BROKEN, account_id=account.id)
        return answer

    def _run(self, endpoint: Endpoint, account: Account, params: Params) -> Any:
        """Orders count before they are placed, because a fill gives them back; a refused one counts nothing."""
        assert endpoint.signed is not None
        begun, now = time.perf_counter(), self.now_ms()
        if endpoint.orders:
            self.orders.check(account.id, endpoint.orders, now)
            self.orders.add(account.id, endpoint.orders, now)
        try:
            return endpoint.signed(account, params)
        except CancelReplaceError:
            raise
        except ApiError:
            self.orders.take_back(account.id, endpoint.orders, now)
            raise
        finally:
            self.turns.spend(time.perf_counter() - begun)

    def _count_fill(self, order: Order, trade: PrivateTrade) -> None:
        if order.executed == trade.lots:
            self.orders.credit(order.account_id, maker=trade.is_maker, now_ms=self.now_ms())
