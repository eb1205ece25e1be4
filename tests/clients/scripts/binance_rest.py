"""python-binance's REST clients through a day's work on a standing market; the argument is `sync` or `async`.

Prints what the client saw as one line of JSON.
"""

import asyncio
import inspect
import json
import sys
from typing import Any

import loopback  # type: ignore[import-not-found]  # the script is run by its path
import pages  # type: ignore[import-not-found]  # the same

BTC = "BTCUSDT"
Seen = dict[str, Any]


class Calls:
    """One way to call both clients: the answer is awaited where there is something to await."""

    def __init__(self, client: Any) -> None:
        self.client = client

    async def __call__(self, name: str, *arguments: Any, **named: Any) -> Any:
        answer = getattr(self.client, name)(*arguments, **named)
        return await answer if inspect.isawaitable(answer) else answer

    async def refusal(self, name: str, **named: Any) -> list[Any]:
        """Return code, text and HTTP status of the error that the call must raise."""
        from binance.exceptions import BinanceAPIException  # type: ignore[import-not-found]

        try:
            await self(name, **named)
        except BinanceAPIException as error:
            return [error.code, error.message, error.status_code]
        raise AssertionError(f"{name} {named} was not refused")


async def ask_the_market(call: Calls, seen: Seen) -> None:
    """Ask everything public."""
    seen["ping"] = await call("ping")
    seen["system"] = await call("get_system_status")
    seen["time"] = (await call("get_server_time"))["serverTime"]
    seen["symbols"] = [row["symbol"] for row in (await call("get_exchange_info"))["symbols"]]
    seen["symbol_info"] = (await call("get_symbol_info", BTC))["baseAsset"]
    seen["prices"] = {row["symbol"]: row["price"] for row in await call("get_all_tickers")}
    seen["last"] = (await call("get_symbol_ticker", symbol=BTC))["price"]
    seen["day"] = (await call("get_ticker", symbol=BTC))["lastPrice"]
    seen["best"] = await call("get_orderbook_ticker", symbol=BTC)
    seen["books"] = [row["symbol"] for row in await call("get_orderbook_tickers")]
    seen["depth"] = await call("get_order_book", symbol=BTC, limit=5)
    seen["average"] = await call("get_avg_price", symbol=BTC)
    seen["klines"] = await call("get_klines", symbol=BTC, interval="5m", limit=3)
    seen["history"] = await call("get_historical_klines", BTC, "5m", seen["klines"][0][0], limit=3)


async def trade(call: Calls, seen: Seen) -> None:
    """Market by quantity and by cost, limit, test, cancel; then what the tapes and lists say."""
    seen["tested"] = await call("create_test_order", symbol=BTC, side="BUY", type="MARKET", quantity="0.01")
    seen["bought"] = await call("order_market_buy", symbol=BTC, quantity="0.01")
    seen["spent"] = await call("order_market_buy", symbol=BTC, quoteOrderQty="1000")
    seen["sold"] = await call("order_market_sell", symbol=BTC, quantity="0.01")
    resting = await call("order_limit_buy", symbol=BTC, quantity="0.01", price="20000")
    seen["resting"] = resting["status"]
    seen["locked"] = (await call("get_asset_balance", "USDT"))["locked"]
    seen["open"] = [row["orderId"] == resting["orderId"] for row in await call("get_open_orders", symbol=BTC)]
    seen["asked"] = (await call("get_order", symbol=BTC, origClientOrderId=resting["clientOrderId"]))["status"]
    seen["cancelled"] = (await call("cancel_order", symbol=BTC, orderId=resting["orderId"]))["status"]
    seen["orders"] = [[row["type"], row["side"], row["status"]] for row in await call("get_all_orders", symbol=BTC)]
    seen["my_trades"] = await call("get_my_trades", symbol=BTC)
    seen["tape"] = [row["id"] for row in await call("get_recent_trades", symbol=BTC, limit=3)]
    seen["old_tape"] = [row["id"] for row in await call("get_historical_trades", symbol=BTC, limit=3)]
    seen["aggregates"] = [row["a"] for row in await call("get_aggregate_trades", symbol=BTC, limit=3)]


async def protect(call: Calls, seen: Seen) -> None:
    """A stop, its replacement, and a one-cancels-the-other list."""
    stop = {"symbol": BTC, "side": "SELL", "quantity": "0.01", "timeInForce": "GTC", "type": "STOP_LOSS_LIMIT"}
    placed = await call("create_order", stopPrice="30000", price="29000", **stop)
    seen["stop"] = await call("get_order", symbol=BTC, orderId=placed["orderId"])
    replaced = await call(
        "cancel_replace_order", stopPrice="31000", price="30000", cancelReplaceMode="STOP_ON_FAILURE",
        cancelOrderId=placed["orderId"], **stop,
    )  # fmt: skip
    seen["replaced"] = [replaced["cancelResult"], replaced["newOrderResult"]]
    new_id = replaced["newOrderResponse"]["orderId"]
    seen["stop_cancelled"] = (await call("cancel_order", symbol=BTC, orderId=new_id))["status"]
    made = await call(
        "create_oco_order", symbol=BTC, side="SELL", quantity="0.01", aboveType="LIMIT_MAKER", abovePrice="90000",
        belowType="STOP_LOSS_LIMIT", belowStopPrice="30000", belowPrice="29000", belowTimeInForce="GTC",
    )  # fmt: skip
    types = sorted(row["type"] for row in made["orderReports"])
    seen["list"] = [made["contingencyType"], made["listOrderStatus"], types]
    seen["list_open"] = [row["orderListId"] == made["orderListId"] for row in await call("get_open_oco_orders")]
    seen["list_locked"] = (await call("get_asset_balance", "BTC"))["locked"]
    legs = [row["orderId"] for row in made["orderReports"]]
    await call("cancel_order", symbol=BTC, orderId=legs[0])
    seen["legs"] = [(await call("get_order", symbol=BTC, orderId=leg))["status"] for leg in legs]


async def be_refused(call: Calls, seen: Seen) -> None:
    """Ask for what is refused."""
    order = {"symbol": BTC, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    seen["refused"] = {
        "balance": await call.refusal("create_order", quantity="1", price="40000", **order),
        "lot": await call.refusal("create_order", quantity="0.000001", price="40000", **order),
        "tick": await call.refusal("create_order", quantity="0.01", price="40000.001", **order),
        "symbol": await call.refusal("get_symbol_ticker", symbol="NOSUCH"),
        "order": await call.refusal("get_order", symbol=BTC, orderId=999_999),
        "cancel": await call.refusal("cancel_order", symbol=BTC, orderId=999_999),
    }


def addresses(room: dict[str, Any]) -> list[str]:
    """Return every address the library's classes know."""
    owners = (room["BaseClient"], room["Client"], room["AsyncClient"], room["BinanceSocketManager"])
    return sorted({getattr(owner, name) for owner in owners for name in dir(owner) if name.endswith("_URL")})


async def main(kind: str) -> None:
    """Do all of it and print what was seen."""
    loopback.watch()
    room = pages.follow(json.load(sys.stdin), "python-binance")
    room["control"]("/control/market/pause", {})
    standing = room["control"]("/control/market/step", {"bars": 1})
    key, secret = room["KEY"], room["SECRET"]
    client = await room["AsyncClient"].create(key, secret) if kind == "async" else room["Client"](key, secret)
    call, seen = Calls(client), {"price": standing["prices"][BTC], "addresses": addresses(room)}
    for part in (ask_the_market, trade, protect, be_refused):
        await part(call, seen)
    seen["fees"] = await call("get_trade_fee", symbol=BTC)
    seen["balances"] = {row["asset"]: [row["free"], row["locked"]] for row in (await call("get_account"))["balances"]}
    await call("close_connection")
    seen["left"] = loopback.unwatch()
    print(json.dumps(seen))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
