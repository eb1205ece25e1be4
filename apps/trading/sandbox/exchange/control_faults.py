"""The control port's verbs for faults: rules on the wire, profiles of keys, and symbols taken out of trading."""

from typing import Any

from apps.trading.sandbox.exchange.control_fields import Json, flag, integer, only, text
from apps.trading.sandbox.exchange.errors import ControlError
from apps.trading.sandbox.exchange.faults import STANDING, Fault, FaultBox, FaultKind
from apps.trading.sandbox.exchange.hub import Hub
from apps.trading.sandbox.exchange.state import MarketState
from apps.trading.sandbox.exchange.venue import Venue

Parts = tuple[str, ...]
MAX_DELAY_MS, MAX_SKEW_MS, MAX_COUNT, MAX_PROFILE = 600_000, 86_400_000, 1_000_000, 50
_FIELDS = frozenset({"kind", "count", "delay_ms", "skew_ms", "percent", "every", "api_key", "method", "path"})


class ControlFaults:
    """Handlers of the control port; each takes the body and the parts of the address."""

    def __init__(self, venue: Venue, hub: Hub, box: FaultBox) -> None:
        self._venue = venue
        self._hub = hub
        self._box = box

    def routes(self) -> tuple[tuple[str, str, Any], ...]:
        """Method, address pattern and handler."""
        return (
            ("GET", r"/control/faults", self._list),
            ("POST", r"/control/faults", self._add),
            ("DELETE", r"/control/faults", self._clear),
            ("DELETE", r"/control/faults/(\d+)", self._remove),
            ("GET", r"/control/keys/(\w+)/faults", self._list),
            ("PUT", r"/control/keys/(\w+)/faults", self._put_profile),
            ("DELETE", r"/control/keys/(\w+)/faults", self._clear),
            ("POST", r"/control/symbols/(\w+)/halt", self._halt),
            ("POST", r"/control/symbols/(\w+)/trade", self._trade),
        )

    def _list(self, _body: Json, parts: Parts) -> Any:
        rules = self._box.rules
        return [_view(rule) for rule in rules if not parts or rule.api_key == self._known_key(parts[0])]

    def _add(self, body: Json, _: Parts) -> Any:
        rule = self._read(body)
        return _view(self._activate(rule))

    def _put_profile(self, body: Json, parts: Parts) -> Any:
        """Replace all rules of a key; nothing changes when one of them is refused."""
        only(body, frozenset({"faults"}))
        key, given = self._known_key(parts[0]), body.get("faults")
        if not isinstance(given, list) or len(given) > MAX_PROFILE or not all(isinstance(row, dict) for row in given):
            raise ControlError(422, f"faults must be a list of at most {MAX_PROFILE} rules")
        rules = [self._read(row | {"api_key": key}) for row in given]
        self._box.clear(key)
        return [_view(self._activate(rule)) for rule in rules]

    def _clear(self, _body: Json, parts: Parts) -> Any:
        self._box.clear(self._known_key(parts[0]) if parts else "")
        return {}

    def _remove(self, _body: Json, parts: Parts) -> Any:
        if not self._box.remove(int(parts[0])):
            raise ControlError(404, "no such fault, or it is used up")
        return {}

    def _activate(self, rule: Fault) -> Fault:
        self._box.add(rule)
        if self._box.in_maintenance:
            self._hub.close_all()
        return rule

    def _known_key(self, key: str) -> str:
        if key not in self._venue.state.keys:
            raise ControlError(404, "no such key")
        return key

    def _read(self, body: Json) -> Fault:
        only(body, _FIELDS)
        try:
            kind = FaultKind(body.get("kind"))
        except ValueError as error:
            known = ", ".join(kind.value for kind in FaultKind)
            raise ControlError(422, f"kind must be one of {known}") from error
        rule = Fault(
            kind,
            0 if kind in STANDING else integer(body, "count", 1, MAX_COUNT),
            integer(body, "delay_ms", 0, MAX_DELAY_MS),
            _signed(body, "skew_ms", MAX_SKEW_MS),
            integer(body, "percent", 0, 99),
            integer(body, "every", 1, MAX_COUNT),
            text(body, "api_key", ""),
            text(body, "method", "").upper(),
            text(body, "path", ""),
        )
        for name, wanted in (("skew_ms", FaultKind.CLOCK_SKEW), ("percent", FaultKind.PARTIAL_FILL)):
            if bool(getattr(rule, name)) != (kind is wanted):
                raise ControlError(422, f"{wanted.value} needs {name} other than 0, and no other kind has it")
        if rule.api_key and rule.api_key not in self._venue.state.keys:
            raise ControlError(422, "api_key is not a key of this exchange")
        return rule

    # ---- symbols

    def _halt(self, body: Json, parts: Parts) -> Any:
        """Take a symbol out of trading, as before a delisting; its open orders stay unless they are to be cancelled."""
        only(body, frozenset({"cancel_orders"}))
        market, cancels = self._market(parts), flag(body, "cancel_orders")
        if not market.halted:
            self._submit_halt(market, halted=True)
        if cancels:
            self._cancel_orders(market)
        return {"symbol": market.spec.name, "status": market.status}

    def _trade(self, _body: Json, parts: Parts) -> Any:
        market = self._market(parts)
        if market.halted:
            self._submit_halt(market, halted=False)
        return {"symbol": market.spec.name, "status": market.status}

    def _submit_halt(self, market: MarketState, *, halted: bool) -> None:
        now = self._venue.clock.now_ms()
        self._venue.submit({"k": "halt", "t": now, "s": market.spec.name, "halted": halted})

    def _cancel_orders(self, market: MarketState) -> None:
        for order in [order for order in market.orders.values() if order.is_open]:
            if order.is_open:  # the other leg of a list may have gone with the first
                self._venue.cancel_order(self._venue.state.accounts[order.account_id], order, "")

    def _market(self, parts: Parts) -> MarketState:
        market = self._venue.state.markets.get(parts[0])
        if market is None:
            raise ControlError(404, f"no such symbol; there are {', '.join(self._venue.state.markets)}")
        return market


def _signed(body: Json, name: str, largest: int) -> int:
    value = body.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > largest:
        raise ControlError(422, f"{name} must be a whole number from -{largest} to {largest}")
    return value


def _view(fault: Fault) -> Json:
    return {
        "id": fault.id,
        "kind": fault.kind.value,
        "count": fault.count,
        "hits": fault.hits,
        "delay_ms": fault.delay_ms,
        "skew_ms": fault.skew_ms,
        "percent": fault.percent,
        "every": fault.every,
        "api_key": fault.api_key,
        "method": fault.method,
        "path": fault.path,
    }
