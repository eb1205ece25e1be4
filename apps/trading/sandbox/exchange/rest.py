"""The REST face: routes, weights, security, faults."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from apps.trading.sandbox.exchange.account_api import AccountApi
from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.faults import Fault, FaultBox, FaultKind
from apps.trading.sandbox.exchange.journal import JournalBrokenError
from apps.trading.sandbox.exchange.public_api import PublicApi
from apps.trading.sandbox.exchange.signing import check_key, check_signature, check_time, signed_bytes
from apps.trading.sandbox.exchange.state import Account
from apps.trading.sandbox.exchange.venue import Venue
from apps.trading.sandbox.exchange.web import (
    BodyTooLargeError,
    Receive,
    Request,
    Response,
    Scope,
    Send,
    read_request,
    send_response,
)

PublicHandler = Callable[[dict[str, str]], Any]
SignedHandler = Callable[[Account, dict[str, str]], Any]
MINUTE_MS = 60_000
RETRY_AFTER_SECONDS = "1"


class HangupError(Exception):
    """The connection is cut without an answer."""


@dataclass(frozen=True)
class Route:
    """One endpoint; exactly one of the handlers is set."""

    weight: int
    public: PublicHandler | None = None
    signed: SignedHandler | None = None


def _derivatives_info(_: dict[str, str]) -> Any:
    return {"timezone": "UTC", "serverTime": 0, "rateLimits": [], "exchangeFilters": [], "assets": [], "symbols": []}


def build_routes(public: PublicApi, private: AccountApi) -> dict[tuple[str, str], Route]:
    """(method, path) → endpoint."""
    get_public: dict[str, tuple[int, PublicHandler]] = {
        "ping": (1, public.ping),
        "time": (1, public.time),
        "exchangeInfo": (20, public.exchange_info),
        "depth": (5, public.depth),
        "klines": (2, public.klines),
        "trades": (25, public.trades),
        "aggTrades": (4, public.aggregate_trades),
        "ticker/24hr": (2, public.ticker_day),
        "ticker/price": (2, public.ticker_price),
        "ticker/bookTicker": (2, public.ticker_book),
        "avgPrice": (2, public.average_price),
    }
    signed: list[tuple[str, str, int, SignedHandler]] = [
        ("GET", "/api/v3/account", 20, private.account),
        ("POST", "/api/v3/order", 1, private.place_order),
        ("POST", "/api/v3/order/test", 1, private.test_order),
        ("GET", "/api/v3/order", 4, private.order),
        ("DELETE", "/api/v3/order", 1, private.cancel_order),
        ("GET", "/api/v3/openOrders", 6, private.open_orders),
        ("DELETE", "/api/v3/openOrders", 1, private.cancel_open_orders),
        ("GET", "/api/v3/allOrders", 20, private.all_orders),
        ("GET", "/api/v3/myTrades", 20, private.my_trades),
        ("GET", "/sapi/v1/asset/tradeFee", 1, private.trade_fees),
        ("GET", "/sapi/v1/capital/config/getall", 10, private.coins),
        ("GET", "/sapi/v1/margin/allPairs", 1, private.nothing),
        ("GET", "/sapi/v1/margin/isolated/allPairs", 10, private.nothing),
    ]
    routes = {
        ("GET", f"/api/v3/{name}"): Route(weight, public=handler) for name, (weight, handler) in get_public.items()
    }
    routes |= {(method, path): Route(weight, signed=handler) for method, path, weight, handler in signed}
    for path in ("/fapi/v1/exchangeInfo", "/dapi/v1/exchangeInfo", "/eapi/v1/exchangeInfo"):
        routes["GET", path] = Route(1, public=_derivatives_info)
    return routes


class WeightMeter:
    """Request weight used per client address in the current wall minute. Shown in headers, not enforced yet."""

    def __init__(self) -> None:
        self._minute = 0
        self._used: dict[str, int] = defaultdict(int)

    def add(self, client: str, weight: int, now_ms: int) -> int:
        """Count a request and return the minute's total."""
        if now_ms // MINUTE_MS != self._minute:
            self._minute = now_ms // MINUTE_MS
            self._used.clear()
        self._used[client] += weight
        return self._used[client]


class RestApp:
    """ASGI application of the HTTP face."""

    def __init__(self, venue: Venue, faults: FaultBox, public: PublicApi, private: AccountApi) -> None:
        self._venue = venue
        self._faults = faults
        self._routes = build_routes(public, private)
        self._meter = WeightMeter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or cut the connection when a fault says so."""
        try:
            request = await read_request(scope, receive)
        except BodyTooLargeError:
            await send_response(send, Response({"code": -1100, "msg": "Request body too large."}, 413))
            return
        route = self._routes.get((request.method, request.path))
        used = self._meter.add(request.client, route.weight if route else 1, self._venue.clock.now_ms())
        try:
            response = await self._with_faults(request, route)
        except HangupError:
            await _cut(request)
            return
        headers = {"X-MBX-USED-WEIGHT": str(used), "X-MBX-USED-WEIGHT-1M": str(used)} | response.headers
        await send_response(send, Response(response.payload, response.status, headers))

    async def _with_faults(self, request: Request, route: Route | None) -> Response:
        key = request.headers.get("x-mbx-apikey", "")
        fault = self._faults.take(key, request.method, request.path) if self._faults.rules else None
        if fault is None:
            return await self._answer(request, route)
        return await self._suffer(fault, lambda: self._answer(request, route))

    async def _suffer(self, fault: Fault, answer: Callable[[], Awaitable[Response]]) -> Response:
        if fault.kind is FaultKind.DROP:
            raise HangupError
        if fault.kind is FaultKind.ERROR_5XX:
            return Response({"code": -1000, "msg": "An unknown error occurred while processing the request."}, 503)
        if fault.kind is FaultKind.HTTP_429:
            body = {
                "code": -1003,
                "msg": "Too much request weight used; please use WebSocket Streams for live updates.",
            }
            return Response(body, 429, {"Retry-After": RETRY_AFTER_SECONDS})
        if fault.kind is FaultKind.DELAY:
            await asyncio.sleep(fault.delay_ms / 1000)
            return await answer()
        response = await answer()
        await asyncio.sleep(fault.delay_ms / 1000)
        if fault.kind is FaultKind.ACCEPT_THEN_TIMEOUT:
            raise HangupError
        return response

    async def _answer(self, request: Request, route: Route | None) -> Response:
        """Run the handler; a signed answer leaves only when everything it may show is on disk."""
        if route is None:
            return Response({"code": -1020, "msg": "This operation is not supported."}, 404)
        try:
            if route.public is not None:
                return Response(route.public(request.parameters()))
            payload = self._signed(request, route)
            await self._venue.journal.commit()
        except ApiError as error:
            return Response(error.body(), error.status)
        except JournalBrokenError:
            return Response({"code": -1001, "msg": "Internal error; unable to process your request."}, 503)
        return Response(payload)

    def _signed(self, request: Request, route: Route) -> Any:
        assert route.signed is not None
        state = self._venue.engine.state
        key = check_key(request.headers.get("x-mbx-apikey"), state.keys)
        params = request.parameters()
        check_time(params, self._venue.clock.now_ms())
        check_signature(key, *signed_bytes(request))
        return route.signed(state.accounts[key.account_id], params)


async def _cut(request: Request) -> None:
    if request.transport is not None:
        request.transport.abort()
    # Let the server notice the lost connection before the application returns without an answer.
    await asyncio.sleep(0.01)
