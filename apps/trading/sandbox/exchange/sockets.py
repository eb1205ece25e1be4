"""The WebSocket faces: market streams here, the WS-API in `ws_api`."""

import asyncio
import json
import logging
from typing import Any
from urllib.parse import parse_qs

from apps.trading.sandbox.exchange.endpoints import Endpoint
from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.gateway import Gateway
from apps.trading.sandbox.exchange.hub import Hub
from apps.trading.sandbox.exchange.subscribers import Subscriber, UserFeed, encode
from apps.trading.sandbox.exchange.time_units import wants_microseconds
from apps.trading.sandbox.exchange.web import TRANSPORT, Receive, Scope, Send
from apps.trading.sandbox.exchange.ws_api import CONNECT_WEIGHT, WsApiSession

log = logging.getLogger("sandbox.exchange")
MAX_STREAMS = 1_024
MESSAGES_PER_SECOND, MESSAGE_BURST = 5, 50  # of a market stream connection, sustained and at once
CONNECTION_SECONDS = 24 * 3_600
WRITE_BATCH = 10
WS_API_PATH = "/ws-api/v3"
_POLICY_VIOLATION = 1008
_GOING_AWAY = 1001
_METHODS = "`SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY`"


class TooFastError(Exception):
    """A connection sent more messages than it may."""


def wanted_streams(path: str, query: bytes) -> tuple[list[str], bool] | None:
    """Streams named by the address and whether messages are wrapped; None when the address is not served."""
    parts = [part for part in path.split("/") if part]
    if parts == ["stream"]:
        named = parse_qs(query.decode("utf-8", "replace")).get("streams", [""])[0]
        return [name for name in named.split("/") if name], True
    if parts[:2] == ["stream", "ws"]:
        parts = parts[1:]
    if parts[:1] != ["ws"]:
        return None
    # ccxt.pro numbers its connections (/stream/ws/0): a number names no stream.
    return [name for name in parts[1:] if not name.isdigit()], False


class SocketApp:
    """ASGI application of the WebSocket faces."""

    def __init__(self, gateway: Gateway, hub: Hub, methods: dict[str, Endpoint]) -> None:
        self._gateway = gateway
        self._hub = hub
        self._methods = methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until either side ends it."""
        await receive()
        try:
            opened = self._open(scope)
        except (ApiError, ValueError):
            opened = None
        if opened is None:
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        subscriber, session = opened
        await send({"type": "websocket.accept"})
        await self._serve(subscriber, session, receive, send)
        transport = (scope.get("extensions") or {}).get(TRANSPORT)
        if subscriber.overrun and transport is not None:
            transport.abort()  # it does not read: a farewell would wait for ever

    def _open(self, scope: Scope) -> "tuple[Subscriber, MarketSession | WsApiSession] | None":
        """The session of an address; ApiError when the client may not connect now."""
        if self._gateway.faults.box.in_maintenance:
            return None
        address = (scope.get("client") or ("", 0))[0]
        if not self._gateway.connections.admits(address, self._gateway.now_ms()):
            return None
        query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode("utf-8", "replace")).items()}
        if scope["path"].rstrip("/") == WS_API_PATH:
            self._gateway.weights.charge(address, CONNECT_WEIGHT, self._gateway.now_ms())
            subscriber = Subscriber()
            session = WsApiSession(
                self._gateway,
                self._hub,
                self._methods,
                subscriber,
                address=address,
                shows_limits=query.get("returnRateLimits", "").lower() != "false",
                microseconds=wants_microseconds(query.get("timeUnit", "")),
            )
            return subscriber, session
        wanted = wanted_streams(scope["path"], scope["query_string"])
        if wanted is None:
            return None
        subscriber = Subscriber(combined=wanted[1])
        market = self._session(subscriber)
        market.subscribe(wanted[0])
        return subscriber, market

    async def _serve(self, subscriber: Subscriber, session: Any, receive: Receive, send: Send) -> None:
        writer = asyncio.create_task(self._write(subscriber, send))
        reader = asyncio.create_task(self._read(subscriber, session, receive))
        try:
            await asyncio.wait(
                {writer, reader, overrun := asyncio.create_task(subscriber.cut_off.wait())},
                return_when=asyncio.FIRST_COMPLETED,
                timeout=CONNECTION_SECONDS,
            )
            if not subscriber.overrun:
                code = _POLICY_VIOLATION if _too_fast(reader) else _GOING_AWAY
                await self._close(reader, send, code)
        finally:
            self._forget(subscriber)
            for task in (writer, reader, overrun):
                task.cancel()
            ended = await asyncio.gather(writer, reader, overrun, return_exceptions=True)
            if isinstance(ended[1], Exception) and not isinstance(ended[1], TooFastError):
                log.error("a socket's request failed", exc_info=ended[1])

    def _session(self, subscriber: Subscriber) -> "MarketSession":
        return MarketSession(self._gateway, self._hub, subscriber)

    def _forget(self, subscriber: Subscriber) -> None:
        self._hub.forget(subscriber)

    @staticmethod
    async def _close(reader: "asyncio.Task[None]", send: Send, code: int) -> None:
        """Say farewell unless the client has gone already."""
        if not reader.done() or _too_fast(reader):
            await send({"type": "websocket.close", "code": code})

    @staticmethod
    async def _write(subscriber: Subscriber, send: Send) -> None:
        written = 0
        while (text := await subscriber.next_message()) is not None:
            await send({"type": "websocket.send", "text": text})
            written += 1
            if written % WRITE_BATCH == 0:
                await asyncio.sleep(0)  # a burst to many sockets must not keep requests waiting

    @staticmethod
    async def _read(subscriber: Subscriber, session: Any, receive: Receive) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            text = message.get("text") or (message.get("bytes") or b"").decode("utf-8", "replace")
            try:
                request = json.loads(text)
            except (ValueError, RecursionError):
                request = None
            session.count_message()
            await subscriber.room()
            if isinstance(request, dict):
                await session.handle(request)
            else:
                subscriber.send(encode(session.broken_frame()))
            await asyncio.sleep(0)  # a flood of frames must not keep the loop from others


def _too_fast(reader: "asyncio.Task[None]") -> bool:
    return reader.done() and not reader.cancelled() and isinstance(reader.exception(), TooFastError)


class MarketSession:
    """SUBSCRIBE and its relatives on a market stream connection; a listen key is a stream name too."""

    def __init__(self, gateway: Gateway, hub: Hub, subscriber: Subscriber) -> None:
        self._gateway = gateway
        self._hub = hub
        self._subscriber = subscriber
        self._names: dict[str, None] = {}  # in the order they were asked for
        self._allowance = float(MESSAGE_BURST)
        self._counted = gateway.now_ms()

    def count_message(self) -> None:
        """Raises TooFastError beyond the burst and the sustained rate."""
        now = self._gateway.now_ms()
        earned = max(0, now - self._counted) / 1_000 * MESSAGES_PER_SECOND
        self._allowance = min(float(MESSAGE_BURST), self._allowance + earned) - 1
        self._counted = now
        if self._allowance < 0:
            raise TooFastError

    def subscribe(self, names: list[str]) -> None:
        """Add streams; unknown names are ignored, like the venue does, and so is what exceeds MAX_STREAMS."""
        for name in names:
            if name in self._names or len(self._names) >= MAX_STREAMS:
                continue
            if self._hub.subscribe(self._subscriber, name) or self._listen(name):
                self._names[name] = None

    def _listen(self, name: str) -> bool:
        found = self._hub.listen_keys.find(name, self._gateway.now_ms())
        if found is not None:
            self._hub.add_feed(UserFeed(self._subscriber, found.account_id, found.api_key, listen_key=name))
        return found is not None

    def unsubscribe(self, names: list[str]) -> None:
        """Drop streams; unknown ones are ignored."""
        for name in names:
            self._names.pop(name, None)
            self._hub.unsubscribe(self._subscriber, name)
        for feed in self._hub.feeds_of(self._subscriber):
            if feed.listen_key in names:
                self._hub.drop_feed(feed, tell=False)

    async def handle(self, request: dict[str, Any]) -> None:
        """Answer one request frame."""
        method, params, request_id = request.get("method"), request.get("params", []), request.get("id")
        if not isinstance(request_id, int | str | None) or isinstance(request_id, bool):
            self._refuse(2, "Invalid request: request ID must be an unsigned integer", None)
        elif not isinstance(params, list):
            self._refuse(2, "Invalid request: params must be an array", request_id)
        elif method in ("SET_PROPERTY", "GET_PROPERTY"):
            self._property(method, params, request_id)
        elif not all(isinstance(name, str) for name in params):
            self._refuse(2, "Invalid request: params must be a list of stream names", request_id)
        else:
            self._streams(method, params, request_id)

    def _streams(self, method: Any, names: list[str], request_id: Any) -> None:
        if method == "SUBSCRIBE":
            if len(set(names) | self._names.keys()) > MAX_STREAMS:
                self._refuse(2, f"Invalid request: a connection may listen to {MAX_STREAMS} streams", request_id)
                return
            self._reply(request_id, None)
            self.subscribe(names)
        elif method == "UNSUBSCRIBE":
            self.unsubscribe(names)
            self._reply(request_id, None)
        elif method == "LIST_SUBSCRIPTIONS":
            self._reply(request_id, list(self._names))
        elif method is None:
            self._refuse(2, "Invalid request: missing field `method`", request_id)
        else:
            self._refuse(2, f"Invalid request: unknown variant `{method}`, expected one of {_METHODS}", request_id)

    def _property(self, method: str, params: list[Any], request_id: Any) -> None:
        if not params or not isinstance(params[0], str):
            self._refuse(2, "Invalid request: property name must be a string", request_id)
        elif params[0] != "combined":
            self._refuse(0, "Unknown property", request_id)
        elif method == "GET_PROPERTY":
            self._reply(request_id, self._subscriber.combined)
        elif len(params) != 2 or not isinstance(params[1], bool):
            self._refuse(1, "Invalid value type: expected Boolean", request_id)
        else:
            self._subscriber.combined = params[1]
            self._reply(request_id, None)

    @staticmethod
    def broken_frame() -> dict[str, Any]:
        """The answer to a frame that is no JSON object."""
        return {"error": {"code": 3, "msg": "Invalid JSON: expected value at line 1 column 1"}}

    def _reply(self, request_id: Any, result: Any) -> None:
        self._subscriber.send(encode({"result": result, "id": request_id}))

    def _refuse(self, code: int, text: str, request_id: Any) -> None:
        self._subscriber.send(encode({"error": {"code": code, "msg": text}, "id": request_id}))
