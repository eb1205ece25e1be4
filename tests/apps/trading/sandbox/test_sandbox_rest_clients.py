"""Unmodified ccxt, synchronous and asynchronous, against a real exchange process."""

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import ccxt
import ccxt.async_support
import ccxt.pro
import pytest

from apps.trading.sandbox.client import AccountKey
from tests.apps.trading.sandbox.exchange_process import ExchangeProcess

BTC = "BTC/USDT"


@pytest.fixture(scope="module")
def key(exchange: ExchangeProcess) -> AccountKey:
    return exchange.new_key()


@pytest.fixture
def venue(exchange: ExchangeProcess, key: AccountKey) -> Any:
    return ccxt.binance(exchange.settings(key))


def test_default_load_markets_reaches_only_the_sandbox(exchange: ExchangeProcess, key: AccountKey) -> None:
    # fetchMargins makes ccxt ask every sapi, fapi and dapi address it knows of; none may leave the machine.
    for options in ({}, {"fetchMargins": True}):
        venue = ccxt.binance(exchange.settings(key, options=options))
        markets = venue.load_markets()
        spot = [name for name, market in markets.items() if market["spot"]]
        assert sorted(spot) == ["BTC/USDT", "ETH/USDT", "SOL/USDT"]
        contracts = [name for name, market in markets.items() if not market["spot"]]
        assert sorted(contracts) == ["BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT"]
        assert markets[BTC]["precision"] == {"amount": 1e-05, "price": 0.01, "base": 1e-08, "quote": 1e-08}
        assert markets[BTC]["limits"]["cost"]["min"] == 5
        assert {"BTC", "ETH", "SOL", "USDT"} <= set(venue.currencies)


def test_every_address_ccxt_knows_is_replaced(exchange: ExchangeProcess) -> None:
    def addresses(part: Any) -> list[str]:
        return [part] if isinstance(part, str) else [text for value in part.values() for text in addresses(value)]

    for venue_class in (ccxt.binance, ccxt.pro.binance):
        urls = venue_class(exchange.settings()).urls["api"]
        assert [text for text in addresses(urls) if "127.0.0.1" not in text] == []


def test_market_data(venue: Any) -> None:
    assert abs(venue.fetch_time() - time.time() * 1000) < 2_000
    ticker = venue.fetch_ticker(BTC)
    assert ticker["low"] <= ticker["last"] <= ticker["high"]
    assert ticker["bid"] < ticker["ask"]
    book = venue.fetch_order_book(BTC, 5)
    assert [len(book[side]) for side in ("bids", "asks")] == [5, 5]
    assert book["bids"][0][0] < book["asks"][0][0]
    assert len(venue.fetch_tickers()) == len(venue.fetch_bids_asks()) == 3
    trades = venue.fetch_trades(BTC, limit=10)
    assert [int(trade["id"]) for trade in trades] == sorted({int(trade["id"]) for trade in trades})


def test_candles_join_and_add_up(venue: Any) -> None:
    start = 1704067200000
    base = venue.fetch_ohlcv(BTC, "5m", since=start, limit=12)
    (hour,) = venue.fetch_ohlcv(BTC, "1h", since=start, limit=1)
    assert [bar[0] for bar in base] == [start + 300_000 * number for number in range(12)]
    assert hour[1:5] == [base[0][1], max(b[2] for b in base), min(b[3] for b in base), base[-1][4]]
    assert Decimal(str(hour[5])) == sum(Decimal(str(bar[5])) for bar in base)
    latest = venue.fetch_ohlcv(BTC, "5m", limit=1000)
    assert len(latest) == 1000
    for interval in ("15m", "30m", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M"):
        assert venue.fetch_ohlcv(BTC, interval, limit=3)[-1][4] > 0
    with pytest.raises(ccxt.BadRequest, match="Invalid interval"):
        venue.fetch_ohlcv(BTC, "1m")


def test_market_buy_by_quantity_and_by_cost_and_sell(exchange: ExchangeProcess) -> None:
    venue = ccxt.binance(exchange.settings(exchange.new_key()))
    bought = venue.create_order(BTC, "market", "buy", 0.02)
    assert (bought["status"], bought["filled"]) == ("closed", 0.02)
    assert bought["fee"] == {"currency": "BTC", "cost": pytest.approx(0.00002)}
    spent = venue.create_market_buy_order_with_cost(BTC, 1000)
    assert 0.0 < spent["cost"] <= 1000
    assert 1000 - spent["cost"] < spent["average"] * 0.00001
    sold = venue.create_order(BTC, "market", "sell", 0.02)
    assert sold["fee"]["currency"] == "USDT"
    trades = venue.fetch_my_trades(BTC)
    assert {trade["order"] for trade in trades} == {bought["id"], spent["id"], sold["id"]}
    balance = venue.fetch_balance()["total"]
    expected = Decimal(1_000_000)
    for trade in trades:
        quote = Decimal(trade["info"]["quoteQty"])
        fee = Decimal(trade["info"]["commission"]) if trade["info"]["commissionAsset"] == "USDT" else Decimal(0)
        expected += -quote if trade["side"] == "buy" else quote - fee
    assert Decimal(venue.fetch_balance()["info"]["balances"][-1]["free"]) == expected
    assert balance["BTC"] == pytest.approx(10 + spent["filled"] * 0.999 - 0.00002, abs=1e-8)


def test_limit_order_life(exchange: ExchangeProcess) -> None:
    venue = ccxt.binance(exchange.settings(exchange.new_key()))
    order = venue.create_order(BTC, "limit", "buy", 0.5, 20_000, {"clientOrderId": "my-order-1"})
    assert order["status"] == "open"
    assert venue.fetch_balance()["USDT"] == {"free": 990_000.0, "used": 10_000.0, "total": 1_000_000.0}
    assert [found["id"] for found in venue.fetch_open_orders(BTC)] == [order["id"]]
    by_client_id = venue.fetch_order(None, BTC, {"origClientOrderId": "my-order-1"})
    assert (by_client_id["id"], by_client_id["status"]) == (order["id"], "open")
    with pytest.raises(ccxt.InvalidOrder, match=r"Duplicate order sent\."):
        venue.create_order(BTC, "limit", "buy", 0.5, 20_000, {"clientOrderId": "my-order-1"})
    assert venue.cancel_order(order["id"], BTC)["status"] == "canceled"
    assert venue.fetch_open_orders(BTC) == []
    assert venue.fetch_balance()["USDT"]["free"] == 1_000_000.0
    again = venue.create_order(BTC, "limit", "buy", 0.5, 20_000, {"clientOrderId": "my-order-1"})
    assert venue.fetch_order(None, BTC, {"origClientOrderId": "my-order-1"})["id"] == again["id"]
    assert [found["id"] for found in venue.fetch_orders(BTC)] == [order["id"], again["id"]]
    assert [found["id"] for found in venue.cancel_all_orders(BTC)] == [again["id"]]


def test_times_in_force(exchange: ExchangeProcess) -> None:
    venue = ccxt.binance(exchange.settings(exchange.new_key()))
    killed = venue.create_order(BTC, "limit", "buy", 0.01, 20_000, {"timeInForce": "FOK"})
    assert (killed["status"], killed["filled"]) == ("expired", 0)
    taken = venue.create_order(BTC, "limit", "buy", 0.01, 150_000, {"timeInForce": "IOC"})
    assert (taken["status"], taken["filled"]) == ("closed", 0.01)
    assert taken["average"] < 150_000
    made = venue.create_order(BTC, "limit", "buy", 0.01, 20_000, {"postOnly": True})
    assert venue.fetch_order(made["id"], BTC)["type"] == "limit"
    assert venue.fetch_balance()["USDT"]["used"] == 200


def test_customers_trade_with_each_other_inside_the_spread(new_exchange: Callable[..., ExchangeProcess]) -> None:
    exchange = new_exchange()
    exchange.control.pause()
    maker = ccxt.binance(exchange.settings(exchange.new_key(maker_fee=Decimal(0))))
    taker = ccxt.binance(exchange.settings(exchange.new_key()))
    book = maker.fetch_order_book(BTC)
    price = round(book["bids"][0][0] + 0.01, 2)
    assert price < book["asks"][0][0]
    resting = maker.create_order(BTC, "limit", "buy", 0.1, price)
    sold = taker.create_order(BTC, "market", "sell", 0.1)
    assert (sold["average"], sold["filled"]) == (price, 0.1)
    (mine,), (theirs,) = maker.fetch_my_trades(BTC), taker.fetch_my_trades(BTC)
    assert (mine["id"], mine["order"], mine["takerOrMaker"]) == (theirs["id"], resting["id"], "maker")
    assert mine["fee"]["cost"] == 0
    assert theirs["fee"] == {"currency": "USDT", "cost": pytest.approx(price * 0.0001)}


def test_another_account_s_order_does_not_exist(exchange: ExchangeProcess, venue: Any) -> None:
    other = ccxt.binance(exchange.settings(exchange.new_key()))
    order = other.create_order(BTC, "limit", "buy", 0.01, 20_000)
    with pytest.raises(ccxt.OrderNotFound):
        venue.fetch_order(order["id"], BTC)
    with pytest.raises(ccxt.OrderNotFound):
        venue.cancel_order(order["id"], BTC)
    assert other.fetch_order(order["id"], BTC)["status"] == "open"


def test_a_wider_window_takes_late_requests(exchange: ExchangeProcess, key: AccountKey) -> None:
    late = ccxt.binance(exchange.settings(key, options={"recvWindow": 30_000}))
    late.nonce = lambda: int(time.time() * 1000) - 11_000
    assert late.fetch_balance()["total"]


async def test_async_client(exchange: ExchangeProcess) -> None:
    venue = ccxt.async_support.binance(exchange.settings(exchange.new_key()))
    try:
        await venue.load_markets()
        order = await venue.create_order("ETH/USDT", "market", "buy", 1)
        assert order["status"] == "closed"
        assert (await venue.fetch_balance())["ETH"]["total"] == pytest.approx(100.999)
        resting = await venue.create_order("SOL/USDT", "limit", "sell", 10, 400)
        assert [row["id"] for row in await venue.fetch_open_orders("SOL/USDT")] == [resting["id"]]
        assert (await venue.cancel_order(resting["id"], "SOL/USDT"))["status"] == "canceled"
        assert await venue.fetch_trading_fees()
    finally:
        await venue.close()
