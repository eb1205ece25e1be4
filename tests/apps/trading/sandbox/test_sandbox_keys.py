"""HMAC, RSA and Ed25519 keys, their permissions and addresses, and the raw bytes a signature covers."""

import base64
import hashlib
import hmac
import http.client
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
import ccxt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from apps.trading.sandbox.client import AccountKey
from apps.trading.sandbox.exchange.keys import check_new_key
from tests.apps.trading.sandbox.exchange_process import RICH, TOKEN, ExchangeProcess

Private = RSAPrivateKey | Ed25519PrivateKey
BTC = {"symbol": "BTCUSDT"}
ORDER = BTC | {"side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01", "price": "20000"}


@pytest.fixture(scope="module")
def rsa() -> RSAPrivateKey:
    return generate_private_key(65_537, 2_048)


@pytest.fixture(scope="module")
def ed25519() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def public_text(private: Private) -> str:
    return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def private_text(private: Private) -> str:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def sign(private: Private, payload: bytes) -> str:
    if isinstance(private, RSAPrivateKey):
        return base64.b64encode(private.sign(payload, PKCS1v15(), SHA256())).decode()
    return base64.b64encode(private.sign(payload)).decode()


def control(exchange: ExchangeProcess, path: str, body: dict[str, Any]) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", exchange.facts["control_port"], timeout=10)
    connection.request("POST", path, json.dumps(body), {"Authorization": f"Bearer {TOKEN}"})
    answer = connection.getresponse()
    payload = json.loads(answer.read())
    connection.close()
    return answer.status, payload


def new_key(exchange: ExchangeProcess, **facts: Any) -> dict[str, Any]:
    account = exchange.control.open_account(label="keys", funds=RICH)
    status, made = control(exchange, f"/control/accounts/{account['account_id']}/keys", facts)
    assert status == 200, made
    return dict(made)


def call(exchange: ExchangeProcess, method: str, target: str, body: bytes = b"", **headers: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", exchange.facts["port"], timeout=10)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, target, body, {"Content-Type": "application/x-www-form-urlencoded", **names})
    answer = connection.getresponse()
    payload = json.loads(answer.read())
    connection.close()
    return answer.status, payload


@pytest.mark.parametrize("kind", ["RSA", "ED25519"])
def test_ccxt_signs_with_rsa_and_ed25519(
    exchange: ExchangeProcess, rsa: RSAPrivateKey, ed25519: Ed25519PrivateKey, kind: str
) -> None:
    private: Private = rsa if kind == "RSA" else ed25519
    made = new_key(exchange, kind=kind, public_key=public_text(private))
    venue = ccxt.binance(exchange.settings(AccountKey(1, made["api_key"], private_text(private))))
    order = venue.create_order("BTC/USDT", "limit", "buy", 0.01, 20_000)
    assert venue.fetch_open_orders("BTC/USDT")[0]["id"] == order["id"]
    assert venue.cancel_order(order["id"], "BTC/USDT")["status"] == "canceled"
    other: Private = ed25519 if kind == "RSA" else rsa
    wrong = ccxt.binance(exchange.settings(AccountKey(1, made["api_key"], private_text(other))))
    with pytest.raises(ccxt.AuthenticationError, match="-1022"):
        wrong.fetch_balance()


def test_rsa_and_ed25519_signatures_are_case_sensitive_hmac_ones_are_not(
    exchange: ExchangeProcess, ed25519: Ed25519PrivateKey
) -> None:
    made = new_key(exchange, kind="ED25519", public_key=public_text(ed25519))
    query = f"timestamp={int(time.time() * 1000)}"
    for text, status in ((sign(ed25519, query.encode()), 200), (sign(ed25519, query.encode()).swapcase(), 400)):
        target = f"/api/v3/account?{query}&signature={quote(text, safe='')}"
        assert call(exchange, "GET", target, X_MBX_APIKEY=made["api_key"])[0] == status
    key = exchange.new_key()
    text = hmac.new(key.secret.encode(), query.encode(), hashlib.sha256).hexdigest()
    for signature in (text, text.upper()):
        target = f"/api/v3/account?{query}&signature={signature}"
        assert call(exchange, "GET", target, X_MBX_APIKEY=key.api_key)[0] == 200


def signed(key: AccountKey, query: str, body: str) -> str:
    return hmac.new(key.secret.encode(), (query + body).encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize("split", [0, 3, 7])
def test_parameters_come_in_the_query_the_body_or_both(exchange: ExchangeProcess, split: int) -> None:
    key = exchange.new_key()
    pairs = [*ORDER.items(), ("timestamp", str(int(time.time() * 1000)))]
    query, body = urlencode(pairs[:split]), urlencode(pairs[split:])
    signature = signed(key, query, body)
    in_query = f"{query}&signature={signature}" if query else f"signature={signature}"
    status, order = call(exchange, "POST", f"/api/v3/order?{in_query}", body.encode(), X_MBX_APIKEY=key.api_key)
    assert status == 200, order
    pairs = [("symbol", "BTCUSDT"), ("orderId", order["orderId"]), ("timestamp", str(int(time.time() * 1000)))]
    text = urlencode(pairs)
    body = f"{text}&signature={signed(key, '', text)}"  # python-binance deletes with a body
    status, cancelled = call(exchange, "DELETE", "/api/v3/order", body.encode(), X_MBX_APIKEY=key.api_key)
    assert (status, cancelled["status"]) == (200, "CANCELED")


def test_the_query_wins_over_the_body_and_nothing_may_come_twice(exchange: ExchangeProcess) -> None:
    key = exchange.new_key()
    now = int(time.time() * 1000)
    query, body = urlencode(ORDER | {"timestamp": now}), "price=900000000"
    target = f"/api/v3/order/test?{query}&signature={signed(key, query, body)}"
    assert call(exchange, "POST", target, body.encode(), X_MBX_APIKEY=key.api_key) == (200, {})
    twice = f"{query}&price=20001"
    target = f"/api/v3/order/test?{twice}&signature={signed(key, twice, '')}"
    expected = {"code": -1101, "msg": "Duplicate values for a parameter detected."}
    assert call(exchange, "POST", target, X_MBX_APIKEY=key.api_key) == (400, expected)


def test_the_signature_covers_the_bytes_that_were_sent(exchange: ExchangeProcess) -> None:
    key = exchange.new_key()
    # Not how urlencode would write it: encoding the parsed parameters again would give other bytes.
    query = f"symbol=BTC%55SDT&timestamp={int(time.time() * 1000)}&origClientOrderId=a%2fb"
    target = f"/api/v3/order?{query}&signature={signed(key, query, '')}"
    status, answer = call(exchange, "GET", target, X_MBX_APIKEY=key.api_key)
    assert (status, answer["code"]) == (400, -2013)


def test_times_in_microseconds(exchange: ExchangeProcess) -> None:
    key = exchange.new_key()
    query = f"timestamp={time.time_ns() // 1000}&recvWindow=5000.123"
    target = f"/api/v3/account?{query}&signature={signed(key, query, '')}"
    assert call(exchange, "GET", target, X_MBX_APIKEY=key.api_key)[0] == 200
    status, answer = call(exchange, "GET", "/api/v3/time", X_MBX_TIME_UNIT="MICROSECOND")
    assert status == 200
    assert len(str(answer["serverTime"])) == 16
    status, rows = call(
        exchange, "GET", "/api/v3/klines?symbol=BTCUSDT&interval=1h&limit=2", X_MBX_TIME_UNIT="microsecond"
    )
    assert {len(str(row[place])) for row in rows for place in (0, 6)} == {16}
    start = rows[0][0]
    again = call(exchange, "GET", f"/api/v3/klines?symbol=BTCUSDT&interval=1h&limit=1&startTime={start}")[1]
    assert again[0][0] * 1000 == start
    expected = {"code": -1194, "msg": "Invalid value for time unit; expected either MICROSECOND or MILLISECOND."}
    assert call(exchange, "GET", "/api/v3/time", X_MBX_TIME_UNIT="HOUR") == (400, expected)


def client(exchange: ExchangeProcess, made: dict[str, Any], secret: str = "") -> Any:
    """A fresh client: one that succeeded before takes -2015 for a temporary ban."""
    return ccxt.binance(exchange.settings(AccountKey(1, made["api_key"], secret or made["secret"])))


def test_permissions(exchange: ExchangeProcess) -> None:
    reader = new_key(exchange, permissions=["read"])
    assert client(exchange, reader).fetch_balance()["USDT"]["total"] == 1_000_000
    with pytest.raises(ccxt.AuthenticationError, match="-2015"):
        client(exchange, reader).private_post_order(ORDER)
    assert client(exchange, reader).private_get_allorders(BTC) == []
    trader = new_key(exchange, permissions=["trade"])
    client(exchange, trader).private_post_order(ORDER)
    with pytest.raises(ccxt.AuthenticationError, match="-2015"):
        client(exchange, trader).private_get_account()


def test_address_lists(exchange: ExchangeProcess) -> None:
    for ips, allowed in ((["127.0.0.0/8"], True), (["10.0.0.1", "127.0.0.1"], True), (["10.0.0.1"], False)):
        made = new_key(exchange, ips=ips)
        venue = client(exchange, made)
        if allowed:
            assert venue.private_get_account()["canTrade"]
            continue
        with pytest.raises(ccxt.AuthenticationError, match="-2015"):
            venue.private_get_account()


@pytest.mark.parametrize(
    "facts",
    [
        {"kind": "DSA"},
        {"kind": "RSA"},
        {"kind": "ED25519", "public_key": "no key"},
        {"kind": "HMAC", "public_key": "something"},
        {"permissions": ["transfer"]},
        {"permissions": []},
        {"ips": ["somewhere"]},
    ],
)
def test_impossible_keys_are_refused(exchange: ExchangeProcess, facts: dict[str, Any]) -> None:
    before = exchange.control.status()["keys"]
    account = exchange.control.open_account(label="keys", funds=RICH)
    status, answer = control(exchange, f"/control/accounts/{account['account_id']}/keys", facts)
    assert status == 422, answer
    assert exchange.control.status()["keys"] == before


def test_a_key_must_be_of_the_kind_it_says(rsa: RSAPrivateKey, ed25519: Ed25519PrivateKey) -> None:
    check_new_key("RSA", public_text(rsa), ["read"], [])
    for kind, private in (("ED25519", rsa), ("RSA", ed25519), ("RSA", generate_private_key(65_537, 1_024))):
        with pytest.raises(ValueError, match="public_key must be"):
            check_new_key(kind, public_text(private), ["read"], [])


def test_keys_survive_a_restart(new_exchange: Callable[..., ExchangeProcess], ed25519: Ed25519PrivateKey) -> None:
    exchange = new_exchange()
    facts = {"kind": "ED25519", "public_key": public_text(ed25519), "permissions": ["read"], "ips": ["127.0.0.1"]}
    made = new_key(exchange, **facts)
    for end in (exchange.kill, exchange.stop):
        end()
        exchange.start()
        assert client(exchange, made, private_text(ed25519)).fetch_balance()["USDT"]["total"] == 1_000_000
        with pytest.raises(ccxt.AuthenticationError, match="-2015"):
            client(exchange, made, private_text(ed25519)).private_post_order(ORDER)


# ---- WS-API sessions


def socket_params(private: Private, api_key: str, **more: Any) -> dict[str, Any]:
    params = {"apiKey": api_key, "timestamp": int(time.time() * 1000), **more}
    payload = "&".join(f"{name}={params[name]}" for name in sorted(params))
    return params | {"signature": sign(private, payload.encode())}


async def ask(socket: Any, method: str, **params: Any) -> dict[str, Any]:
    await socket.send_json({"id": method, "method": method, "params": params})
    while True:
        answer = await socket.receive_json(timeout=10)
        if answer.get("id") == method:
            return dict(answer)


async def test_session_logon_wants_ed25519(
    exchange: ExchangeProcess, rsa: RSAPrivateKey, ed25519: Ed25519PrivateKey
) -> None:
    made = new_key(exchange, kind="ED25519", public_key=public_text(ed25519))
    async with aiohttp.ClientSession(exchange.base_url) as session, session.ws_connect("/ws-api/v3") as socket:
        assert (await ask(socket, "session.status"))["result"]["apiKey"] is None
        answer = await ask(socket, "session.logon", **socket_params(ed25519, made["api_key"]))
        assert answer["result"]["apiKey"] == made["api_key"]
        now = int(time.time() * 1000)
        placed = await ask(socket, "order.place", **ORDER, timestamp=now)
        assert placed["result"]["status"] == "NEW"
        assert (await ask(socket, "account.status"))["error"]["code"] == -1102  # a timestamp is still wanted
        number = (await ask(socket, "userDataStream.subscribe"))["result"]["subscriptionId"]
        assert (await ask(socket, "session.subscriptions"))["result"] == [{"subscriptionId": number}]
        assert (await ask(socket, "session.status"))["result"]["userDataStream"] is True
        again = await ask(socket, "userDataStream.subscribe")
        assert (again["status"], again["error"]["code"]) == (400, -2035)
        out = await ask(socket, "session.logout")
        assert (out["result"]["apiKey"], out["result"]["userDataStream"]) == (None, False)
        refused = await ask(socket, "order.place", **ORDER, timestamp=now)
        assert refused["error"] == {"code": -2014, "msg": "API-key format invalid."}

        other = new_key(exchange, kind="RSA", public_key=public_text(rsa))
        refused = await ask(socket, "session.logon", **socket_params(rsa, other["api_key"]))
        assert (refused["status"], refused["error"]["code"]) == (400, -4056)
        assert (await ask(socket, "session.status"))["result"]["apiKey"] is None


async def test_hmac_keys_sign_each_request_but_cannot_log_on(exchange: ExchangeProcess) -> None:
    key = exchange.new_key()
    params = {"apiKey": key.api_key, "timestamp": int(time.time() * 1000)}
    payload = f"apiKey={key.api_key}&timestamp={params['timestamp']}"
    signature = hmac.new(key.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
    async with aiohttp.ClientSession(exchange.base_url) as session, session.ws_connect("/ws-api/v3") as socket:
        refused = await ask(socket, "session.logon", **params, signature=signature)
        assert refused["error"] == {"code": -4056, "msg": "HMAC_SHA256 API key is not supported."}
        assert (await ask(socket, "account.status", **params, signature=signature))["status"] == 200
        wrong = await ask(socket, "account.status", **params, signature=signature[:-1] + "x")
        assert wrong["error"]["code"] == -1022


async def test_a_revoked_key_loses_its_session_and_its_stream(
    exchange: ExchangeProcess, ed25519: Ed25519PrivateKey
) -> None:
    made = new_key(exchange, kind="ED25519", public_key=public_text(ed25519))
    async with aiohttp.ClientSession(exchange.base_url) as session, session.ws_connect("/ws-api/v3") as socket:
        await ask(socket, "session.logon", **socket_params(ed25519, made["api_key"]))
        await ask(socket, "userDataStream.subscribe")
        exchange.control.revoke_key(made["api_key"])
        refused = await ask(socket, "account.status", timestamp=int(time.time() * 1000))
        assert refused["error"]["code"] == -2015
        ended = await socket.receive_json(timeout=10)
        assert ended["event"]["e"] == "eventStreamTerminated"
