"""Endpoints and streams of the protocol that the clients' own methods do not all reach."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any

import aiohttp
import ccxt
import pytest

from apps.trading.sandbox.client import AccountKey
from tests.apps.trading.sandbox.exchange_process import ExchangeProcess

PATIENCE = 10
BTC = {"symbol": "BTCUSDT"}
LIMIT = BTC | {"side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01", "price": "20000"}
OCO = BTC | {"side": "SELL", "quantity": "0.01", "aboveType": "LIMIT_MAKER", "abovePrice": "150000"}
OCO |= {"belowType": "STOP_LOSS_LIMIT", "belowStopPrice": "20000", "belowPrice": "19000", "belowTimeInForce": "GTC"}


@pytest.fixture(scope="module")
def key(exchange: ExchangeProcess) -> AccountKey:
    return exchange.new_key()


@pytest.fixture
def venue(exchange: ExchangeProcess) -> Any:
    return ccxt.binance(exchange.settings(exchange.new_key()))


@pytest.fixture
async def connect(exchange: ExchangeProcess) -> AsyncIterator[Callable[[str], Any]]:
    async with aiohttp.ClientSession(exchange.base_url) as session:
        yield session.ws_connect


async def soon(awaitable: Any) -> Any:
    return await asyncio.wait_for(awaitable, PATIENCE)


# ---- market data


def test_exchange_info_selects_and_publishes_what_is_enforced(venue: Any) -> None:
    def names(**params: str) -> list[str]:
        return [row["symbol"] for row in venue.public_get_exchangeinfo(params)["symbols"]]

    everything = ["BTCUSDT", "ETHUSDT", "SOLUSDT"]
    assert names() == names(permissions="SPOT") == names(permissions='["SPOT","MARGIN"]') == everything
    assert names(symbol="ETHUSDT") == ["ETHUSDT"]
    assert names(symbols='["SOLUSDT","BTCUSDT"]') == ["SOLUSDT", "BTCUSDT"]
    assert names(permissions="MARGIN") == names(symbolStatus="HALT") == []
    (row,) = venue.public_get_exchangeinfo(BTC)["symbols"]
    assert [rule["filterType"] for rule in row["filters"]] == [
        "PRICE_FILTER",
        "LOT_SIZE",
        "ICEBERG_PARTS",
        "MARKET_LOT_SIZE",
        "TRAILING_DELTA",
        "PERCENT_PRICE_BY_SIDE",
        "NOTIONAL",
        "MAX_POSITION",
        "MAX_NUM_ORDERS",
        "MAX_NUM_ORDER_LISTS",
        "MAX_NUM_ALGO_ORDERS",
        "MAX_NUM_ICEBERG_ORDERS",
        "MAX_NUM_ORDER_AMENDS",
    ]
    assert {"STOP_LOSS_LIMIT", "TAKE_PROFIT", "LIMIT_MAKER"} <= set(row["orderTypes"])


def test_windows_and_trading_day(exchange: ExchangeProcess, venue: Any) -> None:
    exchange.control.pause()
    hour = venue.public_get_ticker(BTC | {"windowSize": "1h"})
    day, rolling = venue.public_get_ticker(BTC), venue.public_get_ticker_24hr(BTC)
    assert hour["closeTime"] == day["closeTime"] == rolling["closeTime"]
    assert hour["openTime"] > day["openTime"] == rolling["openTime"]
    assert Decimal(hour["volume"]) < Decimal(day["volume"]) == Decimal(rolling["volume"])
    assert (
        Decimal(day["lowPrice"]) <= Decimal(hour["lowPrice"]) <= Decimal(hour["highPrice"]) <= Decimal(day["highPrice"])
    )
    assert Decimal(day["priceChange"]) == Decimal(day["lastPrice"]) - Decimal(day["openPrice"])
    mini = venue.public_get_ticker(BTC | {"type": "MINI"})
    assert mini.items() <= day.items()
    assert "priceChange" not in mini
    today = venue.public_get_ticker_tradingday({"symbols": '["BTCUSDT","ETHUSDT"]'})
    assert [row["symbol"] for row in today] == ["BTCUSDT", "ETHUSDT"]
    opened, closed = int(today[0]["openTime"]), int(today[0]["closeTime"])
    assert (opened % 86_400_000, closed - opened) == (0, 86_399_999)
    exchange.control.resume()


def test_days_begin_by_the_clock_of_the_asked_time_zone(venue: Any) -> None:
    for zone, hour in (("8", 16), ("-1:00", 1), ("05:30", 18.5)):
        local = venue.public_get_klines(BTC | {"interval": "1d", "limit": 3, "timeZone": zone})
        opens = [int(row[0]) for row in local]
        assert [at % 86_400_000 for at in opens] == [hour * 3_600_000] * 3
        assert [int(row[6]) + 1 - int(row[0]) for row in local] == [86_400_000] * 3
        parts = venue.public_get_klines(BTC | {"interval": "5m", "startTime": opens[1], "endTime": opens[2] - 1})
        assert local[1][2] == max((row[2] for row in parts), key=float)


def test_candles_begin_where_the_recording_does(venue: Any) -> None:
    first = venue.public_get_klines(BTC | {"interval": "5m", "startTime": 0, "limit": 1})
    assert int(first[0][0]) == 1704067200000
    shown = BTC | {"interval": "1h", "limit": 5}
    assert [row[0] for row in venue.public_get_uiklines(shown)] == [row[0] for row in venue.public_get_klines(shown)]


def test_trades_of_all_kinds(exchange: ExchangeProcess, venue: Any) -> None:
    exchange.control.step(1)  # the market prints as it moves
    exchange.control.resume()
    newest = venue.public_get_trades(BTC | {"limit": 20})
    old = venue.public_get_historicaltrades(BTC | {"fromId": newest[0]["id"], "limit": 5})
    assert [row["id"] for row in old] == [row["id"] for row in newest[:5]]
    aggregates = venue.public_get_aggtrades(BTC | {"fromId": newest[0]["id"], "limit": 5})
    assert [row["a"] for row in aggregates] == [row["id"] for row in old]
    assert venue.public_get_avgprice(BTC)["mins"] == 5


def test_the_book_has_as_many_levels_as_asked_for(venue: Any) -> None:
    for limit in (1, 5, 10):
        book = venue.public_get_depth(BTC | {"limit": limit})
        assert len(book["bids"]) == len(book["asks"]) == limit
    weights = []
    for limit in (100, 500, 1000, 5000):
        before = int(venue.last_response_headers["X-Mbx-Used-Weight"])
        venue.public_get_depth(BTC | {"limit": limit})
        weights.append(int(venue.last_response_headers["X-Mbx-Used-Weight"]) - before)
    assert weights == [5, 25, 50, 250]


# ---- orders


def test_oco_is_placed_shown_and_cancelled_as_one(venue: Any) -> None:
    placed = venue.private_post_orderlist_oco(OCO | {"listClientOrderId": "my-list"})
    assert (placed["contingencyType"], placed["listOrderStatus"]) == ("OCO", "EXECUTING")
    reports = {row["type"]: row for row in placed["orderReports"]}
    assert reports.keys() == {"STOP_LOSS_LIMIT", "LIMIT_MAKER"}
    assert reports["STOP_LOSS_LIMIT"]["stopPrice"] == "20000.00000000"
    assert {row["orderListId"] for row in reports.values()} == {placed["orderListId"]}
    by_id = venue.private_get_orderlist({"orderListId": placed["orderListId"]})
    by_name = venue.private_get_orderlist({"origClientOrderId": "my-list"})
    assert by_id == by_name == {name: value for name, value in placed.items() if name != "orderReports"}
    assert venue.private_get_openorderlist() == [by_id]
    orders = venue.private_get_openorders(BTC)
    assert {(order["type"], order["isWorking"]) for order in orders} == {
        ("STOP_LOSS_LIMIT", False),
        ("LIMIT_MAKER", True),
    }
    cancelled = venue.private_delete_orderlist(BTC | {"listClientOrderId": "my-list"})
    assert (cancelled["listStatusType"], cancelled["listOrderStatus"]) == ("ALL_DONE", "ALL_DONE")
    assert {row["status"] for row in cancelled["orderReports"]} == {"CANCELED"}
    assert venue.private_get_openorderlist() == venue.private_get_openorders(BTC) == []
    assert venue.private_get_allorderlist()[-1]["orderListId"] == placed["orderListId"]


def test_the_old_form_of_oco(venue: Any) -> None:
    body = BTC | {"side": "SELL", "quantity": "0.01", "price": "150000", "stopPrice": "20000"}
    body |= {"stopLimitPrice": "19000", "stopLimitTimeInForce": "GTC", "limitClientOrderId": "above-1"}
    placed = venue.private_post_order_oco(body)
    reports = {row["type"]: row for row in placed["orderReports"]}
    assert reports["LIMIT_MAKER"]["clientOrderId"] == "above-1"
    assert reports["STOP_LOSS_LIMIT"]["price"] == "19000.00000000"
    answers = venue.private_delete_openorders(BTC)
    assert [answer["orderListId"] for answer in answers] == [placed["orderListId"]]
    assert len(answers[0]["orderReports"]) == 2


def test_oto_and_otoco(venue: Any) -> None:
    working = {"workingType": "LIMIT", "workingSide": "BUY", "workingPrice": "20000", "workingQuantity": "0.01"}
    working |= {"workingTimeInForce": "GTC"}
    pending = {"pendingType": "MARKET", "pendingSide": "SELL", "pendingQuantity": "0.01"}
    oto = venue.private_post_orderlist_oto(BTC | working | pending)
    assert oto["contingencyType"] == "OTO"
    assert [row["status"] for row in oto["orderReports"]] == ["NEW", "PENDING_NEW"]
    pair = {f"pending{name[0].upper()}{name[1:]}": value for name, value in OCO.items() if name != "symbol"}
    pair |= {"pendingBelowStopPrice": "15000", "pendingBelowPrice": "14000"}
    otoco = venue.private_post_orderlist_otoco(BTC | working | pair)
    assert [row["status"] for row in otoco["orderReports"]] == ["NEW", "PENDING_NEW", "PENDING_NEW"]
    assert len(venue.private_get_openorderlist()) == 2
    venue.private_delete_openorders(BTC)
    assert venue.private_get_openorders(BTC) == []


def test_cancel_replace(venue: Any) -> None:
    old = venue.private_post_order(LIMIT)
    change = LIMIT | {"price": "21000", "cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": old["orderId"]}
    done = venue.private_post_order_cancelreplace(change)
    assert (done["cancelResult"], done["newOrderResult"]) == ("SUCCESS", "SUCCESS")
    assert done["cancelResponse"]["orderId"] == old["orderId"]
    (standing,) = venue.private_get_openorders(BTC)
    assert (standing["orderId"], standing["price"]) == (done["newOrderResponse"]["orderId"], "21000.00000000")

    with pytest.raises(ccxt.ExchangeError):  # the old one is gone: nothing is placed
        venue.private_post_order_cancelreplace(change)
    failed = venue.parse_json(venue.last_http_response)
    assert (failed["code"], failed["data"]["newOrderResult"]) == (-2022, "NOT_ATTEMPTED")
    assert failed["data"]["cancelResponse"] == {"code": -2011, "msg": "Unknown order sent."}
    assert len(venue.private_get_openorders(BTC)) == 1

    with pytest.raises(ccxt.ExchangeError):  # cancelled, but the new one is refused
        venue.private_post_order_cancelreplace(change | {"cancelOrderId": standing["orderId"], "quantity": "0.0000001"})
    failed = venue.parse_json(venue.last_http_response)
    assert (failed["code"], failed["data"]["cancelResult"]) == (-2021, "SUCCESS")
    assert failed["data"]["newOrderResponse"]["code"] == -1013
    assert venue.private_get_openorders(BTC) == []

    with pytest.raises(ccxt.ExchangeError):  # placed, although there was nothing to cancel
        venue.private_post_order_cancelreplace(change | {"cancelReplaceMode": "ALLOW_FAILURE"})
    failed = venue.parse_json(venue.last_http_response)
    assert (failed["code"], failed["data"]["newOrderResult"]) == (-2021, "SUCCESS")
    venue.private_delete_openorders(BTC)


def test_ccxt_edits_an_order(venue: Any) -> None:
    order = venue.create_order("BTC/USDT", "limit", "buy", 0.01, 20_000)
    edited = venue.edit_order(order["id"], "BTC/USDT", "limit", "buy", 0.02, 21_000)
    assert (edited["amount"], edited["price"]) == (0.02, 21_000)
    assert [row["id"] for row in venue.fetch_open_orders("BTC/USDT")] == [edited["id"]]
    venue.cancel_order(edited["id"], "BTC/USDT")


def test_amend_keeps_the_order(venue: Any) -> None:
    order = venue.private_post_order(LIMIT | {"quantity": "0.02", "newClientOrderId": "before"})
    body = BTC | {"orderId": order["orderId"], "newQty": "0.015", "newClientOrderId": "after"}
    done = venue.request("order/amend/keepPriority", ["private"], "PUT", body)
    amended = done["amendedOrder"]
    assert (amended["orderId"], amended["qty"]) == (order["orderId"], "0.01500000")
    assert (amended["origClientOrderId"], amended["clientOrderId"]) == ("before", "after")
    (row,) = venue.request("order/amendments", ["private"], "GET", BTC | {"orderId": order["orderId"]})
    assert (row["origQty"], row["newQty"], row["executionId"]) == ("0.02000000", "0.01500000", done["executionId"])
    shown = venue.private_get_order(BTC | {"origClientOrderId": "after"})
    assert (shown["orderId"], shown["origQty"]) == (order["orderId"], "0.01500000")
    venue.private_delete_order(BTC | {"orderId": order["orderId"]})


def test_stopped_self_trades_are_listed(exchange: ExchangeProcess) -> None:
    venue = ccxt.binance(exchange.settings(exchange.new_key()))
    exchange.control.pause()
    book = venue.fetch_order_book("BTC/USDT")
    price = f"{book['bids'][0][0] + 0.01:.2f}"
    assert float(price) < book["asks"][0][0]
    resting = venue.private_post_order(LIMIT | {"price": price, "selfTradePreventionMode": "EXPIRE_TAKER"})
    selling = LIMIT | {"side": "SELL", "price": price, "selfTradePreventionMode": "EXPIRE_TAKER"}
    ended = venue.private_post_order(selling)
    assert ended["status"] == "EXPIRED_IN_MATCH"
    (match,) = venue.request("myPreventedMatches", ["private"], "GET", BTC | {"orderId": ended["orderId"]})
    assert (match["takerOrderId"], match["makerOrderId"]) == (ended["orderId"], resting["orderId"])
    assert match["selfTradePreventionMode"] == "EXPIRE_TAKER"
    venue.private_delete_openorders(BTC)
    exchange.control.resume()


def test_account_endpoints(venue: Any) -> None:
    rates = venue.private_get_account_commission(BTC)
    assert rates["standardCommission"]["taker"] == "0.00100000"
    assert venue.private_post_order_test(LIMIT | {"computeCommissionRates": "true"}).keys() == {
        "standardCommissionForOrder",
        "specialCommissionForOrder",
        "taxCommissionForOrder",
        "discount",
    }
    assert venue.private_get_myallocations(BTC) == []
    own = venue.request("myFilters", ["private"], "GET", BTC)
    assert {row["filterType"] for row in own["symbolFilters"]} >= {"LOT_SIZE"}
    held = venue.private_get_account({"omitZeroBalances": "true"})["balances"]
    assert all(Decimal(row["free"]) + Decimal(row["locked"]) for row in held)
    assert venue.fetch_status()["status"] == "ok"
    assert venue.sapi_get_spot_delist_schedule() == []
    assert venue.sapi_get_account_apirestrictions()["enableWithdrawals"] is False


# ---- streams


async def test_every_market_stream_speaks(connect: Callable[[str], Any]) -> None:
    kinds = ["trade", "aggTrade", "depth", "depth@100ms", "depth5", "depth10@100ms", "depth20", "miniTicker", "ticker"]
    kinds += ["ticker_1h", "ticker_4h", "ticker_1d", "bookTicker", "avgPrice"]
    kinds += [
        f"kline_{interval}"
        for interval in ["5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M"]
    ]
    wanted = {f"btcusdt@{kind}" for kind in kinds} | {"!miniTicker@arr", "!ticker@arr", "!ticker_1h@arr", "!bookTicker"}
    async with connect("/stream?streams=" + "/".join(sorted(wanted))) as socket:
        heard: dict[str, Any] = {}
        while heard.keys() != wanted:
            message = await soon(socket.receive_json())
            heard.setdefault(message["stream"], message["data"])
    assert [len(heard[f"btcusdt@depth{size}"]["bids"]) for size in ("5", "10@100ms", "20")] == [5, 10, 20]
    assert {row["s"] for row in heard["!ticker@arr"]} == {"BTCUSDT", "ETHUSDT", "SOLUSDT"}
    assert heard["!ticker_1h@arr"][0]["e"] == "1hTicker"
    assert heard["btcusdt@avgPrice"]["e"] == "avgPrice"
    assert heard["btcusdt@kline_1M"]["k"]["i"] == "1M"


class KeptBook:
    """A copy of the book, kept by the rules the protocol documents."""

    def __init__(self, snapshot: Any) -> None:
        self.number = int(snapshot["lastUpdateId"])
        self.sides = {side: dict(snapshot[side]) for side in ("bids", "asks")}

    def apply(self, event: Any) -> None:
        if event["u"] <= self.number:
            return
        assert event["U"] <= self.number + 1 <= event["u"]
        for side, changes in (("bids", event["b"]), ("asks", event["a"])):
            merged = self.sides[side] | dict(changes)
            self.sides[side] = {price: size for price, size in merged.items() if Decimal(size)}
        self.number = event["u"]


@pytest.mark.parametrize("stream", ["btcusdt@depth@100ms", "btcusdt@depth"])
async def test_a_book_kept_by_the_documented_rules_stays_equal(
    exchange: ExchangeProcess, connect: Callable[[str], Any], stream: str
) -> None:
    client = ccxt.binance(exchange.settings())
    client.load_markets()
    async with connect(f"/ws/{stream}") as socket:
        first = await soon(socket.receive_json())
        book = KeptBook(await asyncio.to_thread(client.public_get_depth, BTC | {"limit": 5000}))
        book.apply(first)
        for _ in range(4):
            book.apply(await soon(socket.receive_json()))
        exchange.control.pause()
        truth = KeptBook(await asyncio.to_thread(client.public_get_depth, BTC | {"limit": 5000}))
        while book.number < truth.number:
            book.apply(await soon(socket.receive_json()))
        exchange.control.resume()
    assert book.sides == truth.sides


async def test_properties_and_refusals_of_a_market_socket(connect: Callable[[str], Any]) -> None:
    async with connect("/ws") as socket:

        async def ask(**request: Any) -> Any:
            await socket.send_json(request)
            return await soon(socket.receive_json())

        assert await ask(method="GET_PROPERTY", params=["combined"], id=1) == {"result": False, "id": 1}
        assert await ask(method="SET_PROPERTY", params=["combined", True], id=2) == {"result": None, "id": 2}
        assert await ask(method="GET_PROPERTY", params=["combined"], id=3) == {"result": True, "id": 3}
        assert await ask(method="SUBSCRIBE", params=["btcusdt@ticker"], id=4) == {"result": None, "id": 4}
        assert (await soon(socket.receive_json()))["stream"] == "btcusdt@ticker"
        refused: list[tuple[int, dict[str, Any]]] = [
            (1, {"method": "SET_PROPERTY", "params": ["combined", 1]}),
            (0, {"method": "SET_PROPERTY", "params": ["colour", True]}),
            (2, {"method": "GET_PROPERTY", "params": [1]}),
            (2, {"method": "LISTEN"}),
            (2, {"params": []}),
            (2, {"method": "SUBSCRIBE", "params": [1]}),
            (2, {"method": "SUBSCRIBE", "params": [f"s{n}@trade" for n in range(1_025)]}),
        ]
        for number, (code, request) in enumerate(refused):
            answer = await ask(**request, id=10 + number)
            while answer.get("id") != 10 + number:
                answer = await soon(socket.receive_json())
            assert answer["error"]["code"] == code


async def test_listen_keys_of_older_clients(exchange: ExchangeProcess, connect: Callable[[str], Any]) -> None:
    client = ccxt.binance(exchange.settings(exchange.new_key()))
    listen_key = client.public_post_userdatastream()["listenKey"]
    assert client.public_post_userdatastream()["listenKey"] == listen_key
    assert client.public_put_userdatastream({"listenKey": listen_key}) == {}
    async with connect(f"/ws/{listen_key}") as raw, connect(f"/stream?streams={listen_key}") as combined:
        order = await asyncio.to_thread(client.private_post_order, LIMIT)
        event = await soon(raw.receive_json())
        assert (event["e"], event["x"], str(event["i"])) == ("executionReport", "NEW", str(order["orderId"]))
        wrapped = await soon(combined.receive_json())
        assert (wrapped["stream"], wrapped["data"]) == (listen_key, event)
        position = await soon(raw.receive_json())
        assert position["e"] == "outboundAccountPosition"
        await asyncio.to_thread(client.private_delete_order, BTC | {"orderId": order["orderId"]})
        assert (await soon(raw.receive_json()))["x"] == "CANCELED"
        await soon(raw.receive_json())
        assert client.public_delete_userdatastream({"listenKey": listen_key}) == {}
        assert (await soon(raw.receive_json()))["e"] == "eventStreamTerminated"
    with pytest.raises(ccxt.AuthenticationError, match="-1125"):
        client.public_put_userdatastream({"listenKey": listen_key})


async def test_lists_on_the_user_stream(exchange: ExchangeProcess, connect: Callable[[str], Any]) -> None:
    client = ccxt.binance(exchange.settings(exchange.new_key()))
    listen_key = client.public_post_userdatastream()["listenKey"]
    async with connect(f"/ws/{listen_key}") as socket:
        placed = await asyncio.to_thread(client.private_post_orderlist_oco, OCO)
        await asyncio.to_thread(client.private_delete_orderlist, BTC | {"orderListId": placed["orderListId"]})
        events: list[Any] = []
        while [event["L"] for event in events if event["e"] == "listStatus"] != ["EXECUTING", "ALL_DONE"]:
            events.append(await soon(socket.receive_json()))
    reports = [(event["x"], event["X"]) for event in events if event["e"] == "executionReport"]
    assert reports == [("NEW", "NEW")] * 2 + [("CANCELED", "CANCELED")] * 2
    statuses = [event for event in events if event["e"] == "listStatus"]
    assert {event["g"] for event in statuses} == {int(placed["orderListId"])}
    assert all(len(event["O"]) == 2 for event in statuses)


async def test_a_reset_is_announced(exchange: ExchangeProcess, connect: Callable[[str], Any]) -> None:
    key = exchange.new_key()
    client = ccxt.binance(exchange.settings(key))
    listen_key = client.public_post_userdatastream()["listenKey"]
    async with connect(f"/ws/{listen_key}") as socket:
        funds = {"USDT": Decimal(500_000), "BTC": Decimal(10), "ETH": Decimal(100), "SOL": Decimal(1000)}
        exchange.control.reset_account(key.account_id, funds)
        events = [await soon(socket.receive_json())]
        while events[-1]["e"] != "balanceUpdate":
            events.append(await soon(socket.receive_json()))
    assert (events[-1]["a"], events[-1]["d"]) == ("USDT", "-500000.00000000")


async def test_sockets_hear_of_the_shutdown(new_exchange: Callable[..., ExchangeProcess]) -> None:
    exchange = new_exchange()
    async with (
        aiohttp.ClientSession(exchange.base_url) as session,
        session.ws_connect("/ws/btcusdt@kline_1M") as socket,
    ):
        await soon(socket.receive_json())
        stopping = asyncio.create_task(asyncio.to_thread(exchange.stop))
        events = [message.json() async for message in socket]
        assert events[-1]["e"] == "serverShutdown"
        assert socket.close_code == aiohttp.WSCloseCode.GOING_AWAY
        assert await stopping == 0


def test_ids_of_updates_never_skip(exchange: ExchangeProcess, venue: Any) -> None:
    seen = [int(venue.public_get_depth(BTC)["lastUpdateId"]) for _ in range(5)]
    assert all(later >= number for number, later in itertools.pairwise(seen))
