"""Client of a sandbox exchange's control port, and the settings that make ccxt talk to a sandbox exchange.

Django-free and synchronous (http.client). Amounts travel as decimal texts; times are Unix milliseconds.
"""

import http.client
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Json = dict[str, Any]


class SandboxUnavailableError(Exception):
    """The control port did not answer: what was asked may or may not have happened."""


class SandboxRefusedError(Exception):
    """The exchange refused a control request; nothing has changed."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class AccountKey:
    """An HMAC key of a sandbox account. The secret is shown once."""

    account_id: int
    api_key: str
    secret: str


@dataclass(frozen=True)
class MarketPosition:
    """Where the market clock stands."""

    market_time: int  # ms
    last_closed_bar: int  # open time in ms of the newest closed base bar
    running: bool
    standing: bool  # in lock-step
    speed: float
    prices: dict[str, Decimal]  # by exchange symbol (BTCUSDT)


class SandboxControl:
    """One exchange's control port. Methods raise SandboxUnavailableError or SandboxRefusedError."""

    def __init__(self, host: str, port: int, token: str, *, timeout: float = 10.0) -> None:
        self._address = (host, port)
        self._token = token
        self._timeout = timeout

    def open_account(
        self,
        *,
        label: str,
        funds: Mapping[str, Decimal],
        reference: str = "",
        maker_fee: Decimal | None = None,
        taker_fee: Decimal | None = None,
    ) -> Json:
        """A new account; with a `reference` that is known already, that account (safe to repeat)."""
        body: Json = {"label": label, "reference": reference, "funds": _texts(funds)}
        if maker_fee is not None:
            body["maker_fee"] = f"{maker_fee:f}"
        if taker_fee is not None:
            body["taker_fee"] = f"{taker_fee:f}"
        return self._object("POST", "/control/accounts", body)

    def account(self, account_id: int) -> Json:
        """Label, fees, balances and number of open orders."""
        return self._object("GET", f"/control/accounts/{account_id}")

    def accounts(self) -> list[Json]:
        """Every account."""
        found: list[Json] = self._request("GET", "/control/accounts")
        return found

    def reset_account(self, account_id: int, funds: Mapping[str, Decimal] | None = None) -> Json:
        """Cancel all open orders and set the balances (None: as at opening)."""
        body = {} if funds is None else {"funds": _texts(funds)}
        return self._object("POST", f"/control/accounts/{account_id}/reset", body)

    def set_fees(
        self, account_id: int, *, maker_fee: str, taker_fee: str, fee_asset: str = "", fee_discount: str = "0"
    ) -> Json:
        """Set an account's rates (decimal texts), and the asset that pays its fees at a discount."""
        body = {"maker_fee": maker_fee, "taker_fee": taker_fee, "fee_asset": fee_asset, "fee_discount": fee_discount}
        return self._object("POST", f"/control/accounts/{account_id}/fees", body)

    def create_key(
        self,
        account_id: int,
        label: str = "",
        *,
        permissions: Sequence[str] = ("read", "trade"),
        ips: Sequence[str] = (),
    ) -> AccountKey:
        """A new key with rights (some of read, trade, withdraw), for all addresses or for those listed."""
        body = {"label": label, "permissions": list(permissions), "ips": list(ips)}
        made = self._object("POST", f"/control/accounts/{account_id}/keys", body)
        return AccountKey(made["account_id"], made["api_key"], made["secret"])

    def revoke_key(self, api_key: str) -> None:
        """Refuse a key from now on."""
        self._request("DELETE", f"/control/keys/{api_key}")

    def status(self) -> Json:
        """Mode, clock, symbols, prices and counters."""
        return self._object("GET", "/control/status")

    def digest(self) -> str:
        """SHA-256 over books, orders, balances and trade ids: equal after a replay. Reads every order ever placed."""
        found: str = self._object("GET", "/control/digest")["state_digest"]
        return found

    def pause(self) -> MarketPosition:
        """Stop the market clock where it is."""
        return self._move("pause")

    def resume(self) -> MarketPosition:
        """Let the market clock run; leaves lock-step."""
        return self._move("resume")

    def set_speed(self, speed: float) -> MarketPosition:
        """Market seconds per wall second (replay only)."""
        return self._move("speed", {"speed": speed})

    def step(self, bars: int = 1) -> MarketPosition:
        """Close `bars` bars; the market then stands at the next bar's open, zero spread and deep."""
        return self._move("step", {"bars": bars})

    def jump(self, market_time: int) -> MarketPosition:
        """Go to the bar that holds a market time without walking there."""
        return self._move("jump", {"market_time": market_time})

    def inject_fault(self, kind: str, **rule: Any) -> Json:
        """Make matching requests or frames fail; kinds are faults.FaultKind, empty filters match all.

        `rule` may hold count, every, delay_ms, skew_ms, percent, api_key, method and path.
        """
        return self._object("POST", "/control/faults", {"kind": kind, **rule})

    def faults(self) -> list[Json]:
        """Rules not yet used up."""
        found: list[Json] = self._request("GET", "/control/faults")
        return found

    def put_fault_profile(self, api_key: str, rules: list[Json]) -> list[Json]:
        """Replace all rules of a key; an empty list ends them."""
        found: list[Json] = self._request("PUT", f"/control/keys/{api_key}/faults", {"faults": rules})
        return found

    def remove_fault(self, fault_id: int) -> None:
        """Deactivate one rule."""
        self._request("DELETE", f"/control/faults/{fault_id}")

    def clear_faults(self) -> None:
        """Deactivate every rule."""
        self._request("DELETE", "/control/faults")

    def halt_symbol(self, symbol: str, *, cancel_orders: bool = False) -> Json:
        """Take a symbol out of trading (status BREAK); open orders stay unless they are to be cancelled."""
        return self._object("POST", f"/control/symbols/{symbol}/halt", {"cancel_orders": cancel_orders})

    def trade_symbol(self, symbol: str) -> Json:
        """Take a symbol back into trading."""
        return self._object("POST", f"/control/symbols/{symbol}/trade", {})

    def request_snapshot(self) -> Json:
        """Begin a snapshot beside the running exchange; `started` is false when one is being written."""
        return self._object("POST", "/control/snapshot", {})

    def snapshot_facts(self) -> Json:
        """Generation, records since the last snapshot, whether one is being written, the last failure."""
        return self._object("GET", "/control/snapshot")

    def _move(self, name: str, body: Json | None = None) -> MarketPosition:
        moved = self._object("POST", f"/control/market/{name}", body or {})
        prices = {symbol: Decimal(price) for symbol, price in moved.pop("prices").items()}
        return MarketPosition(prices=prices, **moved)

    def _object(self, method: str, path: str, body: Json | None = None) -> Json:
        found: Json = self._request(method, path, body)
        return found

    def _request(self, method: str, path: str, body: Json | None = None) -> Any:
        connection = http.client.HTTPConnection(*self._address, timeout=self._timeout)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            payload = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise SandboxUnavailableError(f"control port {self._address[0]}:{self._address[1]}: {error}") from error
        finally:
            connection.close()
        if answer.status != 200:
            raise SandboxRefusedError(answer.status, str(payload.get("error", "")))
        return payload


def ccxt_urls(base_url: str) -> Json:
    """Constructor settings for binance and binanceusdm of ccxt, ccxt.async_support and ccxt.pro.

    `base_url` is the exchange's http address without a trailing slash. **Every** address ccxt knows is replaced, so no
    call can reach the real venue. Add `apiKey` and `secret`.
    """
    sockets = base_url.replace("http", "ws", 1)
    api: Json = {"public": f"{base_url}/api/v3", "private": f"{base_url}/api/v3", "v1": f"{base_url}/api/v1"}
    for name, version in (("sapi", "1"), ("sapiV2", "2"), ("sapiV3", "3"), ("sapiV4", "4")):
        api[name] = f"{base_url}/sapi/v{version}"
    for family in ("fapi", "dapi", "eapi"):
        for access in ("Public", "Private"):
            for suffix, version in (("", "1"), ("V2", "2"), ("V3", "3")):
                api[f"{family}{access}{suffix}"] = f"{base_url}/{family}/v{version}"
        api[f"{family}Data"] = f"{base_url}/futures/data"
    api |= {"papi": f"{base_url}/papi/v1", "papiV2": f"{base_url}/papi/v2"}
    # ccxt.pro takes a stream for spot only when its address contains "/stream".
    names = ("spot", "margin", "linear", "inverse", "stock", "option", "optionMarket", "optionPrivate", "papi")
    streams: Json = dict.fromkeys(names, f"{sockets}/stream/ws") | {"linear": f"{sockets}/fstream/ws"}
    streams["ws-api"] = dict.fromkeys(("spot", "linear", "inverse"), f"{sockets}/ws-api/v3")
    api["ws"] = streams
    return {"urls": {"api": api}}


def _texts(funds: Mapping[str, Decimal]) -> dict[str, str]:
    return {asset: f"{amount:f}" for asset, amount in funds.items()}
