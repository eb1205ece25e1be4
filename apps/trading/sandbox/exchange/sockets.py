"""The WebSocket faces: market streams and the WS-API."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from apps.trading.sandbox.exchange.account_api import AccountApi
from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.hub import Hub, Subscriber, encode
from apps.trading.sandbox.exchange.journal import JournalBrokenError
from apps.trading.sandbox.exchange.public_api import PublicApi
from apps.trading.sandbox.exchange.signing import check_key, check_signature, check_time, param_text, signed_params
from apps.trading.sandbox.exchange.state import Account
from apps.trading.sandbox.exchange.venue import Venue
from apps.trading.sandbox.exchange.web import Receive, Scope, Send

log = logging.getLogger("sandbox.exchange")
MAX_STREAMS = 1_024
WS_API_PATH = "/ws-api/v3"
_POLICY_VIOLATION = 1008
_GOING_AWAY = 1001


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

    def __init__(self, venue: Venue, hub: Hub, public: PublicApi, private: AccountApi) -> None:
        self._venue = venue
        self._hub = hub
        self._public = public
        self._private = private

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until either side ends it."""
        await receive()
        if scope["path"].rstrip("/") == WS_API_PATH:
            subscriber = Subscriber()
            handler: Any = WsApiSession(self._venue, self._hub, self._public, self._private, subscriber).handle
        else:
            wanted = wanted_streams(scope["path"], scope["query_string"])
            if wanted is None:
                await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
                return
            subscriber = Subscriber(combined=wanted[1])
            session = MarketSession(self._hub, subscriber)
            session.subscribe(wanted[0])
            handler = session.handle
        await send({"type": "websocket.accept"})
        await self._serve(subscriber, handler, receive, send)

    async def _serve(self, subscriber: Subscriber, handler: Any, receive: Receive, send: Send) -> None:
        writer = asyncio.create_task(self._write(subscriber, send))
        reader = asyncio.create_task(self._read(subscriber, handler, receive))
        try:
            done, _ = await asyncio.wait({writer, reader}, return_when=asyncio.FIRST_COMPLETED)
            if writer in done and not reader.done():
                await send({"type": "websocket.close", "code": _GOING_AWAY})
        finally:
            self._hub.forget(subscriber)
            for task in (writer, reader):
                task.cancel()
            ended = await asyncio.gather(writer, reader, return_exceptions=True)
            if isinstance(ended[1], Exception):
                log.error("a socket's request failed", exc_info=ended[1])

    @staticmethod
    async def _write(subscriber: Subscriber, send: Send) -> None:
        while (text := await subscriber.outbox.get()) is not None:
            await send({"type": "websocket.send", "text": text})

    @staticmethod
    async def _read(subscriber: Subscriber, handler: Any, receive: Receive) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            text = message.get("text") or (message.get("bytes") or b"").decode("utf-8", "replace")
            try:
                request = json.loads(text)
            except (ValueError, RecursionError):
                request = None
            if isinstance(request, dict):
                await handler(request)
            else:
                subscriber.send(encode({"error": {"code": 3, "msg": "Invalid JSON: expected an object"}}))


class MarketSession:
    """SUBSCRIBE and its relatives on a market stream connection."""

    def __init__(self, hub: Hub, subscriber: Subscriber) -> None:
        self._hub = hub
        self._subscriber = subscriber
        self._streams: list[str] = []

    def subscribe(self, streams: list[str]) -> None:
        """Add streams; unknown names are ignored, like the venue does."""
        for stream in streams:
            fits = stream not in self._streams and len(self._streams) < MAX_STREAMS
            if fits and self._hub.subscribe(self._subscriber, stream):
                self._streams.append(stream)

    async def handle(self, request: dict[str, Any]) -> None:
        """Answer one request frame."""
        method, params, request_id = request.get("method"), request.get("params", []), request.get("id")
        if not isinstance(params, list) or not all(isinstance(name, str) for name in params):
            self._refuse(request_id, "Invalid request: params must be a list of stream names")
        elif method == "SUBSCRIBE":
            self._reply(request_id, None)
            self.subscribe(params)
        elif method == "UNSUBSCRIBE":
            for stream in params:
                self._hub.unsubscribe(self._subscriber, stream)
            self._streams = [stream for stream in self._streams if stream not in params]
            self._reply(request_id, None)
        elif method == "LIST_SUBSCRIPTIONS":
            self._reply(request_id, self._streams)
        else:
            self._refuse(request_id, "Invalid request: unknown method")

    def _reply(self, request_id: Any, result: Any) -> None:
        self._subscriber.send(encode({"result": result, "id": request_id}))

    def _refuse(self, request_id: Any, text: str) -> None:
        self._subscriber.send(encode({"error": {"code": 2, "msg": text}, "id": request_id}))


class WsApiSession:
    """Requests of one WS-API connection."""

    def __init__(self, venue: Venue, hub: Hub, public: PublicApi, private: AccountApi, subscriber: Subscriber) -> None:
        self._venue = venue
        self._hub = hub
        self._subscriber = subscriber
        self._subscriptions = 0
        self._open: Mapping[str, Callable[[dict[str, str]], Any]] = {
            "ping": public.ping,
            "time": public.time,
            "exchangeInfo": public.exchange_info,
            "depth": public.depth,
            "klines": public.klines,
            "ticker.price": public.ticker_price,
            "ticker.book": public.ticker_book,
            "ticker.24hr": public.ticker_day,
        }
        self._signed: Mapping[str, Callable[[Account, dict[str, str]], Any]] = {
            "order.place": private.place_order,
            "order.test": private.test_order,
            "order.cancel": private.cancel_order,
            "order.status": private.order,
            "account.status": private.account,
            "openOrders.status": private.open_orders,
            "openOrders.cancelAll": private.cancel_open_orders,
            "allOrders": private.all_orders,
            "myTrades": private.my_trades,
            "userDataStream.subscribe.signature": self._subscribe_user,
        }

    async def handle(self, request: dict[str, Any]) -> None:
        """Answer one request frame."""
        params = request.get("params") or {}
        answer: dict[str, Any] = {"id": request.get("id"), "status": 200}
        try:
            if not isinstance(params, dict):
                raise ApiError(-1102, "Mandatory parameter 'params' was not sent, was empty/null, or malformed.")
            answer["result"] = self._call(str(request.get("method", "")), params)
            await self._venue.journal.commit()
        except ApiError as error:
            answer |= {"status": error.status, "error": error.body()}
        except JournalBrokenError:
            answer.pop("result", None)
            body = {"code": -1001, "msg": "Internal error; unable to process your request."}
            answer |= {"status": 503, "error": body}
        answer["rateLimits"] = []
        self._subscriber.send(encode(answer))

    def _call(self, method: str, params: dict[str, Any]) -> Any:
        texts = {name: param_text(value) for name, value in params.items() if value is not None}
        if method in self._open:
            return self._open[method](texts)
        if method == "userDataStream.unsubscribe":
            number = texts.get("subscriptionId", "")
            self._hub.unsubscribe_user(self._subscriber, int(number) if number.isdigit() else None)
            return {}
        if method == "session.logon":
            raise ApiError(-4056, "HMAC_SHA256 API key is not supported.")
        if method not in self._signed:
            raise ApiError(-1020, "This operation is not supported.", 404)
        state = self._venue.engine.state
        key = check_key(texts.get("apiKey"), state.keys)
        check_time(texts, self._venue.clock.now_ms())
        check_signature(key, *signed_params(params))
        return self._signed[method](state.accounts[key.account_id], texts)

    def _subscribe_user(self, account: Account, _: dict[str, str]) -> Any:
        number = self._subscriptions
        self._subscriptions += 1
        self._hub.subscribe_user(self._subscriber, account.id, number)
        return {"subscriptionId": number}
