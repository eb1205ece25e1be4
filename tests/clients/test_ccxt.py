"""Unmodified ccxt, synchronous and asynchronous, set up by the page: the same contract, to the last digit."""

import inspect
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import ccxt
import ccxt.async_support
import ccxt.pro
import pytest

from tests.apps.trading.sandbox.exchange_process import ExchangeProcess
from tests.clients.conftest import Places
from tests.clients.scripts import pages

pytestmark = pytest.mark.clients
BTC = "BTC/USDT"
FUNDS = {"USDT": Decimal(10_000), "BTC": Decimal("0.5")}
"""What the page's account is opened with."""


class Calls:
    """One way to call both kinds of client: the answer is awaited where there is something to await."""

    def __init__(self, client: Any, price: Decimal) -> None:
        self.client = client
        self.price = price

    async def __call__(self, name: str, *arguments: Any, **named: Any) -> Any:
        answer = getattr(self.client, name)(*arguments, **named)
        return await answer if inspect.isawaitable(answer) else answer

    async def balances(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Return free and locked by asset, unrounded."""
        rows = (await self("fetch_balance"))["info"]["balances"]
        return {row["asset"]: (Decimal(row["free"]), Decimal(row["locked"])) for row in rows}


@pytest.fixture(params=["sync", "async"])
async def call(request: pytest.FixtureRequest, exchange: ExchangeProcess, places: Places) -> AsyncIterator[Calls]:
    """A client with a new account of the page, in front of a market that stands."""
    exchange.control.pause()
    standing = exchange.control.step()
    settings = pages.follow(places, "ccxt")["SANDBOX"]
    library = ccxt if request.param == "sync" else ccxt.async_support
    made = Calls(library.binance(settings), standing.prices["BTCUSDT"])
    yield made
    if request.param == "async":
        await made.client.close()


def addresses(part: Any) -> list[str]:
    """Return every address in a nest of settings."""
    return [part] if isinstance(part, str) else [text for value in part.values() for text in addresses(value)]


@pytest.mark.parametrize("library", [ccxt, ccxt.async_support, ccxt.pro])
def test_the_page_leaves_no_address_of_the_vendor(library: Any, exchange: ExchangeProcess, places: Places) -> None:
    settings = pages.follow(places, "ccxt")["SANDBOX"]
    client = library.binance(settings)
    own = exchange.base_url.removeprefix("http://")
    for switch in (lambda: None, lambda: client.set_sandbox_mode(True), lambda: client.set_sandbox_mode(False)):
        switch()
        found = [text for name in ("api", "test", "demo") for text in addresses(client.urls[name])]
        assert [text for text in found if text.split("/")[2] != own] == []


async def test_the_page_s_order_is_filled(places: Places) -> None:
    exchange = pages.follow(places, "ccxt", "ccxt-use")["exchange"]
    assert [trade["amount"] for trade in exchange.fetch_my_trades(BTC)] == [0.001]


async def test_markets_currencies_and_clock(call: Calls) -> None:
    for options in ({}, {"fetchMargins": True}):
        call.client.options.update(options)
        markets = await call("load_markets", True)
        spot, contracts = ["BTC/USDT", "ETH/USDT", "SOL/USDT"], ["BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT"]
        assert sorted(markets) == sorted([*spot, *contracts])
    assert markets[BTC]["precision"]["price"] == 0.01
    # BNFCR is a coin of the vendor's futures that ccxt adds by itself.
    assert sorted({*call.client.currencies} - {"BNFCR"}) == ["BTC", "ETH", "SOL", "USDT"]
    assert (await call("fetch_status"))["status"] == "ok"
    assert isinstance(await call("fetch_time"), int)
    fees = await call("fetch_trading_fees")
    assert (fees[BTC]["maker"], fees[BTC]["taker"]) == (0.001, 0.001)


async def test_market_data_agrees_with_itself(call: Calls) -> None:
    price = float(call.price)
    ticker = await call("fetch_ticker", BTC)
    assert (ticker["bid"], ticker["ask"], ticker["last"]) == (price, price, price)
    assert sorted(await call("fetch_tickers")) == sorted(await call("fetch_bids_asks"))
    assert (await call("fetch_last_prices"))[BTC]["price"] == price
    book = await call("fetch_order_book", BTC, 5)
    assert (book["bids"][0][0], book["asks"][0][0]) == (price, price)
    forming = (await call("fetch_ohlcv", BTC, "5m", limit=2))[-1]
    assert forming[1:5] == [price] * 4
    trades = await call("fetch_trades", BTC, limit=10)
    assert [int(trade["id"]) for trade in trades] == sorted({int(trade["id"]) for trade in trades})


async def test_market_orders_to_the_last_digit(call: Calls) -> None:
    bought = await call("create_order", BTC, "market", "buy", 0.02)
    assert (bought["status"], bought["filled"], bought["average"]) == ("closed", 0.02, float(call.price))
    spent = await call("create_market_buy_order_with_cost", BTC, 1000)
    lots = (Decimal(1000) / call.price).quantize(Decimal("0.00001"), rounding="ROUND_DOWN")
    assert spent["filled"] == float(lots)
    await call("create_order", BTC, "market", "sell", 0.02)
    rate, sold = Decimal("0.001"), Decimal("0.02") * call.price
    quote = FUNDS["USDT"] - Decimal("0.02") * call.price - lots * call.price + sold - sold * rate
    base = FUNDS["BTC"] + (Decimal("0.02") + lots) * (1 - rate) - Decimal("0.02")
    found = await call.balances()
    assert (found["USDT"], found["BTC"]) == ((quote, 0), (base, 0))
    trades = await call("fetch_my_trades", BTC)
    assert [(trade["side"], trade["takerOrMaker"]) for trade in trades] == [
        ("buy", "taker"), ("buy", "taker"), ("sell", "taker")
    ]  # fmt: skip
    assert [row["id"] for row in await call("fetch_order_trades", bought["id"], BTC)] == [trades[0]["id"]]


async def test_a_resting_order_from_birth_to_end(call: Calls) -> None:
    order = await call("create_order", BTC, "limit", "buy", 0.1, 20_000, {"clientOrderId": "page-1"})
    assert order["status"] == "open"
    assert (await call.balances())["USDT"] == (8_000, 2_000)
    assert (await call("fetch_order", None, BTC, {"origClientOrderId": "page-1"}))["id"] == order["id"]
    assert [row["id"] for row in await call("fetch_open_orders", BTC)] == [order["id"]]
    edited = await call("edit_order", order["id"], BTC, "limit", "buy", 0.1, 21_000)
    assert (await call("fetch_order", order["id"], BTC))["status"] == "canceled"
    assert (await call.balances())["USDT"] == (7_900, 2_100)
    assert (await call("cancel_order", edited["id"], BTC))["status"] == "canceled"
    maker = await call("create_order", BTC, "limit", "sell", 0.1, 90_000, {"postOnly": True})
    assert (await call("fetch_order", maker["id"], BTC))["postOnly"] is True
    await call("cancel_all_orders", BTC)
    assert await call("fetch_open_orders", BTC) == []
    assert [row["status"] for row in await call("fetch_orders", BTC)] == ["canceled"] * 3
    assert len(await call("fetch_canceled_orders", BTC)) == 3
    assert await call("fetch_closed_orders", BTC) == []
    assert await call.balances() == {asset: (amount, 0) for asset, amount in FUNDS.items()}


async def test_times_in_force(call: Calls) -> None:
    for force in ("IOC", "FOK"):
        order = await call("create_order", BTC, "limit", "buy", 0.01, 20_000, {"timeInForce": force})
        assert (order["status"], order["filled"]) == ("expired", 0)
    assert await call.balances() == {asset: (amount, 0) for asset, amount in FUNDS.items()}


@pytest.mark.parametrize(
    ("kind", "limit", "more", "named"),
    [
        ("limit", 29_000, {"stopLossPrice": 30_000}, "STOP_LOSS_LIMIT"),
        ("limit", 91_000, {"takeProfitPrice": 90_000}, "TAKE_PROFIT_LIMIT"),
        ("market", None, {"stopLossPrice": 30_000}, "STOP_LOSS"),
        ("market", None, {"takeProfitPrice": 90_000}, "TAKE_PROFIT"),
        ("market", None, {"trailingPercent": 5, "stopLossOrTakeProfit": "stopLoss"}, "STOP_LOSS"),
    ],
)
async def test_stops_rest_and_lock(call: Calls, kind: str, limit: float | None, more: Any, named: str) -> None:
    order = await call("create_order", BTC, kind, "sell", 0.1, limit, more)
    stored = await call("fetch_order", order["id"], BTC)
    assert (stored["info"]["type"], stored["status"], stored["info"]["isWorking"]) == (named, "open", False)
    assert (await call.balances())["BTC"] == (Decimal("0.4"), Decimal("0.1"))
    assert (await call("cancel_order", order["id"], BTC))["status"] == "canceled"
    assert await call.balances() == {asset: (amount, 0) for asset, amount in FUNDS.items()}


async def test_a_stop_fires_when_the_market_gets_there(call: Calls, exchange: ExchangeProcess) -> None:
    above = float(call.price) + 0.01
    order = await call("create_order", BTC, "market", "buy", 0.01, None, {"stopLossPrice": above})
    now = call.price
    while now <= call.price:
        now = exchange.control.step().prices["BTCUSDT"]
    filled = await call("fetch_order", order["id"], BTC)
    assert (filled["status"], filled["filled"]) == ("closed", 0.01)
    (trade,) = await call("fetch_my_trades", BTC)
    assert trade["price"] >= above


REFUSED: list[tuple[str, tuple[Any, ...], type[Exception]]] = [
    ("create_order", (BTC, "limit", "buy", 1, 40_000), ccxt.InsufficientFunds),
    ("create_order", (BTC, "limit", "sell", 0.1, 10_000, {"postOnly": True}), ccxt.OrderImmediatelyFillable),
    ("create_order", (BTC, "limit", "buy", 0.0001, 20_000), ccxt.BadRequest),
    ("fetch_order", ("999999", BTC), ccxt.OrderNotFound),
    ("cancel_order", ("999999", BTC), ccxt.OrderNotFound),
    ("publicGetTickerPrice", ({"symbol": "NOSUCH"},), ccxt.BadSymbol),
]


@pytest.mark.parametrize(("name", "arguments", "error"), REFUSED)
async def test_refusals_have_their_class_and_change_nothing(
    call: Calls, name: str, arguments: tuple[Any, ...], error: type[Exception]
) -> None:
    with pytest.raises(error):
        await call(name, *arguments)
    assert await call("fetch_orders", BTC) == []
    assert await call.balances() == {asset: (amount, 0) for asset, amount in FUNDS.items()}
