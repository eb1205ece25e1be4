"""The REST face: addresses, headers and faults."""

import asyncio
from urllib.parse import unquote_plus

from apps.trading.sandbox.exchange.endpoints import Endpoint, Endpoints
from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.fault_effects import UNDER_MAINTENANCE, HangupError
from apps.trading.sandbox.exchange.faults import STATUS_PATH
from apps.trading.sandbox.exchange.gateway import BROKEN, Answer, Gateway
from apps.trading.sandbox.exchange.journal import JournalBrokenError
from apps.trading.sandbox.exchange.keys import Access
from apps.trading.sandbox.exchange.limits import LimitReachedError
from apps.trading.sandbox.exchange.listen_keys import ListenKeys
from apps.trading.sandbox.exchange.parameters import require_known
from apps.trading.sandbox.exchange.signing import signed_bytes
from apps.trading.sandbox.exchange.time_units import in_microseconds, wants_microseconds
from apps.trading.sandbox.exchange.web import (
    BodyTooLargeError,
    DuplicateParameterError,
    Receive,
    Request,
    Response,
    Scope,
    Send,
    read_request,
    send_response,
)

BODY_LIMIT = 1 << 16
BODY_SECONDS = 15
LISTEN_KEY_PATHS = ("/api/v3/userDataStream", "/api/v1/userDataStream")
LISTEN_KEY_WEIGHT = 2
UNKNOWN_WEIGHT = 1


class RestApp:
    """ASGI application of the HTTP face."""

    def __init__(self, gateway: Gateway, endpoints: Endpoints, listen_keys: ListenKeys) -> None:
        self._gateway = gateway
        self._faults = gateway.faults
        self._routes = endpoints.rest
        self._listen_keys = listen_keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or cut the connection when a fault says so."""
        try:
            async with asyncio.timeout(BODY_SECONDS):
                request = await read_request(scope, receive, BODY_LIMIT)
        except BodyTooLargeError:
            refusal = Response({"code": -1100, "msg": "Request body too large."}, 413, {"Connection": "close"})
            await send_response(send, refusal)
            return
        except TimeoutError:
            refusal = Response({"code": -1007, "msg": "The request did not arrive in time."}, 408)
            await send_response(send, Response(refusal.payload, 408, {"Connection": "close"}))
            return
        try:
            response = await self._with_faults(request)
        except HangupError:
            await _cut(request)
            return
        used = str(self._gateway.weights.used(request.client, self._gateway.now_ms()))
        headers = {"X-MBX-USED-WEIGHT": used, "X-MBX-USED-WEIGHT-1M": used} | response.headers
        await send_response(send, Response(response.payload, response.status, headers))

    async def _with_faults(self, request: Request) -> Response:
        if request.path == STATUS_PATH and self._faults.box.in_maintenance:
            return Response(UNDER_MAINTENANCE)
        asked = (request.headers.get("x-mbx-apikey", ""), request.method, request.path)
        try:
            return await self._faults.around(asked, request.parameters, lambda: self._answer(request))
        except ApiError as error:
            return _refusal(error)

    async def _answer(self, request: Request) -> Response:
        try:
            return await self._dispatch(request)
        except ApiError as error:
            return _refusal(error)
        except JournalBrokenError:
            return _refusal(BROKEN)
        except DuplicateParameterError:
            return _refusal(ApiError(-1101, "Duplicate values for a parameter detected."))
        except ValueError:
            return _refusal(ApiError(-1101, "Too many parameters sent for this endpoint."))

    async def _dispatch(self, request: Request) -> Response:
        """Weight is charged before anything else is looked at."""
        endpoint = self._routes.get((request.method, request.path))
        listening = request.path in LISTEN_KEY_PATHS
        params = request.parameters() if endpoint or listening else {}
        weight = endpoint.weigh(params) if endpoint else (LISTEN_KEY_WEIGHT if listening else UNKNOWN_WEIGHT)
        self._gateway.weights.charge(request.client, weight, self._gateway.now_ms())
        microseconds = wants_microseconds(request.headers.get("x-mbx-time-unit", ""))
        if listening:
            return Response(self._listen_key(request, params))
        if endpoint is None:
            raise ApiError(-1020, "This operation is not supported.", 404)
        answer = await self._run(request, endpoint, params)
        if answer.error is not None:
            return _refusal(answer.error)
        payload = in_microseconds(answer.payload) if microseconds else answer.payload
        return Response(payload, 200, self._order_headers(answer))

    async def _run(self, request: Request, endpoint: Endpoint, params: dict[str, str]) -> Answer:
        if endpoint.access is Access.NONE:
            require_known(request.path, params)
            return await self._gateway.answer_public(endpoint, params)
        await self._gateway.turns.wait()
        key_text = request.headers.get("x-mbx-apikey")
        key = self._gateway.authenticate(endpoint.access, key_text, params, signed_bytes(request), request.client)
        require_known(request.path, params)
        return await self._gateway.answer_signed(endpoint, key, params)

    def _order_headers(self, answer: Answer) -> dict[str, str]:
        if not answer.placed or answer.account_id is None:
            return {}
        return self._gateway.orders.headers(answer.account_id, self._gateway.now_ms())

    def _listen_key(self, request: Request, params: dict[str, str]) -> dict[str, str]:
        """POST opens, PUT prolongs, DELETE closes; a key is enough, no signature."""
        now = self._gateway.now_ms()
        key_text = request.headers.get("x-mbx-apikey")
        key = self._gateway.authenticate(Access.STREAM, key_text, params, (b"", None), request.client)
        if request.method == "POST":
            return {"listenKey": self._listen_keys.open(key.account_id, key.key, now)}
        text = unquote_plus(params.get("listenKey", ""))
        if not text:
            raise ApiError(-1102, "Mandatory parameter 'listenKey' was not sent, was empty/null, or malformed.")
        if request.method == "PUT":
            self._listen_keys.prolong(key.account_id, text, now)
        elif request.method == "DELETE":
            self._listen_keys.close(key.account_id, text, now)
        else:
            raise ApiError(-1020, "This operation is not supported.", 404)
        return {}


def _refusal(error: ApiError) -> Response:
    headers = {"Retry-After": str(error.retry_after_seconds)} if isinstance(error, LimitReachedError) else {}
    return Response(error.body(), error.status, headers)


async def _cut(request: Request) -> None:
    if request.transport is not None:
        request.transport.abort()
    # Let the server notice the lost connection before the application returns without an answer.
    await asyncio.sleep(0.01)
