"""python-binance's sockets: market streams, the user stream, the depth cache, the threaded manager and the WS-API.

The market stands; a market order and closed bars make the events. Prints what was seen as one line of JSON.
"""

import asyncio
import json
import queue
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import loopback  # type: ignore[import-not-found]  # the script is run by its path
import pages  # type: ignore[import-not-found]  # the same

BTC, PATIENCE = "BTCUSDT", 15
Room = dict[str, Any]
Seen = dict[str, Any]


async def until(socket: Any, fits: Callable[[Any], bool]) -> Any:
    """Return the first message of a socket that fits."""

    async def read() -> Any:
        while not fits(message := await socket.recv()):
            assert "error" not in str(message.get("e") if isinstance(message, dict) else ""), message
        return message

    return await asyncio.wait_for(read(), PATIENCE)


@asynccontextmanager
async def opened(sockets: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    """Open several sockets, and close them side by side: each looks only once a second whether it should end."""
    yield {name: await socket.__aenter__() for name, socket in sockets.items()}
    await asyncio.gather(*(socket.__aexit__(None, None, None) for socket in sockets.values()))


def wait_shortly() -> None:
    """Set the library's own time after which an idle socket looks whether it should end (10 s by default)."""
    from binance.ws.reconnecting_websocket import ReconnectingWebsocket  # type: ignore[import-not-found]

    ReconnectingWebsocket.TIMEOUT = 1


async def watch_the_market(client: Any, room: Room, seen: Seen) -> None:
    """Open one socket of each kind, trade once, close a bar, and read an event from each."""
    manager = room["BinanceSocketManager"](client)
    sockets = {
        "kline": manager.kline_socket(BTC, interval="5m"),
        "mini": manager.symbol_miniticker_socket(BTC),
        "day": manager.symbol_ticker_socket(BTC),
        "best": manager.symbol_book_ticker_socket(BTC),
        "depth": manager.depth_socket(BTC),
        "depth5": manager.depth_socket(BTC, depth=manager.WEBSOCKET_DEPTH_5),
        "depth_fast": manager.depth_socket(BTC, interval=100),
        "trade": manager.trade_socket(BTC),
        "aggregate": manager.aggtrade_socket(BTC),
        "all_mini": manager.miniticker_socket(),
        "all_days": manager.ticker_socket(),
        "all_best": manager.book_ticker_socket(),
        "several": manager.multiplex_socket(["btcusdt@miniTicker", "ethusdt@kline_5m"]),
    }
    async with opened(sockets) as open_:
        seen["kline_before"] = (await until(open_["kline"], lambda event: True))["k"]
        order = await client.order_market_buy(symbol=BTC, quantity="0.02")
        moved = room["control"]("/control/market/step", {"bars": 1})
        seen["bought_trades"] = [fill["tradeId"] for fill in order["fills"]]
        seen["bought_price"] = order["fills"][0]["price"]
        price = seen["moved_price"] = moved["prices"][BTC]
        closed = await until(open_["kline"], lambda event: event["k"]["x"])
        seen["kline_closed"] = [closed["k"]["t"], closed["k"]["o"], closed["k"]["c"]]
        (seen["kline_recorded"],) = await client.get_klines(
            symbol=BTC, interval="5m", startTime=closed["k"]["t"], limit=1
        )
        for name in ("mini", "day"):
            seen[name] = (await until(open_[name], lambda event: event["c"] == price))["e"]
        seen["best"] = (await until(open_["best"], lambda event: event["s"] == BTC and event["b"] == price))["a"]
        for name in ("depth", "depth_fast"):
            event = await until(open_[name], lambda event: event["e"] == "depthUpdate")
            seen[name] = [event["s"], event["U"] <= event["u"]]
        partial = await until(open_["depth5"], lambda event: event["bids"][0][0] == price)
        seen["depth5"] = [len(partial["bids"]), len(partial["asks"]), "lastUpdateId" in partial]
        trade = await until(open_["trade"], lambda event: event["t"] == seen["bought_trades"][0])
        seen["trade"] = [trade["p"], trade["q"], trade["m"]]
        aggregate = await until(open_["aggregate"], lambda event: event["f"] == seen["bought_trades"][0])
        seen["aggregate"] = [aggregate["p"], aggregate["q"], aggregate["m"]]
        for name in ("all_mini", "all_days"):
            rows = await until(open_[name], lambda event: any(row["s"] == BTC for row in event))
            seen[name] = sorted(row["s"] for row in rows)
        seen["all_best"] = (await until(open_["all_best"], lambda event: event["s"] == BTC))["s"]
        names = {(await until(open_["several"], lambda event: True))["stream"] for _ in range(2)}
        seen["several"] = sorted(names)


async def keep_a_book(client: Any, room: Room, seen: Seen) -> None:
    """The depth cache must become equal to the book that REST shows."""
    from binance import DepthCacheManager  # type: ignore[import-not-found]

    async with DepthCacheManager(client, symbol=BTC, ws_interval=100, refresh_interval=0, conv_type=str) as cache:
        order = await client.order_limit_buy(symbol=BTC, quantity="0.01", price="20000")
        book = await until(cache, lambda book: ["20000.00000000", "0.01000000"] in book.get_bids())
        wanted = await client.get_order_book(symbol=BTC, limit=500)
        seen["cache"] = [
            sorted(book.get_bids()) == sorted(wanted["bids"]),
            sorted(book.get_asks()) == sorted(wanted["asks"]),
        ]
        await client.cancel_order(symbol=BTC, orderId=order["orderId"])


async def watch_the_account(client: Any, room: Room, seen: Seen) -> None:
    """An order's events and the balance on the user stream."""
    async with room["BinanceSocketManager"](client).user_socket() as stream:
        order = await client.order_market_buy(symbol=BTC, quantity="0.01")
        events: list[Any] = []
        while len(events) < 3:
            events.append(await until(stream, lambda event: True))
        reports = [event for event in events if event["e"] == "executionReport"]
        seen["user"] = [event["e"] for event in events]
        seen["reports"] = [[row["x"], row["X"], row["i"] == order["orderId"]] for row in reports]


async def use_the_ws_api(client: Any, room: Room, seen: Seen) -> None:
    """Requests over the socket."""
    seen["ws_ping"] = await client.ws_ping()
    seen["ws_symbols"] = len((await client.ws_get_exchange_info())["symbols"])
    seen["ws_price"] = (await client.ws_get_symbol_ticker(symbol=BTC))["price"]
    seen["ws_depth"] = len((await client.ws_get_order_book(symbol=BTC, limit=5))["bids"])
    seen["ws_klines"] = len(await client.ws_get_klines(symbol=BTC, interval="5m", limit=2))
    seen["ws_average"] = sorted(await client.ws_get_avg_price(symbol=BTC))
    seen["ws_trades"] = len(await client.ws_get_recent_trades(symbol=BTC, limit=1))
    placed = await client.ws_order_limit_buy(symbol=BTC, quantity="0.01", price="20000")
    seen["ws_asked"] = (await client.ws_get_order(symbol=BTC, orderId=placed["orderId"]))["status"]
    seen["ws_open"] = len(await client.ws_get_open_orders(symbol=BTC))
    seen["ws_cancelled"] = (await client.ws_cancel_order(symbol=BTC, orderId=placed["orderId"]))["status"]
    made = await client.ws_create_oco_order(
        symbol=BTC, side="SELL", quantity="0.01", aboveType="LIMIT_MAKER", abovePrice="90000",
        belowType="STOP_LOSS_LIMIT", belowStopPrice="30000", belowPrice="29000", belowTimeInForce="GTC",
    )  # fmt: skip
    cancelled = await client.ws_cancel_oco_order(symbol=BTC, orderListId=made["orderListId"])
    seen["ws_list"] = [made["listOrderStatus"], cancelled["listOrderStatus"]]
    seen["ws_account"] = [row["asset"] for row in (await client.ws_get_account())["balances"]]


def run_threads(room: Room, seen: Seen) -> None:
    """The threaded manager calls back from a thread of its own."""
    from binance import ThreadedWebsocketManager

    came: queue.Queue[Any] = queue.Queue()
    manager = ThreadedWebsocketManager(api_key=room["KEY"], api_secret=room["SECRET"])
    manager.start()
    manager.start_symbol_ticker_socket(callback=came.put, symbol="ETHUSDT")
    seen["threaded"] = came.get(timeout=PATIENCE)["s"]
    manager.stop()
    manager.join(PATIENCE)


async def main(room: Room, seen: Seen) -> None:
    """Do the asynchronous parts."""
    client = await room["AsyncClient"].create(room["KEY"], room["SECRET"])
    for part in (watch_the_market, keep_a_book, watch_the_account, use_the_ws_api):
        await part(client, room, seen)
    await client.close_connection()


if __name__ == "__main__":
    loopback.watch()
    followed = pages.follow(json.load(sys.stdin), "python-binance", "python-binance-use", "python-binance-stream")
    followed["control"]("/control/market/pause", {})
    followed["control"]("/control/market/step", {"bars": 1})
    told: Seen = {}
    wait_shortly()
    asyncio.run(main(followed, told))
    run_threads(followed, told)
    told["left"] = loopback.unwatch()
    print(json.dumps(told))
