"""The control face: accounts, keys, market clock and faults. Bearer token on every request."""

import hmac
import json
import re
from collections.abc import Callable
from typing import Any

from apps.trading.sandbox.exchange import payloads
from apps.trading.sandbox.exchange.amounts import UNIT, format_units, parse_units
from apps.trading.sandbox.exchange.candles import QUANTA
from apps.trading.sandbox.exchange.errors import ControlError
from apps.trading.sandbox.exchange.faults import Fault, FaultBox, FaultKind
from apps.trading.sandbox.exchange.hub import Hub
from apps.trading.sandbox.exchange.journal import JournalBrokenError
from apps.trading.sandbox.exchange.state import DEFAULT_FEE, Account
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

Json = dict[str, Any]
Handler = Callable[[Json, tuple[str, ...]], Any]
MAX_STEP_BARS = 10_000
MAX_SPEED = 100_000
MAX_FEE = UNIT // 10


class ControlApp:
    """ASGI application of the control listener."""

    def __init__(self, venue: Venue, hub: Hub, faults: FaultBox) -> None:
        self._venue = venue
        self._hub = hub
        self._faults = faults
        self._token = venue.config.control_token.encode()
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = [
            (method, re.compile(pattern), handler)
            for method, pattern, handler in (
                ("GET", r"/control/status", self._status),
                ("GET", r"/control/digest", self._digest),
                ("GET", r"/control/accounts", self._accounts),
                ("POST", r"/control/accounts", self._open_account),
                ("GET", r"/control/accounts/(\d+)", self._show_account),
                ("POST", r"/control/accounts/(\d+)/reset", self._reset_account),
                ("POST", r"/control/accounts/(\d+)/keys", self._add_key),
                ("DELETE", r"/control/keys/(\w+)", self._revoke_key),
                ("POST", r"/control/market/pause", self._pause),
                ("POST", r"/control/market/resume", self._resume),
                ("POST", r"/control/market/speed", self._speed),
                ("POST", r"/control/market/step", self._step),
                ("POST", r"/control/market/jump", self._jump),
                ("GET", r"/control/faults", self._list_faults),
                ("POST", r"/control/faults", self._add_fault),
                ("DELETE", r"/control/faults", self._clear_faults),
            )
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one control request."""
        try:
            response = await self._answer(await read_request(scope, receive))
        except BodyTooLargeError:
            response = Response({"error": "the body is too large"}, 413)
        await send_response(send, response)

    async def _answer(self, request: Request) -> Response:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, b"Bearer " + self._token):
            return Response({"error": "a valid bearer token is required"}, 401)
        try:
            payload = self._dispatch(request)
            await self._venue.journal.commit()
        except ControlError as error:
            return Response({"error": error.message}, error.status)
        except JournalBrokenError as error:
            return Response({"error": f"the journal cannot be written: {error}"}, 503)
        return Response(payload)

    def _dispatch(self, request: Request) -> Any:
        for method, pattern, handler in self._routes:
            match = pattern.fullmatch(request.path)
            if match is not None and method == request.method:
                return handler(_body(request), match.groups())
        raise ControlError(404, f"no control operation {request.method} {request.path}")

    # ---- accounts

    def _open_account(self, body: Json, _: tuple[str, ...]) -> Any:
        fees = (_fee(body, "maker_fee"), _fee(body, "taker_fee"))
        label, reference = _text(body, "label", ""), _text(body, "reference", "")
        account = self._venue.open_account(label, reference, self._funds(body, {}), fees)
        return _account(account)

    def _accounts(self, _body: Json, _: tuple[str, ...]) -> Any:
        return [_account(account) for account in self._venue.engine.state.accounts.values()]

    def _show_account(self, _body: Json, parts: tuple[str, ...]) -> Any:
        return _account(self._account(parts))

    def _reset_account(self, body: Json, parts: tuple[str, ...]) -> Any:
        account = self._account(parts)
        return _account(self._venue.reset_account(account, self._funds(body, account.initial)))

    def _add_key(self, body: Json, parts: tuple[str, ...]) -> Any:
        key = self._venue.add_key(self._account(parts), _text(body, "label", ""))
        return {"api_key": key.key, "secret": key.secret, "account_id": key.account_id}

    def _revoke_key(self, _body: Json, parts: tuple[str, ...]) -> Any:
        if parts[0] not in self._venue.engine.state.keys:
            raise ControlError(404, "no such key")
        self._venue.revoke_key(parts[0])
        return {}

    def _account(self, parts: tuple[str, ...]) -> Account:
        account = self._venue.engine.state.accounts.get(int(parts[0]))
        if account is None:
            raise ControlError(404, "no such account")
        return account

    def _funds(self, body: Json, default: dict[str, int]) -> dict[str, int]:
        given = body.get("funds")
        if given is None:
            return default
        specs = [market.spec for market in self._venue.engine.state.markets.values()]
        assets = {spec.base for spec in specs} | {spec.quote for spec in specs}
        if not isinstance(given, dict) or not given.keys() <= assets:
            raise ControlError(422, f"funds must be amounts of {', '.join(sorted(assets))}")
        return {asset: _units(amount, f"funds.{asset}") for asset, amount in given.items()}

    # ---- market

    def _status(self, _body: Json, _: tuple[str, ...]) -> Any:
        engine, view = self._venue.engine, self._venue.engine.view
        clock, journal = engine.state.clock, self._venue.journal
        return {
            "mode": clock.mode,
            "running": clock.running,
            "standing": clock.standing,
            "speed": clock.speed,
            "market_time": view.now_ms,
            "wall_time": self._venue.clock.now_ms(),
            "bar_ms": view.recording.bar_ms,
            "bar": clock.quantum // QUANTA,
            "bars": view.recording.bars,
            "last_closed_bar": view.bar_time(clock.quantum // QUANTA - 1),
            "prices": self._prices(),
            "symbols": list(engine.state.markets),
            "accounts": len(engine.state.accounts),
            "keys": len(engine.state.keys),
            "open_orders": sum(len(account.open_orders) for account in engine.state.accounts.values()),
            "counters": self._venue.counters | {"journal_records": journal.records, "journal_syncs": journal.syncs},
            "subscriptions": self._hub.counts(),
            "faults": len(self._faults.rules),
        }

    def _digest(self, _body: Json, _: tuple[str, ...]) -> Any:
        return {"state_digest": self._venue.engine.digest()}

    def _prices(self) -> Json:
        engine = self._venue.engine
        return {symbol: payloads.price_text(engine.view.price(symbol)) for symbol in engine.state.markets}

    def _position(self) -> Json:
        view = self._venue.engine.view
        clock = self._venue.engine.state.clock
        return {
            "market_time": view.now_ms,
            "last_closed_bar": view.bar_time(clock.quantum // QUANTA - 1),
            "running": clock.running,
            "standing": clock.standing,
            "speed": clock.speed,
            "prices": self._prices(),
        }

    def _pause(self, _body: Json, _: tuple[str, ...]) -> Any:
        self._venue.set_running(running=False)
        return self._position()

    def _resume(self, _body: Json, _: tuple[str, ...]) -> Any:
        self._venue.set_running(running=True)
        return self._position()

    def _speed(self, body: Json, _: tuple[str, ...]) -> Any:
        speed = body.get("speed")
        if not isinstance(speed, int | float) or isinstance(speed, bool) or not 0 < speed <= MAX_SPEED:
            raise ControlError(422, f"speed must be a number above 0 and at most {MAX_SPEED}")
        self._venue.set_speed(speed)
        return self._position()

    def _step(self, body: Json, _: tuple[str, ...]) -> Any:
        self._venue.step(_integer(body, "bars", 1, MAX_STEP_BARS))
        return self._position()

    def _jump(self, body: Json, _: tuple[str, ...]) -> Any:
        if "market_time" not in body:
            raise ControlError(422, "market_time (ms) is required")
        self._venue.jump(_integer(body, "market_time", 0, 1 << 62))
        return self._position()

    # ---- faults

    def _add_fault(self, body: Json, _: tuple[str, ...]) -> Any:
        try:
            kind = FaultKind(body.get("kind"))
        except ValueError as error:
            known = ", ".join(kind.value for kind in FaultKind)
            raise ControlError(422, f"kind must be one of {known}") from error
        fault = Fault(
            kind,
            _integer(body, "count", 1, 1_000_000),
            _integer(body, "delay_ms", 0, 600_000),
            _text(body, "api_key", ""),
            _text(body, "method", "").upper(),
            _text(body, "path", ""),
        )
        return _fault(self._faults.add(fault))

    def _list_faults(self, _body: Json, _: tuple[str, ...]) -> Any:
        return [_fault(fault) for fault in self._faults.rules]

    def _clear_faults(self, _body: Json, _: tuple[str, ...]) -> Any:
        self._faults.clear()
        return {}


def _body(request: Request) -> Json:
    if not request.body:
        return {}
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise ControlError(400, "the body is not JSON") from error
    if not isinstance(body, dict):
        raise ControlError(400, "the body must be a JSON object")
    return body


def _text(body: Json, name: str, default: str) -> str:
    value = body.get(name, default)
    if not isinstance(value, str) or len(value) > 200:
        raise ControlError(422, f"{name} must be a text of at most 200 characters")
    return value


def _integer(body: Json, name: str, default: int, largest: int) -> int:
    value = body.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not min(default, 1) <= value <= largest:
        raise ControlError(422, f"{name} must be a whole number of at most {largest}")
    return value


def _units(value: Any, name: str) -> int:
    try:
        return parse_units(str(value))
    except ValueError as error:
        raise ControlError(422, f"{name} must be a decimal text with at most 8 decimals") from error


def _fee(body: Json, name: str) -> int:
    fee = _units(body[name], name) if name in body else DEFAULT_FEE
    if fee > MAX_FEE:
        raise ControlError(422, f"{name} must be at most {format_units(MAX_FEE)}")
    return fee


def _account(account: Account) -> Json:
    return {
        "account_id": account.id,
        "label": account.label,
        "reference": account.reference,
        "maker_fee": format_units(account.maker_fee),
        "taker_fee": format_units(account.taker_fee),
        "balances": payloads.balances_of(account, account.assets()),
        "open_orders": len(account.open_orders),
    }


def _fault(fault: Fault) -> Json:
    return {
        "id": fault.id,
        "kind": fault.kind.value,
        "count": fault.count,
        "hits": fault.hits,
        "delay_ms": fault.delay_ms,
        "api_key": fault.api_key,
        "method": fault.method,
        "path": fault.path,
    }
