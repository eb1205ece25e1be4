"""The WS-API: requests and private events over one socket."""

from collections.abc import Callable
from typing import Any

from apps.trading.sandbox.exchange.endpoints import Endpoint
from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.fault_effects import HangupError
from apps.trading.sandbox.exchange.faults import WS_METHOD, skew_ms
from apps.trading.sandbox.exchange.gateway import BROKEN, Answer, Gateway
from apps.trading.sandbox.exchange.hub import Hub
from apps.trading.sandbox.exchange.journal import JournalBrokenError
from apps.trading.sandbox.exchange.keys import Access, KeyKind, check_permission
from apps.trading.sandbox.exchange.limits import LimitReachedError
from apps.trading.sandbox.exchange.signing import check_time, param_text, signed_params
from apps.trading.sandbox.exchange.state import ApiKey
from apps.trading.sandbox.exchange.subscribers import Subscriber, UserFeed, encode
from apps.trading.sandbox.exchange.time_units import in_microseconds

Json = dict[str, Any]
Params = dict[str, str]
CONNECT_WEIGHT = 2
SESSION_WEIGHT = 2
MAX_FEEDS = 1_000
MAX_ID_LENGTH = 36


class WsApiSession:
    """Requests of one WS-API connection."""

    def __init__(
        self,
        gateway: Gateway,
        hub: Hub,
        methods: dict[str, Endpoint],
        subscriber: Subscriber,
        *,
        address: str,
        shows_limits: bool,
        microseconds: bool,
    ) -> None:
        self._gateway = gateway
        self._hub = hub
        self._methods = methods
        self._subscriber = subscriber
        self._address = address
        self._shows_limits = shows_limits
        self._microseconds = microseconds
        self._connected = gateway.now_ms()
        self._logged_on: tuple[str, int] | None = None  # API key and since when
        self._logon_feed: UserFeed | None = None
        self._next_feed = 0
        self._session: dict[str, Callable[[Json, Params], Any]] = {
            "session.logon": self._log_on,
            "session.status": self._status,
            "session.logout": self._log_out,
            "session.subscriptions": self._list_feeds,
            "userDataStream.subscribe": self._subscribe,
            "userDataStream.subscribe.signature": self._subscribe_by_signature,
            "userDataStream.unsubscribe": self._unsubscribe,
            "userDataStream.start": self._start_listen_key,
            "userDataStream.ping": self._prolong_listen_key,
            "userDataStream.stop": self._stop_listen_key,
        }

    def count_message(self) -> None:
        """Request weight is what bounds a WS-API connection; a broken frame weighs one."""

    def broken_frame(self) -> Json:
        """The answer to a frame that is no JSON object."""
        body = {"code": -1135, "msg": "Invalid JSON Request"}
        return {"id": None, "status": 400, "error": body}

    async def handle(self, request: Json) -> None:
        """Answer one request frame."""
        answer: Json = {"id": request.get("id"), "status": 200}
        method = str(request.get("method", ""))
        account_id: int | None = None
        params: Json = {}
        try:
            params = self._params(request)
            done = await self._faulty_call(method, params)
            if done.error is not None:
                raise done.error
            account_id = done.account_id if done.placed else None
            answer["result"] = in_microseconds(done.payload) if self._microseconds else done.payload
        except JournalBrokenError:
            answer |= {"status": BROKEN.status, "error": BROKEN.body()}
        except ApiError as error:
            answer |= {"status": error.status, "error": _error_body(error)}
        except HangupError:
            self._subscriber.cut()
            return
        if params.get("returnRateLimits", self._shows_limits):
            answer["rateLimits"] = self._limits(account_id)
        self._subscriber.send(encode(answer))

    @staticmethod
    def _params(request: Json) -> Json:
        if "method" not in request:
            raise ApiError(-1135, "Invalid JSON Request")
        known = request.get("id")
        if not isinstance(known, int | str | None) or len(str(known)) > MAX_ID_LENGTH:
            raise ApiError(-1135, "JSON sent for parameter 'id' is not valid")
        params = request.get("params") or {}
        if not isinstance(params, dict):
            raise ApiError(-1135, "JSON sent for parameter 'params' is not valid")
        return params

    async def _faulty_call(self, method: str, params: Json) -> Answer:
        key = params.get("apiKey") or (self._logged_on or ("", 0))[0]
        texts = {name: _text(value) for name, value in params.items() if value is not None}
        return await self._gateway.faults.around(
            (str(key), WS_METHOD, method), lambda: texts, lambda: self._call(method, params)
        )

    async def _call(self, method: str, params: Json) -> Answer:
        """Weight is charged before anything else is looked at."""
        texts = {name: _text(value) for name, value in params.items() if value is not None}
        endpoint = self._methods.get(method)
        weight = endpoint.weigh(texts) if endpoint else SESSION_WEIGHT
        self._gateway.weights.charge(self._address, weight, self._gateway.now_ms())
        if endpoint is None:
            if method not in self._session:
                raise ApiError(-1020, "This operation is not supported.", 404)
            return Answer(self._session[method](params, texts))
        if endpoint.access is Access.NONE:
            return await self._gateway.answer_public(endpoint, texts)
        await self._gateway.turns.wait()
        return await self._gateway.answer_signed(endpoint, self._key(endpoint.access, params, texts), texts)

    def _key(self, access: Access, params: Json, texts: Params) -> ApiKey:
        """The signer's key, or that of the session when the request names none."""
        if "apiKey" in texts or self._logged_on is None:
            signed = signed_params(params)
            return self._gateway.authenticate(access, texts.get("apiKey"), texts, signed, self._address)
        key = self._gateway.venue.state.keys.get(self._logged_on[0])
        if key is None:  # revoked since
            self._logged_on = None
            raise ApiError(-2015, "Invalid API-key, IP, or permissions for action.", 401)
        check_time(texts, self._gateway.now_ms() + skew_ms.get())
        check_permission(key, access, self._address)
        return key

    def _limits(self, account_id: int | None) -> list[Json]:
        now = self._gateway.now_ms()
        orders = [] if account_id is None else self._gateway.orders.status(account_id, now)
        return [*orders, *self._gateway.weights.status(self._address, now)]

    # ---- session

    def _log_on(self, params: Json, texts: Params) -> Json:
        signed = signed_params(params)
        key = self._gateway.authenticate(Access.READ, texts.get("apiKey"), texts, signed, self._address)
        if key.kind != KeyKind.ED25519.value:
            raise ApiError(-4056, f"{'HMAC_SHA256' if key.kind == 'HMAC' else key.kind} API key is not supported.")
        self._logged_on = (key.key, self._gateway.now_ms())
        return self._status(params, texts)

    def _status(self, _: Json, __: Params) -> Json:
        api_key, since = self._logged_on or (None, None)
        return {
            "apiKey": api_key,
            "authorizedSince": since,
            "connectedSince": self._connected,
            "returnRateLimits": self._shows_limits,
            "serverTime": self._gateway.now_ms(),
            "userDataStream": bool(self._hub.feeds_of(self._subscriber)),
        }

    def _log_out(self, params: Json, texts: Params) -> Json:
        self._logged_on = None
        if self._logon_feed is not None:
            self._hub.drop_feed(self._logon_feed)
            self._logon_feed = None
        return self._status(params, texts)

    # ---- private events

    def _subscribe(self, _: Json, __: Params) -> Json:
        key = self._gateway.venue.state.keys.get(self._logged_on[0]) if self._logged_on else None
        if key is None:
            raise ApiError(-2014, "API-key format invalid.", 401)
        self._logon_feed = self._open_feed(key)
        return {"subscriptionId": self._logon_feed.subscription_id}

    def _subscribe_by_signature(self, params: Json, texts: Params) -> Json:
        signed = signed_params(params)
        key = self._gateway.authenticate(Access.READ, texts.get("apiKey"), texts, signed, self._address)
        return {"subscriptionId": self._open_feed(key).subscription_id}

    def _open_feed(self, key: ApiKey) -> UserFeed:
        feeds = self._hub.feeds_of(self._subscriber)
        if any(feed.account_id == key.account_id for feed in feeds):
            raise ApiError(-2035, "User Data Stream subscription already active.")
        if len(feeds) >= MAX_FEEDS:
            raise ApiError(-2042, "Maximum subscription ID reached for this connection.")
        feed = UserFeed(self._subscriber, key.account_id, key.key, subscription_id=self._next_feed)
        self._next_feed += 1
        self._hub.add_feed(feed)
        return feed

    def _unsubscribe(self, _: Json, texts: Params) -> Json:
        number = texts.get("subscriptionId", "")
        feeds = [
            feed for feed in self._hub.feeds_of(self._subscriber) if not number or str(feed.subscription_id) == number
        ]
        if number and not feeds:
            raise ApiError(-2036, "User Data Stream subscription not active.")
        for feed in feeds:
            self._hub.drop_feed(feed)
        return {}

    def _list_feeds(self, _: Json, __: Params) -> list[Json]:
        feeds = [feed.subscription_id for feed in self._hub.feeds_of(self._subscriber)]
        return [{"subscriptionId": number} for number in sorted(number for number in feeds if number is not None)]

    # ---- listen keys of older clients

    def _start_listen_key(self, _: Json, texts: Params) -> Json:
        key = self._stream_key(texts)
        return {"listenKey": self._hub.listen_keys.open(key.account_id, key.key, self._gateway.now_ms())}

    def _prolong_listen_key(self, _: Json, texts: Params) -> Json:
        account_id = self._stream_key(texts).account_id
        self._hub.listen_keys.prolong(account_id, texts.get("listenKey", ""), self._gateway.now_ms())
        return {}

    def _stop_listen_key(self, _: Json, texts: Params) -> Json:
        account_id = self._stream_key(texts).account_id
        self._hub.listen_keys.close(account_id, texts.get("listenKey", ""), self._gateway.now_ms())
        return {}

    def _stream_key(self, texts: Params) -> ApiKey:
        return self._gateway.authenticate(Access.STREAM, texts.get("apiKey"), texts, (b"", None), self._address)


def _text(value: Any) -> str:
    """A JSON value as the text handlers read; an array of symbols in the form REST has it."""
    if isinstance(value, list):
        return "[" + ",".join(f'"{item}"' for item in value) + "]"
    return param_text(value)


def _error_body(error: ApiError) -> Json:
    body: Json = error.body()
    if isinstance(error, LimitReachedError):
        body["data"] = {"serverTime": error.now_ms, "retryAfter": error.retry_at_ms}
    return body
