"""Unmodified python-binance, set up by the page: both REST clients, the sockets, the WS-API."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

pytestmark = pytest.mark.clients
RATE = Decimal("0.001")
FUNDS = {"USDT": Decimal(10_000), "BTC": Decimal("0.5")}
"""What the page's account is opened with."""


def whole(amount: Decimal) -> str:
    """Return an amount as the exchange writes it."""
    return f"{amount:.8f}"


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_rest(kind: str, run_script: Callable[..., Any], places: dict[str, str]) -> None:
    seen = run_script("binance_rest.py", kind)
    assert seen["left"] == []
    own = next(iter(places.values())).removeprefix("http://")
    assert {address.split("/")[2] for address in seen["addresses"]} == {own}
    check_the_market(seen)
    check_the_trades(seen)
    check_the_stops(seen)
    assert seen["refused"] == {
        "balance": [-2010, "Account has insufficient balance for requested action.", 400],
        "lot": [-1013, "Filter failure: LOT_SIZE", 400],
        "tick": [-1013, "Filter failure: PRICE_FILTER", 400],
        "symbol": [-1121, "Invalid symbol.", 400],
        "order": [-2013, "Order does not exist.", 400],
        "cancel": [-2011, "Unknown order sent.", 400],
    }


def check_the_market(seen: dict[str, Any]) -> None:
    price = whole(Decimal(seen["price"]))
    assert (seen["ping"], seen["tested"], seen["system"]) == ({}, {}, {"status": 0, "msg": "normal"})
    assert seen["symbols"] == seen["books"] == list(seen["prices"]) == ["BTCUSDT", "ETHUSDT", "SOLUSDT"]
    assert seen["symbol_info"] == "BTC"
    assert [seen["last"], seen["day"], seen["prices"]["BTCUSDT"]] == [price] * 3
    assert (seen["best"]["bidPrice"], seen["best"]["askPrice"]) == (price, price)
    assert [seen["depth"][side][0][0] for side in ("bids", "asks")] == [price, price]
    assert seen["average"]["mins"] == 5
    assert seen["klines"] == seen["history"]
    assert seen["klines"][-1][1:5] == [price] * 4
    assert (seen["fees"][0]["makerCommission"], seen["fees"][0]["takerCommission"]) == (whole(RATE), whole(RATE))


def check_the_trades(seen: dict[str, Any]) -> None:
    price = Decimal(seen["price"])
    lots = (Decimal(1_000) / price).quantize(Decimal("0.00001"), rounding="ROUND_DOWN")
    assert [seen[name]["status"] for name in ("bought", "spent", "sold")] == ["FILLED"] * 3
    assert Decimal(seen["spent"]["executedQty"]) == lots
    (fill,) = seen["bought"]["fills"]
    assert (fill["price"], fill["commission"], fill["commissionAsset"]) == (whole(price), "0.00001000", "BTC")
    assert (seen["resting"], seen["asked"], seen["cancelled"]) == ("NEW", "NEW", "CANCELED")
    assert (seen["open"], seen["locked"]) == ([True], "200.00000000")
    assert seen["orders"] == [
        ["MARKET", "BUY", "FILLED"], ["MARKET", "BUY", "FILLED"], ["MARKET", "SELL", "FILLED"],
        ["LIMIT", "BUY", "CANCELED"],
    ]  # fmt: skip
    ids = [row["id"] for row in seen["my_trades"]]
    assert seen["tape"] == seen["old_tape"] == seen["aggregates"] == ids
    got = Decimal("0.01") * price
    usdt = FUNDS["USDT"] - got - lots * price + got * (1 - RATE)
    btc = FUNDS["BTC"] + (Decimal("0.01") + lots) * (1 - RATE) - Decimal("0.01")
    nothing = whole(Decimal(0))
    assert seen["balances"] == {"BTC": [whole(btc), nothing], "USDT": [whole(usdt), nothing]}


def check_the_stops(seen: dict[str, Any]) -> None:
    stop = seen["stop"]
    assert (stop["type"], stop["status"], stop["stopPrice"]) == ("STOP_LOSS_LIMIT", "NEW", "30000.00000000")
    assert (seen["replaced"], seen["stop_cancelled"]) == (["SUCCESS", "SUCCESS"], "CANCELED")
    assert seen["list"] == ["OCO", "EXECUTING", ["LIMIT_MAKER", "STOP_LOSS_LIMIT"]]
    assert (seen["list_open"], seen["list_locked"], seen["legs"]) == ([True], "0.01000000", ["CANCELED"] * 2)


def test_sockets(run_script: Callable[..., Any]) -> None:
    seen = run_script("binance_sockets.py")
    price, bought = seen["moved_price"], seen["bought_price"]
    assert seen["left"] == []
    assert seen["kline_closed"] == [seen["kline_recorded"][0], seen["kline_recorded"][1], seen["kline_recorded"][4]]
    assert seen["kline_before"]["t"] == seen["kline_closed"][0]
    assert (seen["mini"], seen["day"], seen["best"]) == ("24hrMiniTicker", "24hrTicker", price)
    assert seen["depth"] == seen["depth_fast"] == ["BTCUSDT", True]
    assert seen["depth5"] == [1, 1, True]  # a standing market is one deep price on each side
    assert seen["trade"] == seen["aggregate"] == [bought, "0.02000000", False]
    assert "BTCUSDT" in seen["all_mini"]
    assert "BTCUSDT" in seen["all_days"]
    assert (seen["all_best"], seen["threaded"]) == ("BTCUSDT", "ETHUSDT")
    assert seen["several"] == ["btcusdt@miniTicker", "ethusdt@kline_5m"]
    assert seen["cache"] == [True, True]
    assert sorted(seen["user"]) == ["executionReport", "executionReport", "outboundAccountPosition"]
    assert seen["reports"] == [["NEW", "NEW", True], ["TRADE", "FILLED", True]]
    assert (seen["ws_ping"], seen["ws_symbols"], seen["ws_price"]) == ({}, 3, price)
    assert (seen["ws_depth"], seen["ws_klines"], seen["ws_trades"]) == (1, 2, 1)
    assert seen["ws_average"] == ["closeTime", "mins", "price"]
    assert (seen["ws_asked"], seen["ws_open"], seen["ws_cancelled"]) == ("NEW", 1, "CANCELED")
    assert (seen["ws_list"], seen["ws_account"]) == (["EXECUTING", "ALL_DONE"], ["BTC", "USDT"])
