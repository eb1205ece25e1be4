"""Faults on both faces: doubled requests, thin liquidity, a wrong clock, maintenance, halted symbols, user frames."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import ccxt
import pytest
import websockets
from websockets.exceptions import ConnectionClosed, InvalidStatus

from apps.trading.sandbox.client import AccountKey, SandboxRefusedError
from apps.trading.sandbox.exchange.faults import Fault, FaultBox, FaultKind
from tests.apps.trading.sandbox.exchange_process import ExchangeProcess
from tests.apps.trading.sandbox.test_sandbox_control import send, sign

BTC = "BTC/USDT"
ORDER: dict[str, Any] = {"method": "POST", "path": "/api/v3/order"}
LIMIT = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01"}


@pytest.fixture(autouse=True)
def calm(exchange: ExchangeProcess) -> Iterator[None]:
    yield
    exchange.control.clear_faults()


@pytest.fixture
def key(exchange: ExchangeProcess) -> AccountKey:
    return exchange.new_key()


@pytest.fixture
def venue(exchange: ExchangeProcess, key: AccountKey) -> Any:
    client = ccxt.binance(exchange.settings(key))
    client.load_markets()
    return client


class UserSocket:
    """A WS-API connection of one key; requests are signed, private events are kept in the order they came."""

    def __init__(self, exchange: ExchangeProcess, key: AccountKey) -> None:
        self._url, self._key = exchange.base_url.replace("http", "ws") + "/ws-api/v3", key
        self.events: list[Any] = []

    async def __aenter__(self) -> "UserSocket":
        self._socket = await websockets.connect(self._url)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()

    async def ask(self, method: str, **params: Any) -> Any:
        signed = {"apiKey": self._key.api_key, "timestamp": int(time.time() * 1000)} | params
        text = "&".join(f"{name}={signed[name]}" for name in sorted(signed))
        request = {"id": method, "method": method, "params": signed | {"signature": sign(self._key, text)}}
        await self._socket.send(json.dumps(request))
        while True:
            message = json.loads(await asyncio.wait_for(self._socket.recv(), 10))
            if "event" not in message:
                return message
            self.events.append(message["event"])

    async def collect(self, count: int) -> list[Any]:
        while len(self.events) < count:
            self.events.append(json.loads(await asyncio.wait_for(self._socket.recv(), 10))["event"])
        return self.events

    async def end(self) -> None:
        async with asyncio.timeout(10):
            async for _ in self._socket:
                pass


def orders(exchange: ExchangeProcess, key: AccountKey) -> list[str]:
    return [row["clientOrderId"] for row in ccxt.binance(exchange.settings(key)).fetch_open_orders(BTC)]


def test_a_doubled_order_is_placed_once_when_it_has_an_id(
    exchange: ExchangeProcess, key: AccountKey, venue: Any
) -> None:
    exchange.control.inject_fault("duplicate", api_key=key.api_key, **ORDER)
    with pytest.raises(ccxt.ExchangeError, match="Duplicate order sent"):
        venue.create_order(BTC, "limit", "buy", 0.01, 20_000, {"clientOrderId": "once"})
    assert orders(exchange, key) == ["once"]
    assert exchange.control.faults() == []


def test_a_partial_fill_leaves_the_rest_in_the_book_until_the_market_moves(new_exchange: Any) -> None:
    exchange = new_exchange("thin", "--speed", "0.001")
    key = exchange.new_key()
    venue, control = ccxt.binance(exchange.settings(key)), exchange.control
    control.inject_fault("partial_fill", percent=40, api_key=key.api_key, **ORDER)
    price = float(venue.fetch_ticker(BTC)["last"]) * 1.01
    order = venue.create_order(BTC, "limit", "buy", 0.5, price)
    assert (order["status"], order["filled"], order["remaining"]) == ("open", 0.2, 0.3)
    digest = control.digest()
    exchange.kill()  # a partial fill is the exchange's state: it comes back from the journal
    exchange.start()
    assert exchange.control.digest() == digest
    exchange.control.step()
    rest = ccxt.binance(exchange.settings(key)).fetch_order(order["id"], BTC)
    assert (rest["status"], rest["filled"]) == ("closed", 0.5)
    market = ccxt.binance(exchange.settings(key))
    exchange.control.inject_fault("partial_fill", percent=10, api_key=key.api_key, **ORDER)
    part = market.create_order(BTC, "market", "sell", 1)
    assert (part["status"], part["filled"]) == ("expired", 0.1)
    assert market.create_order(BTC, "market", "sell", 0.1)["filled"] < 0.1, "thin until the market moves"


def test_a_skewed_clock_is_seen_in_the_server_time_and_by_the_window(
    exchange: ExchangeProcess, key: AccountKey, venue: Any
) -> None:
    exchange.control.inject_fault("clock_skew", skew_ms=30_000, api_key=key.api_key)
    _, body, _ = send(exchange, "GET", "/api/v3/time", key=key.api_key)
    assert 29_000 < body["serverTime"] - int(time.time() * 1000) < 31_000
    with pytest.raises(ccxt.InvalidNonce, match="recvWindow"):
        venue.fetch_balance()
    other = ccxt.binance(exchange.settings(exchange.new_key()))
    assert other.fetch_balance()["total"]["BTC"] == 10
    [rule] = exchange.control.faults()
    assert (rule["count"], rule["hits"]) == (0, 2)
    exchange.control.inject_fault("clock_skew", skew_ms=-30_000, api_key=key.api_key)
    assert venue.fetch_balance()["total"]["BTC"] == 10, "rules of a key add up"
    exchange.control.remove_fault(rule["id"])
    with pytest.raises(ccxt.InvalidNonce, match="ahead"):
        venue.fetch_balance()


def test_maintenance_refuses_all_but_the_system_status(exchange: ExchangeProcess, key: AccountKey, venue: Any) -> None:
    exchange.control.inject_fault("maintenance")
    assert exchange.control.status()["maintenance"]
    assert venue.fetch_status()["status"] == "maintenance"
    for call in (venue.fetch_time, venue.fetch_balance, lambda: venue.create_order(BTC, "market", "buy", 1)):
        with pytest.raises(ccxt.OnMaintenance):
            call()
    with pytest.raises(InvalidStatus):
        asyncio.run(connect(exchange))
    exchange.control.clear_faults()
    assert venue.fetch_status()["status"] == "ok"
    assert venue.fetch_orders(BTC) == []
    asyncio.run(connect(exchange))


async def connect(exchange: ExchangeProcess) -> None:
    async with websockets.connect(exchange.base_url.replace("http", "ws") + "/ws"):
        pass


def test_a_halted_symbol_takes_no_orders_keeps_them_over_a_restart_and_trades_again(
    new_exchange: Callable[..., ExchangeProcess],
) -> None:
    exchange = new_exchange("halt", "--speed", "0.001")
    key = exchange.new_key()
    venue = ccxt.binance(exchange.settings(key))
    price = float(venue.fetch_ticker(BTC)["last"])
    keeps, goes = [venue.create_order(BTC, "limit", "buy", 0.1, price * share) for share in (0.999, 0.998)]
    assert exchange.control.halt_symbol("BTCUSDT") == {"symbol": "BTCUSDT", "status": "BREAK"}
    exchange.kill()
    exchange.start()
    venue = ccxt.binance(exchange.settings(key))
    assert venue.load_markets()[BTC]["active"] is False
    with pytest.raises(ccxt.ExchangeError, match="Market is closed"):
        venue.create_order(BTC, "market", "buy", 0.1)
    assert venue.fetch_order_book(BTC)["asks"] == []
    assert venue.create_order("ETH/USDT", "market", "buy", 0.1)["status"] == "closed"
    assert venue.cancel_order(goes["id"], BTC)["status"] == "canceled"
    exchange.control.step(300)
    assert venue.fetch_order(keeps["id"], BTC)["status"] == "open", "nothing trades meanwhile"
    assert exchange.control.trade_symbol("BTCUSDT")["status"] == "TRADING"
    assert venue.create_order(BTC, "market", "buy", 0.1)["status"] == "closed"
    venue.create_order(BTC, "limit", "buy", 0.1, 20_000)
    exchange.control.halt_symbol("BTCUSDT", cancel_orders=True)
    assert venue.fetch_open_orders(BTC) == []
    with pytest.raises(SandboxRefusedError, match="no such symbol"):
        exchange.control.halt_symbol("XRPUSDT")


def test_the_ws_api_suffers_the_same_faults(exchange: ExchangeProcess, key: AccountKey) -> None:
    def fault(kind: str, **more: Any) -> None:
        exchange.control.inject_fault(kind, api_key=key.api_key, method="ws", path="order.place", **more)

    async def play() -> None:
        async with UserSocket(exchange, key) as socket:
            order = LIMIT | {"price": "20000"}
            for kind, status, code in (("error_5xx", 503, -1000), ("http_429", 429, -1003)):
                fault(kind)
                refused = await socket.ask("order.place", **order)
                assert (refused["status"], refused["error"]["code"]) == (status, code)
            fault("duplicate")
            doubled = await socket.ask("order.place", **order, newClientOrderId="twice")
            assert doubled["error"]["msg"] == "Duplicate order sent."
            fault("late_answer", delay_ms=60)
            assert (await socket.ask("order.place", **order, newClientOrderId="late"))["status"] == 200
            fault("accept_then_timeout", delay_ms=1)
            with pytest.raises(ConnectionClosed):
                await socket.ask("order.place", **order, newClientOrderId="silent")
        fault("drop")
        async with UserSocket(exchange, key) as socket:
            with pytest.raises(ConnectionClosed):
                await socket.ask("order.place", **order, newClientOrderId="lost")

    asyncio.run(play())
    assert orders(exchange, key) == ["twice", "late", "silent"]


FRAMES = [
    ("frame_drop", {}, ["funds", "b", "funds", "c", "funds"]),
    ("frame_duplicate", {}, ["a", "a", "funds", "b", "funds", "c", "funds"]),
    ("frame_reorder", {}, ["funds", "a", "b", "funds", "c", "funds"]),
    ("frame_delay", {"delay_ms": 300}, ["a", "funds", "b", "funds", "c", "funds"]),
]


@pytest.mark.parametrize(("kind", "more", "expected"), FRAMES)
def test_frames_of_one_key_s_user_stream(
    exchange: ExchangeProcess, key: AccountKey, kind: str, more: dict[str, Any], expected: list[str]
) -> None:
    async def play() -> tuple[list[str], float]:
        async with UserSocket(exchange, key) as socket, UserSocket(exchange, key) as asking:
            assert (await socket.ask("userDataStream.subscribe.signature"))["status"] == 200
            exchange.control.inject_fault(kind, api_key=key.api_key, path="executionReport", **more)
            begun = time.monotonic()
            for name in "abc":
                placed = await asking.ask("order.place", **LIMIT, price="20000", newClientOrderId=name)
                assert placed["status"] == 200
            events = await socket.collect(len(expected))
            return [event.get("c", "funds") for event in events], time.monotonic() - begun

    seen, took = asyncio.run(play())
    assert seen == expected
    assert took >= more.get("delay_ms", 0) / 1_000


def test_a_key_s_profile_is_replaced_as_a_whole(exchange: ExchangeProcess, key: AccountKey, venue: Any) -> None:
    other = exchange.control.inject_fault("drop", method="PATCH")
    profile = [{"kind": "error_5xx", "every": 3, "count": 2}, {"kind": "frame_drop", "count": 5}]
    kept = exchange.control.put_fault_profile(key.api_key, profile)
    assert [(rule["kind"], rule["api_key"]) for rule in kept] == [(row["kind"], key.api_key) for row in profile]
    outcomes = []
    for _ in range(9):
        try:
            outcomes.append(bool(venue.fetch_balance()))
        except ccxt.OperationFailed:
            outcomes.append(False)
    assert outcomes == [True, True, False] * 2 + [True] * 3
    with pytest.raises(SandboxRefusedError, match="percent"):
        exchange.control.put_fault_profile(key.api_key, [{"kind": "drop"}, {"kind": "partial_fill"}])
    assert exchange.control.faults() == [other, kept[1]]
    assert exchange.control.put_fault_profile(key.api_key, []) == []
    assert exchange.control.faults() == [other]
    exchange.control.put_fault_profile(key.api_key, [{"kind": "drop"}])
    exchange.control.revoke_key(key.api_key)
    assert exchange.control.faults() == [other], "rules end with their key"


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"kind": "partial_fill"}, "percent"),
        ({"kind": "partial_fill", "percent": 100}, "at most 99"),
        ({"kind": "drop", "percent": 5}, "percent"),
        ({"kind": "clock_skew"}, "skew_ms"),
        ({"kind": "clock_skew", "skew_ms": 10**9}, "skew_ms"),
        ({"kind": "drop", "skew_ms": 5}, "skew_ms"),
        ({"kind": "drop", "every": 0}, "every"),
        ({"kind": "drop", "delay": 5}, "unknown fields: delay"),
        ({"kind": "drop", "api_key": "nobody"}, "not a key"),
        ({"kind": "delay_ms", "delay_ms": 600_001}, "delay_ms"),
    ],
)
def test_bad_rules_are_refused(exchange: ExchangeProcess, rule: dict[str, Any], message: str) -> None:
    with pytest.raises(SandboxRefusedError, match=message) as refused:
        exchange.control.inject_fault(**rule)
    assert refused.value.status == 422
    assert exchange.control.faults() == []


def test_a_snapshot_is_written_on_request_and_the_next_start_uses_it(
    new_exchange: Callable[..., ExchangeProcess],
) -> None:
    exchange = new_exchange("snapshot", "--speed", "0.001")
    exchange.new_key()
    before = exchange.control.snapshot_facts()
    assert exchange.control.request_snapshot()["started"]
    deadline = time.monotonic() + 30
    while exchange.control.snapshot_facts()["written"] == 0:
        assert time.monotonic() < deadline
    facts = exchange.control.snapshot_facts()
    assert (facts["generation"], facts["error"], facts["running"]) == (before["generation"] + 1, "", False)
    digest = exchange.control.digest()
    exchange.kill()
    exchange.start()
    assert exchange.control.digest() == digest


def test_fees_are_set_over_the_control_port(exchange: ExchangeProcess, key: AccountKey) -> None:
    changed = exchange.control.set_fees(key.account_id, maker_fee="0.0002", taker_fee="0.0004", fee_asset="ETH")
    assert (changed["maker_fee"], changed["taker_fee"], changed["fee_asset"]) == ("0.00020000", "0.00040000", "ETH")
    with pytest.raises(SandboxRefusedError, match="fee_asset must be one of"):
        exchange.control.set_fees(key.account_id, maker_fee="0", taker_fee="0", fee_asset="DOGE")
    assert exchange.control.account(key.account_id) == changed


def test_rules_act_in_their_order_and_only_where_they_match() -> None:
    box = FaultBox()
    first = box.add(Fault(FaultKind.DROP, count=1, path="/a"))
    second = box.add(Fault(FaultKind.DELAY, count=1))
    frames = box.add(Fault(FaultKind.FRAME_DROP, count=1))
    assert box.take("key", "GET", "/b") is second
    assert box.take("key", "GET", "/a") is first
    assert box.take("key", "GET", "/a") is None
    assert box.take("key", "FRAME", "executionReport") is frames
    assert box.rules == []
