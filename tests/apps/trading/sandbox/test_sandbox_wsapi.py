"""Requests over the WS-API, each signed as unmodified clients sign them."""

import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from apps.trading.sandbox.client import AccountKey
from tests.apps.trading.sandbox.exchange_process import ExchangeProcess

BTC = {"symbol": "BTCUSDT"}
ORDER = BTC | {"side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01", "price": "20000"}
OCO = BTC | {"side": "SELL", "quantity": "0.01", "aboveType": "LIMIT_MAKER", "abovePrice": "150000"}
OCO |= {"belowType": "STOP_LOSS", "belowStopPrice": "20000"}
PATIENCE = 10


class Session:
    """One connection of one key."""

    def __init__(self, socket: Any, key: AccountKey) -> None:
        self.socket = socket
        self.key = key
        self.events: list[Any] = []

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        await self.socket.send_json({"id": "q", "method": method, "params": params})
        while True:
            answer = await self.socket.receive_json(timeout=PATIENCE)
            if "event" not in answer:
                return dict(answer)
            self.events.append(answer)

    async def signed(self, method: str, **params: Any) -> dict[str, Any]:
        params |= {"apiKey": self.key.api_key, "timestamp": int(time.time() * 1000)}
        text = "&".join(f"{name}={_text(params[name])}" for name in sorted(params))
        params["signature"] = hmac.new(self.key.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        return await self.ask(method, **params)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.fixture
async def session(exchange: ExchangeProcess) -> AsyncIterator[Session]:
    async with aiohttp.ClientSession(exchange.base_url) as client, client.ws_connect("/ws-api/v3") as socket:
        yield Session(socket, exchange.new_key())


async def test_every_public_method_answers(session: Session) -> None:
    for method, params in (
        ("ping", {}),
        ("time", {}),
        ("exchangeInfo", {"symbols": ["BTCUSDT", "ETHUSDT"]}),
        ("depth", BTC | {"limit": 5}),
        ("klines", BTC | {"interval": "1h"}),
        ("uiKlines", BTC | {"interval": "1h"}),
        ("trades.recent", BTC),
        ("trades.historical", BTC),
        ("trades.aggregate", BTC),
        ("avgPrice", BTC),
        ("ticker", BTC | {"windowSize": "4h"}),
        ("ticker.24hr", {}),
        ("ticker.tradingDay", BTC),
        ("ticker.price", {"symbols": ["BTCUSDT"]}),
        ("ticker.book", BTC),
    ):
        answer = await session.ask(method, **params)
        assert (answer["id"], answer["status"]) == ("q", 200), (method, answer)
    assert [row["symbol"] for row in (await session.ask("ticker.price", symbols=["ETHUSDT"]))["result"]] == ["ETHUSDT"]


async def test_an_order_s_life(session: Session) -> None:
    assert (await session.signed("order.test", **ORDER))["result"] == {}
    placed = (await session.signed("order.place", **ORDER))["result"]
    shown = (await session.signed("order.status", **BTC, orderId=placed["orderId"]))["result"]
    assert (shown["status"], shown["clientOrderId"]) == ("NEW", placed["clientOrderId"])
    change = ORDER | {"price": "21000", "cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": placed["orderId"]}
    replaced = (await session.signed("order.cancelReplace", **change))["result"]
    failed = await session.signed("order.cancelReplace", **change)
    assert (failed["status"], failed["error"]["code"]) == (400, -2022)
    assert failed["error"]["data"]["newOrderResult"] == "NOT_ATTEMPTED"
    new_id = replaced["newOrderResponse"]["orderId"]
    smaller = await session.signed("order.amend.keepPriority", **BTC, orderId=new_id, newQty="0.005")
    assert smaller["result"]["amendedOrder"]["qty"] == "0.00500000"
    assert len((await session.signed("order.amendments", **BTC, orderId=new_id))["result"]) == 1
    assert [row["orderId"] for row in (await session.signed("openOrders.status", **BTC))["result"]] == [new_id]
    assert (await session.signed("order.cancel", **BTC, orderId=new_id))["result"]["status"] == "CANCELED"
    assert [row["orderId"] for row in (await session.signed("allOrders", **BTC))["result"]] == [
        placed["orderId"],
        new_id,
    ]
    assert (await session.signed("myTrades", **BTC))["result"] == []


async def test_lists(session: Session) -> None:
    placed = (await session.signed("orderList.place.oco", **OCO))["result"]
    shown = (await session.signed("orderList.status", orderListId=placed["orderListId"]))["result"]
    assert (await session.signed("openOrderLists.status"))["result"] == [shown]
    gone = await session.signed("orderList.cancel", **BTC, orderListId=placed["orderListId"])
    assert gone["result"]["listOrderStatus"] == "ALL_DONE"
    assert [row["orderListId"] for row in (await session.signed("allOrderLists"))["result"]] == [placed["orderListId"]]
    assert (await session.signed("openOrders.cancelAll", **BTC))["error"]["code"] == -2011


async def test_account_methods(session: Session) -> None:
    status = (await session.signed("account.status", omitZeroBalances=False))["result"]
    assert {row["asset"] for row in status["balances"]} == {"BTC", "ETH", "SOL", "USDT"}
    assert (await session.signed("account.commission", **BTC))["result"]["symbol"] == "BTCUSDT"
    assert (await session.signed("account.rateLimits.orders"))["result"][-1]["interval"] == "DAY"
    assert (await session.signed("myAllocations", **BTC))["result"] == []
    assert (await session.signed("myPreventedMatches", **BTC, orderId=1))["result"] == []


async def test_accepted_orders_show_the_order_limits(session: Session) -> None:
    placed = await session.signed("order.place", **ORDER)
    assert [row["rateLimitType"] for row in placed["rateLimits"]] == ["ORDERS"]
    await session.signed("openOrders.cancelAll", **BTC)


async def test_private_events_by_signature(session: Session) -> None:
    number = (await session.signed("userDataStream.subscribe.signature"))["result"]["subscriptionId"]
    again = await session.signed("userDataStream.subscribe.signature")
    assert (again["status"], again["error"]["code"]) == (400, -2035)
    placed = (await session.signed("order.place", **ORDER))["result"]
    await session.signed("order.cancel", **BTC, orderId=placed["orderId"])
    assert (await session.ask("userDataStream.unsubscribe", subscriptionId=number))["result"] == {}
    assert (await session.ask("session.subscriptions"))["result"] == []
    assert {event["subscriptionId"] for event in session.events} == {number}
    kinds = [(event["event"]["e"], event["event"].get("x")) for event in session.events]
    assert kinds == [
        ("executionReport", "NEW"),
        ("outboundAccountPosition", None),
        ("executionReport", "CANCELED"),
        ("outboundAccountPosition", None),
        ("eventStreamTerminated", None),
    ]


async def test_listen_keys(session: Session) -> None:
    api_key = session.key.api_key
    listen_key = (await session.ask("userDataStream.start", apiKey=api_key))["result"]["listenKey"]
    assert (await session.ask("userDataStream.ping", apiKey=api_key, listenKey=listen_key))["result"] == {}
    assert (await session.ask("userDataStream.stop", apiKey=api_key, listenKey=listen_key))["result"] == {}
    gone = await session.ask("userDataStream.ping", apiKey=api_key, listenKey=listen_key)
    assert gone["error"]["code"] == -1125


async def test_refusals(session: Session) -> None:
    assert (await session.ask("order.fly"))["error"] == {"code": -1020, "msg": "This operation is not supported."}
    assert (await session.ask("order.place", **ORDER))["error"]["code"] == -2014
    assert (await session.ask("depth", symbol="DOGEUSDT"))["error"]["code"] == -1121
    for frame in ({"id": 1}, {"id": [1], "method": "ping"}, {"id": 1, "method": "ping", "params": [1]}):
        await session.socket.send_json(frame)
        assert (await session.socket.receive_json(timeout=PATIENCE))["error"]["code"] == -1135


async def test_microseconds_and_hidden_limits(exchange: ExchangeProcess) -> None:
    path = "/ws-api/v3?timeUnit=MICROSECOND&returnRateLimits=false"
    async with aiohttp.ClientSession(exchange.base_url) as client, client.ws_connect(path) as socket:
        answer = await Session(socket, exchange.new_key()).ask("time")
    assert answer.keys() == {"id", "status", "result"}
    assert len(str(answer["result"]["serverTime"])) == 16
