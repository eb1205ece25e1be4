"""The control face: accounts, keys, market clock and faults. Bearer token on every request."""

import hmac
import re
from collections.abc import Callable
from typing import Any

from apps.trading.sandbox.exchange import payloads
from apps.trading.sandbox.exchange.amounts import UNIT, format_units
from apps.trading.sandbox.exchange.candles import QUANTA
from apps.trading.sandbox.exchange.control_faults import ControlFaults
from apps.trading.sandbox.exchange.control_fields import Json, integer, only, read_body, text, texts, units
from apps.trading.sandbox.exchange.errors import ControlError
from apps.trading.sandbox.exchange.faults import FaultBox
from apps.trading.sandbox.exchange.hub import Hub
from apps.trading.sandbox.exchange.journal import JournalBrokenError
from apps.trading.sandbox.exchange.keys import GRANTED_BY_DEFAULT, check_new_key
from apps.trading.sandbox.exchange.state import DEFAULT_FEE, Account
from apps.trading.sandbox.exchange.status_page import RateWatch
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

Handler = Callable[[Json, tuple[str, ...]], Any]
MAX_STEP_BARS = 10_000
MAX_SPEED = 100_000
MAX_FEE = UNIT // 10
MAX_PEM = 4_000


class ControlApp:
    """ASGI application of the control listener."""

    def __init__(self, venue: Venue, hub: Hub, faults: FaultBox, rates: RateWatch) -> None:
        self._venue = venue
        self._hub = hub
        self._faults = faults
        self._rates = rates
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
                ("POST", r"/control/accounts/(\d+)/fees", self._set_fees),
                ("DELETE", r"/control/keys/(\w+)", self._revoke_key),
                ("POST", r"/control/market/pause", self._pause),
                ("POST", r"/control/market/resume", self._resume),
                ("POST", r"/control/market/speed", self._speed),
                ("POST", r"/control/market/step", self._step),
                ("POST", r"/control/market/jump", self._jump),
                ("GET", r"/control/snapshot", self._show_snapshot),
                ("POST", r"/control/snapshot", self._snapshot),
                *ControlFaults(venue, hub, faults).routes(),
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
                return handler(read_body(request), match.groups())
        raise ControlError(404, f"no control operation {request.method} {request.path}")

    # ---- accounts

    def _open_account(self, body: Json, _: tuple[str, ...]) -> Any:
        fees = (_fee(body, "maker_fee"), _fee(body, "taker_fee"))
        label, reference = text(body, "label", ""), text(body, "reference", "")
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
        kind, public_key = text(body, "kind", "HMAC"), text(body, "public_key", "", MAX_PEM)
        permissions, ips = texts(body, "permissions", GRANTED_BY_DEFAULT), texts(body, "ips", ())
        try:
            check_new_key(kind, public_key, permissions, ips)
        except ValueError as error:
            raise ControlError(422, str(error)) from error
        label = text(body, "label", "")
        key = self._venue.add_key(
            self._account(parts), label, kind=kind, public_key=public_key, permissions=permissions, ips=ips
        )
        return {"api_key": key.key, "secret": key.secret, "account_id": key.account_id}

    def _revoke_key(self, _body: Json, parts: tuple[str, ...]) -> Any:
        if parts[0] not in self._venue.engine.state.keys:
            raise ControlError(404, "no such key")
        self._venue.revoke_key(parts[0])
        self._faults.clear(parts[0])
        return {}

    def _set_fees(self, body: Json, parts: tuple[str, ...]) -> Any:
        """Set both rates, and the asset that pays fees at a discount (empty: what is received pays)."""
        account = self._account(parts)
        only(body, frozenset({"maker_fee", "taker_fee", "fee_asset", "fee_discount"}))
        asset = text(body, "fee_asset", "")
        if asset and asset not in self._assets():
            raise ControlError(422, f"fee_asset must be one of {', '.join(sorted(self._assets()))}")
        discount = units(body.get("fee_discount", "0"), "fee_discount")
        if discount > UNIT or (discount and not asset):
            raise ControlError(422, "fee_discount must be from 0 to 1, and needs a fee_asset")
        maker, taker = _fee(body, "maker_fee"), _fee(body, "taker_fee")
        return _account(self._venue.set_fees(account, maker=maker, taker=taker, fee_asset=asset, fee_discount=discount))

    def _account(self, parts: tuple[str, ...]) -> Account:
        account = self._venue.engine.state.accounts.get(int(parts[0]))
        if account is None:
            raise ControlError(404, "no such account")
        return account

    def _funds(self, body: Json, default: dict[str, int]) -> dict[str, int]:
        given = body.get("funds")
        if given is None:
            return default
        assets = self._assets()
        if not isinstance(given, dict) or not given.keys() <= assets:
            raise ControlError(422, f"funds must be amounts of {', '.join(sorted(assets))}")
        return {asset: units(amount, f"funds.{asset}") for asset, amount in given.items()}

    def _assets(self) -> set[str]:
        specs = [market.spec for market in self._venue.engine.state.markets.values()]
        return {spec.base for spec in specs} | {spec.quote for spec in specs}

    # ---- snapshots

    def _snapshot(self, _body: Json, _: tuple[str, ...]) -> Any:
        """Begin a snapshot; `started` is false when one is being written already."""
        return {"started": self._venue.request_snapshot()} | self._venue.snapshot_facts()

    def _show_snapshot(self, _body: Json, _: tuple[str, ...]) -> Any:
        return self._venue.snapshot_facts()

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
            "open_orders": sum(account.open_count for account in engine.state.accounts.values()),
            "counters": self._venue.counters | {"journal_records": journal.records, "journal_syncs": journal.syncs},
            "rates": self._rates.rates(),
            "subscriptions": self._hub.counts(),
            "statuses": {name: market.status for name, market in engine.state.markets.items()},
            "maintenance": self._faults.in_maintenance,
            "faults": len(self._faults.rules),
            "snapshot": self._venue.snapshot_facts(),
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
        self._venue.step(integer(body, "bars", 1, MAX_STEP_BARS))
        return self._position()

    def _jump(self, body: Json, _: tuple[str, ...]) -> Any:
        if "market_time" not in body:
            raise ControlError(422, "market_time (ms) is required")
        self._venue.jump(integer(body, "market_time", 0, 1 << 62))
        return self._position()


def _fee(body: Json, name: str) -> int:
    fee = units(body[name], name) if name in body else DEFAULT_FEE
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
        "fee_asset": account.fee_asset,
        "fee_discount": format_units(account.fee_discount),
        "balances": payloads.balances_of(account, account.assets()),
        "open_orders": account.open_count,
    }
