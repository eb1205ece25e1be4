"""The control port: token, accounts, keys, validation; and raw protocol requests ccxt never sends."""

import hashlib
import hmac
import http.client
import json
import time
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import ccxt
import pytest

from apps.trading.sandbox.client import AccountKey, SandboxControl, SandboxRefusedError, SandboxUnavailableError
from tests.apps.trading.sandbox.exchange_process import TOKEN, ExchangeProcess


def test_every_operation_needs_the_token(exchange: ExchangeProcess) -> None:
    for token in ("", "wrong", TOKEN + "x"):
        intruder = SandboxControl("127.0.0.1", exchange.facts["control_port"], token)
        for call in (intruder.status, intruder.accounts, intruder.pause):
            with pytest.raises(SandboxRefusedError) as refused:
                call()
            assert refused.value.status == 401
    assert exchange.control.status()["running"]


def test_nobody_at_the_port_is_unavailable() -> None:
    with pytest.raises(SandboxUnavailableError):
        SandboxControl("127.0.0.1", 1, TOKEN).status()


def test_opening_an_account_twice_with_one_reference_opens_one(exchange: ExchangeProcess) -> None:
    facts: dict[str, Any] = {"label": "paper", "funds": {"USDT": Decimal("100.5")}, "reference": "connection-1"}
    first = exchange.control.open_account(**facts, maker_fee=Decimal(0), taker_fee=Decimal("0.0004"))
    assert exchange.control.open_account(**facts) == first
    assert first["balances"] == [{"asset": "USDT", "free": "100.50000000", "locked": "0.00000000"}]
    assert (first["maker_fee"], first["taker_fee"]) == ("0.00000000", "0.00040000")
    assert exchange.control.open_account(label="paper", funds={}) != first


def test_a_revoked_key_is_refused_and_others_live(exchange: ExchangeProcess) -> None:
    key = exchange.new_key()
    second = exchange.control.create_key(key.account_id, "second")
    exchange.control.revoke_key(key.api_key)
    with pytest.raises(ccxt.AuthenticationError):
        ccxt.binance(exchange.settings(key)).fetch_balance()
    assert ccxt.binance(exchange.settings(second)).fetch_balance()["total"]
    with pytest.raises(SandboxRefusedError):
        exchange.control.revoke_key(key.api_key)


def test_reset_cancels_orders_and_restores_funds_but_keeps_history(exchange: ExchangeProcess) -> None:
    key = exchange.new_key()
    venue = ccxt.binance(exchange.settings(key))
    venue.create_order("BTC/USDT", "market", "buy", 1)
    venue.create_order("BTC/USDT", "limit", "buy", 1, 20_000)
    fresh = exchange.control.reset_account(key.account_id)
    assert fresh["balances"][-1] == {"asset": "USDT", "free": "1000000.00000000", "locked": "0.00000000"}
    assert venue.fetch_balance()["total"] == {"BTC": 10, "ETH": 100, "SOL": 1000, "USDT": 1_000_000}
    assert [row["status"] for row in venue.fetch_orders("BTC/USDT")] == ["closed", "canceled"]
    exchange.control.reset_account(key.account_id, {"USDT": Decimal(5)})
    assert venue.fetch_balance()["total"] == {"USDT": 5}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/control/accounts", {"funds": {"XRP": "1"}}, 422),
        ("POST", "/control/accounts", {"funds": {"USDT": "-1"}}, 422),
        ("POST", "/control/accounts", {"funds": {"USDT": "1.123456789"}}, 422),
        ("POST", "/control/accounts", {"funds": []}, 422),
        ("POST", "/control/accounts", {"label": 5}, 422),
        ("POST", "/control/accounts", {"maker_fee": "0.5"}, 422),
        ("POST", "/control/accounts", [], 400),
        ("GET", "/control/accounts/999999", None, 404),
        ("POST", "/control/accounts/999999/keys", {}, 404),
        ("POST", "/control/market/step", {"bars": "1"}, 422),
        ("POST", "/control/market/speed", {"speed": True}, 422),
        ("POST", "/control/market/jump", {}, 422),
        ("POST", "/control/faults", {"kind": "earthquake"}, 422),
        ("POST", "/control/faults", {"kind": "drop", "count": 0}, 422),
        ("GET", "/control/nothing", None, 404),
    ],
)
def test_bad_control_requests_change_nothing(
    exchange: ExchangeProcess, method: str, path: str, body: Any, status: int
) -> None:
    exchange.control.pause()
    before = exchange.control.status() | {"digest": exchange.control.digest()}
    connection = http.client.HTTPConnection("127.0.0.1", exchange.facts["control_port"])
    connection.request(method, path, None if body is None else json.dumps(body), {"Authorization": f"Bearer {TOKEN}"})
    answer = connection.getresponse()
    assert (answer.status, list(json.loads(answer.read()))) == (status, ["error"])
    after = exchange.control.status() | {"digest": exchange.control.digest()}
    kept = [name for name in before if name not in ("wall_time", "rates")]  # those change by themselves
    assert [after[name] for name in kept] == [before[name] for name in kept]


def send(exchange: ExchangeProcess, method: str, path: str, body: str = "", key: str = "") -> tuple[int, Any, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", exchange.facts["port"])
    connection.request(method, path, body, {"X-MBX-APIKEY": key} if key else {})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read()), answer.headers


def sign(key: AccountKey, text: str) -> str:
    return hmac.new(key.secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def test_parameters_come_from_query_or_body_or_both_and_the_query_wins(exchange: ExchangeProcess) -> None:
    key = exchange.new_key()
    limit = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01"}
    query = urlencode(limit | {"timestamp": int(time.time() * 1000)})
    body = "price=20000&quantity=0.5"
    signed = f"{query}{body}"  # joined without a separator
    path = f"/api/v3/order?{query}&signature={sign(key, signed).upper()}"
    status, order, _ = send(exchange, "POST", path, body, key.api_key)
    assert (status, order["origQty"], order["price"]) == (200, "0.01000000", "20000.00000000")
    body = urlencode({"symbol": "BTCUSDT", "orderId": order["orderId"], "timestamp": int(time.time() * 1000)})
    status, cancelled, _ = send(exchange, "DELETE", "/api/v3/order", f"{body}&signature={sign(key, body)}", key.api_key)
    assert (status, cancelled["status"]) == (200, "CANCELED")


def test_missing_credentials_have_the_protocol_s_codes(exchange: ExchangeProcess) -> None:
    key = exchange.new_key()
    now = int(time.time() * 1000)
    signed = f"timestamp={now}&signature={sign(key, f'timestamp={now}')}"
    micro = f"timestamp={now}000"
    cases = [
        ("", signed, 401, -2014),
        ("nope", signed, 401, -2015),
        (key.api_key, f"timestamp={now}", 400, -1102),
        (key.api_key, "signature=x", 400, -1102),
        (key.api_key, f"timestamp=x&signature={sign(key, 'timestamp=x')}", 400, -1102),
        (key.api_key, f"timestamp={now}&recvWindow=60001&signature=x", 400, -1131),
        (key.api_key, f"timestamp={now}&recvWindow=abc&signature=x", 400, -1100),
        (key.api_key, f"timestamp={now}&signature=%C3%BC", 400, -1022),
    ]
    for api_key, query, status, code in cases:
        got, body, _ = send(exchange, "GET", f"/api/v3/account?{query}", key=api_key)
        assert (got, body["code"]) == (status, code), query
    status, _, _ = send(exchange, "GET", f"/api/v3/account?{micro}&signature={sign(key, micro)}", key=key.api_key)
    assert status == 200


def test_weights_unknown_paths_and_huge_bodies(exchange: ExchangeProcess) -> None:
    _, _, first = send(exchange, "GET", "/api/v3/time")
    _, _, second = send(exchange, "GET", "/api/v3/exchangeInfo")
    used = [int(headers["X-MBX-USED-WEIGHT-1M"]) for headers in (first, second)]
    assert used[1] - used[0] == 20 or used[1] == 20  # a new minute may have begun between the two
    assert send(exchange, "GET", "/api/v3/nothing")[0] == 404
    assert send(exchange, "GET", "/api/v3/depth?symbol=BTCUSDT&limit=0")[1]["code"] == -1130
    assert send(exchange, "GET", "/api/v3/klines?symbol=BTCUSDT&interval=5m&startTime=-1")[1]["code"] == -1100
    assert send(exchange, "GET", "/api/v3/depth")[1]["code"] == -1102
    assert send(exchange, "POST", "/api/v3/order", "x" * ((1 << 16) + 1))[0] == 413
