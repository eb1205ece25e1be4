"""What a fault does to a request, the same over REST and WS-API, and to the frames of a user stream."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from apps.trading.sandbox.exchange.amounts import parse_units
from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.faults import (
    FRAME_METHOD,
    MARKET_METHOD,
    STATUS_PATH,
    Fault,
    FaultBox,
    FaultKind,
    skew_ms,
)
from apps.trading.sandbox.exchange.limits import LimitReachedError
from apps.trading.sandbox.exchange.subscribers import Subscriber, UserFeed
from apps.trading.sandbox.exchange.venue import Venue
from apps.trading.sandbox.exchange.web import DuplicateParameterError

Json = dict[str, Any]
Params = Mapping[str, str]
_Answer = TypeVar("_Answer")
RETRY_AFTER_MS = 1_000
REORDER_SECONDS = 1.0  # a reordered frame that nothing follows is sent after this
UNDER_MAINTENANCE: Json = {"status": 1, "msg": "system_maintenance"}


class HangupError(Exception):
    """The connection is cut without an answer."""


@dataclass(frozen=True)
class Faults:
    """Where requests ask what they suffer."""

    box: FaultBox
    venue: Venue

    async def around(
        self, request: tuple[str, str, str], params: Callable[[], Params], answer: Callable[[], Awaitable[_Answer]]
    ) -> _Answer:
        """Answer a request (key, method, path) with what its fault does to it.

        Raises HangupError, and ApiError when the fault refuses the request.
        """
        if not self.box.rules:
            return await answer()
        token = skew_ms.set(self.box.skew(*request))
        try:
            fault = self.box.take(*request)
            if fault is None or (fault.kind is FaultKind.MAINTENANCE and request[2] == STATUS_PATH):
                return await answer()
            return await self._suffer(fault, params, answer)
        finally:
            skew_ms.reset(token)

    async def _suffer(
        self, fault: Fault, params: Callable[[], Params], answer: Callable[[], Awaitable[_Answer]]
    ) -> _Answer:
        self._refuse(fault)
        if fault.kind is FaultKind.DELAY:
            await asyncio.sleep(fault.delay_ms / 1_000)
        elif fault.kind is FaultKind.DUPLICATE:
            await answer()
        elif fault.kind is FaultKind.PARTIAL_FILL:
            thin_market(self.venue, params, fault.percent)
        answered = await answer()
        if fault.kind in (FaultKind.LATE_ANSWER, FaultKind.ACCEPT_THEN_TIMEOUT):
            await asyncio.sleep(fault.delay_ms / 1_000)
        if fault.kind is FaultKind.ACCEPT_THEN_TIMEOUT:
            raise HangupError
        return answered

    def _refuse(self, fault: Fault) -> None:
        if fault.kind is FaultKind.DROP:
            raise HangupError
        if fault.kind is FaultKind.ERROR_5XX:
            raise ApiError(-1000, "An unknown error occurred while processing the request.", 503)
        if fault.kind is FaultKind.MAINTENANCE:
            raise ApiError(-1001, "System is under maintenance.", 503)
        if fault.kind is FaultKind.HTTP_429:
            now = self.venue.clock.now_ms()
            text = "Too much request weight used; please use WebSocket Streams for live updates."
            raise LimitReachedError(-1003, text, 429, now_ms=now, retry_at_ms=now + RETRY_AFTER_MS)


def thin_market(venue: Venue, read_params: Callable[[], Params], percent: int) -> None:
    """Leave only `percent` of an order's quantity in each side's synthetic orders until the market moves.

    A state change, so journalled. A request that no order can be read from is left to its own refusal.
    """
    try:
        params = read_params()
        market = venue.state.markets.get(params.get("symbol", ""))
        if market is None:
            return
        if params.get("quantity"):
            lots = parse_units(params["quantity"]) // market.spec.lot_units
        else:
            price = venue.engine.view.price(market.spec.name)
            lots = parse_units(params.get("quoteOrderQty", "")) // (market.spec.tick_lot_units * price)
    except (ValueError, DuplicateParameterError):
        return
    record = {"k": "thin", "t": venue.clock.now_ms(), "s": market.spec.name}
    venue.submit(record | {"lots": max(1, lots * percent // 100)})


@dataclass
class _Held:
    """Frames of one feed that wait, and what sends them."""

    frames: deque[Json] = field(default_factory=deque)
    timer: asyncio.TimerHandle | None = None
    until_next: bool = False  # a reordered frame: it goes after the next one


class FrameFaults:
    """Sends private frames to a feed, with what faults do to them."""

    def __init__(self, box: FaultBox) -> None:
        self._box = box
        self._held: WeakKeyDictionary[UserFeed, _Held] = WeakKeyDictionary()

    def send(self, feed: UserFeed, event: Json) -> None:
        """Send, drop, double or hold a frame."""
        held = self._held.get(feed)
        if held is not None and not held.until_next:
            held.frames.append(event)  # behind a delayed one
            return
        fault = self._take(feed, event)
        kind = fault.kind if fault is not None else None
        if fault is not None and kind is FaultKind.FRAME_DELAY:
            self._hold(feed, event, fault.delay_ms / 1_000, until_next=False)
            return
        if kind is FaultKind.FRAME_REORDER and held is None:
            self._hold(feed, event, REORDER_SECONDS, until_next=True)
            return
        if kind is not FaultKind.FRAME_DROP:
            feed.send(event)
        if kind is FaultKind.FRAME_DUPLICATE:
            feed.send(event)
        if held is not None:
            self._let_go(feed)

    def _take(self, feed: UserFeed, event: Json) -> Fault | None:
        return self._box.take(feed.api_key, FRAME_METHOD, str(event.get("e", ""))) if self._box.rules else None

    def _hold(self, feed: UserFeed, event: Json, seconds: float, *, until_next: bool) -> None:
        held = self._held.get(feed)
        if held is None:
            held = self._held[feed] = _Held()
        if held.timer is not None:
            held.timer.cancel()
        held.until_next = until_next
        held.frames.append(event)
        held.timer = asyncio.get_running_loop().call_later(seconds, self._let_go, feed)

    def _let_go(self, feed: UserFeed) -> None:
        held = self._held.pop(feed, None)
        if held is None:
            return
        if held.timer is not None:
            held.timer.cancel()
        for event in held.frames:
            feed.send(event)


class MarketFaults:
    """Sends frames of market streams to sockets, with what faults do to them."""

    def __init__(self, box: FaultBox) -> None:
        self._box = box
        self._held: WeakKeyDictionary[Subscriber, dict[str, str]] = WeakKeyDictionary()

    @property
    def is_idle(self) -> bool:
        """Whether no rule waits and no frame is held."""
        return not self._box.rules and not self._held

    def send(self, subscriber: Subscriber, stream: str, text: str) -> None:
        """Send one frame of a stream."""
        fault = self._box.take("", MARKET_METHOD, stream) if self._box.rules else None
        kind = fault.kind if fault is not None else None
        held = self._held.get(subscriber, {})
        if kind is FaultKind.FRAME_CUT:
            subscriber.cut()
            return
        if fault is not None and kind is FaultKind.FRAME_DELAY:
            asyncio.get_running_loop().call_later(fault.delay_ms / 1_000, subscriber.send, text)
            return
        if kind is FaultKind.FRAME_REORDER and stream not in held:
            self._held.setdefault(subscriber, {})[stream] = text
            return
        if kind is not FaultKind.FRAME_DROP:
            subscriber.send(text)
        if kind is FaultKind.FRAME_DUPLICATE:
            subscriber.send(text)
        late = held.pop(stream, None)
        if late is not None:
            subscriber.send(late)
        if not held:
            self._held.pop(subscriber, None)
