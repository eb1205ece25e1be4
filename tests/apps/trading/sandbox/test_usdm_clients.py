"""The unmodified ccxt.binanceusdm and ccxt.pro.binanceusdm trade contracts on the sandbox exchange."""

import asyncio
from decimal import Decimal
from typing import Any

import ccxt
import ccxt.pro
import pytest

from apps.trading.sandbox.exchange.usdm.funding import FUNDING_MS, rate_at

PAIR = "BTC/USDT:USDT"


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """An exchange whose market stands and moves by steps only."""
    from tests.apps.trading.sandbox.exchange_process import ExchangeProcess

    running = ExchangeProcess(tmp_path_factory.mktemp("usdm") / "state").start()
    running.control.pause()
    running.control.step(1)
    yield running
    running.kill()


def client(exchange, key=None, *, of=ccxt) -> Any:
    return of.binanceusdm(exchange.settings(key, options={"fetchPositions": "positionRisk"}))


@pytest.fixture
def trader(stopped):
    """A client whose contracts wallet holds 50,000 USDT."""
    found = client(stopped, stopped.new_key())
    found.transfer("USDT", 50_000, "spot", "linear")
    return found


def test_markets_and_market_data(stopped):
    usdm = client(stopped)
    assert set(usdm.load_markets()) == {"BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT"}
    market = usdm.market(PAIR)
    assert (market["swap"], market["linear"], market["precision"]["amount"]) == (True, True, 0.001)
    book, ticker = usdm.fetch_order_book(PAIR, 5), usdm.fetch_ticker(PAIR)
    assert book["bids"][0][0] <= ticker["last"] <= book["asks"][0][0]
    assert len(usdm.fetch_ohlcv(PAIR, "5m", limit=3)) == 3
    assert usdm.fetch_mark_price(PAIR)["markPrice"] == ticker["last"]
    rate = usdm.fetch_funding_rate(PAIR)
    slot = rate["fundingTimestamp"] // FUNDING_MS
    assert Decimal(str(rate["fundingRate"])) == Decimal(rate_at("BTCUSDT", slot)).scaleb(-8)
    history = usdm.fetch_funding_rate_history(PAIR, limit=4)
    assert [row["timestamp"] % FUNDING_MS for row in history] == [0] * 4
    assert usdm.fetch_open_interest(PAIR)["openInterestAmount"] == 0
    assert usdm.fetch_trading_fee is not None


def test_wallet_position_and_its_end(trader):
    assert trader.fetch_balance()["USDT"]["free"] == 50_000
    assert trader.set_leverage(10, PAIR)["leverage"] == "10" or trader.fetch_leverage(PAIR)["longLeverage"] == 10
    order = trader.create_order(PAIR, "market", "buy", 0.5, params={"newClientOrderId": "first"})
    assert (order["status"], order["filled"], order["clientOrderId"]) == ("closed", 0.5, "first")
    (position,) = trader.fetch_positions([PAIR])
    price = order["average"]
    assert (position["side"], position["contracts"], position["leverage"]) == ("long", 0.5, 10)
    assert position["entryPrice"] == price
    assert position["initialMargin"] == pytest.approx(0.05 * price)
    assert position["maintenanceMargin"] == pytest.approx(0.5 * price * 0.004)
    # All of the wallet backs it: nothing liquidates half a bitcoin that is paid for.
    assert position["liquidationPrice"] is None
    (trade,) = trader.fetch_my_trades(PAIR)
    assert trade["fee"] == {"cost": pytest.approx(0.0005 * 0.5 * price), "currency": "USDT"}
    closing = trader.create_order(PAIR, "market", "sell", 0.9, params={"reduceOnly": True})
    assert closing["filled"] == 0.5
    assert [each for each in trader.fetch_positions([PAIR]) if each["contracts"]] == []


def test_orders_rest_are_found_and_cancelled(trader):
    price = trader.fetch_ticker(PAIR)["last"]
    order = trader.create_order(PAIR, "limit", "buy", 0.01, round(price * 0.9, 2), {"timeInForce": "GTC"})
    post = trader.create_order(PAIR, "limit", "buy", 0.01, round(price * 0.8, 2), {"postOnly": True})
    stop = trader.create_order(PAIR, "market", "sell", 0.01, None, {"stopLossPrice": round(price * 0.7, 2)})
    take = trader.create_order(PAIR, "limit", "sell", 0.01, price * 2, {"takeProfitPrice": price * 2})
    assert post["timeInForce"] in ("GTX", "PO")
    assert {each["id"] for each in trader.fetch_open_orders(PAIR)} == {order["id"], post["id"]}
    waiting = trader.fetch_open_orders(PAIR, params={"trigger": True})
    assert {each["id"] for each in waiting} == {stop["id"], take["id"]}
    assert trader.cancel_order(order["id"], PAIR)["status"] == "canceled"
    assert trader.fetch_order(order["id"], PAIR)["status"] == "canceled"
    trader.cancel_order(stop["id"], PAIR, {"trigger": True})
    trader.cancel_all_orders(PAIR)
    trader.cancel_all_orders(PAIR, {"trigger": True})
    assert trader.fetch_open_orders(PAIR) == trader.fetch_open_orders(PAIR, params={"trigger": True}) == []


def test_isolated_margin_and_hedge_mode(trader):
    trader.set_margin_mode("isolated", PAIR, {"leverage": 20})
    with pytest.raises(ccxt.ExchangeError):
        trader.set_margin_mode("isolated", PAIR)
    trader.set_position_mode(True)
    trader.create_order(PAIR, "market", "buy", 0.2, params={"positionSide": "LONG"})
    trader.create_order(PAIR, "market", "sell", 0.1, params={"positionSide": "SHORT"})
    found = {each["side"]: each for each in trader.fetch_positions([PAIR]) if each["contracts"]}
    assert {side: each["contracts"] for side, each in found.items()} == {"long": 0.2, "short": 0.1}
    assert {each["marginMode"] for each in found.values()} == {"isolated"}
    assert 0.9 < found["long"]["liquidationPrice"] / found["long"]["entryPrice"] < 0.96
    assert 1.04 < found["short"]["liquidationPrice"] / found["short"]["entryPrice"] < 1.06
    trader.add_margin(PAIR, 100, {"positionSide": "LONG"})
    (more,) = [each for each in trader.fetch_positions([PAIR]) if each["side"] == "long"]
    assert more["liquidationPrice"] < found["long"]["liquidationPrice"]
    assert trader.fetch_position_mode(PAIR)["hedged"] is True


def test_refusals_are_ccxt_errors(trader):
    with pytest.raises(ccxt.ExchangeError, match="Margin is insufficient"):
        trader.create_order(PAIR, "market", "buy", 900)
    with pytest.raises(ccxt.OrderNotFound):
        trader.fetch_order("999999999", PAIR)
    with pytest.raises(ccxt.InvalidOrder):
        trader.create_order(PAIR, "limit", "buy", 0.01, trader.fetch_ticker(PAIR)["last"] * 1.01, {"postOnly": True})


def test_tiers_income_and_settings(trader):
    tiers = trader.fetch_leverage_tiers([PAIR])[PAIR]
    assert (tiers[0]["maxLeverage"], tiers[0]["maintenanceMarginRate"]) == (125, 0.004)
    trader.create_order(PAIR, "market", "buy", 0.1)
    trader.create_order(PAIR, "market", "sell", 0.1)
    kinds = {row["info"]["incomeType"] for row in trader.fetch_ledger("USDT")}
    assert {"TRANSFER", "COMMISSION"} <= kinds
    assert trader.fetch_leverage(PAIR)["longLeverage"] == 20
    assert trader.fetch_funding_history(PAIR) == []


async def _watch(exchange, key) -> tuple[Any, Any, Any]:
    watcher = client(exchange, key, of=ccxt.pro)
    try:
        await watcher.load_markets()
        orders = asyncio.ensure_future(watcher.watch_orders(PAIR))
        positions = asyncio.ensure_future(watcher.watch_positions([PAIR]))
        balance = asyncio.ensure_future(watcher.watch_balance())
        deadline = asyncio.get_running_loop().time() + 20
        while not all(each.done() for each in (orders, positions, balance)):
            assert asyncio.get_running_loop().time() < deadline
            await watcher.create_order(PAIR, "market", "buy", 0.01)
            await asyncio.wait({orders, positions, balance}, timeout=0.5)
        return orders.result(), positions.result(), balance.result()
    finally:
        await watcher.close()


def test_the_user_stream_tells_orders_positions_and_balance(stopped):
    key = stopped.new_key()
    client(stopped, key).transfer("USDT", 10_000, "spot", "linear")
    orders, positions, balance = asyncio.run(_watch(stopped, key))
    assert orders[-1]["symbol"] == PAIR
    assert positions[-1]["side"] == "long"
    assert balance["USDT"]["total"] < 10_000


def test_what_was_answered_survives_a_kill(new_exchange):
    exchange = new_exchange()
    exchange.control.pause()
    exchange.control.step(1)
    key = exchange.new_key()
    trader = client(exchange, key)
    trader.transfer("USDT", 50_000, "spot", "linear")
    trader.set_leverage(25, PAIR)
    trader.create_order(PAIR, "market", "buy", 1.5)
    resting = trader.create_order(PAIR, "limit", "sell", 0.5, 200_000, {"reduceOnly": True})
    stop = trader.create_order(PAIR, "market", "sell", 1, None, {"stopLossPrice": 30_000, "reduceOnly": True})
    exchange.control.step(100)
    digest, before = exchange.control.digest(), trader.fetch_balance()["info"]
    exchange.kill()
    exchange.start()
    assert exchange.control.digest() == digest
    again = client(exchange, key)
    after = again.fetch_balance()["info"]
    for each in (before, after):
        each.pop("updateTime", None)
    assert after == before
    assert [each["id"] for each in again.fetch_open_orders(PAIR)] == [resting["id"]]
    assert [each["id"] for each in again.fetch_open_orders(PAIR, params={"trigger": True})] == [stop["id"]]
