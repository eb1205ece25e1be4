"""Unmodified ccxt.pro against a real exchange process, and the raw sockets."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import ccxt
import ccxt.pro
import pytest

from tests.apps.trading.sandbox.exchange_process import ExchangeProcess

BTC = "BTC/USDT"
PATIENCE = 30


async def soon(awaitable: Any) -> Any:
    return await asyncio.wait_for(awaitable, PATIENCE)


@pytest.fixture
async def venue(exchange: ExchangeProcess) -> AsyncIterator[Any]:
    client = ccxt.pro.binance(exchange.settings(exchange.new_key()))
    await client.load_markets()
    yield client
    await client.close()


async def test_watch_ohlcv_shows_every_bar_once_and_in_order(exchange: ExchangeProcess, venue: Any) -> None:
    seen: list[Any] = []
    exchange.control.set_speed(1_000)
    while len(seen) < 5:
        for bar in await soon(venue.watch_ohlcv(BTC, "5m")):
            if not seen or bar[0] != seen[-1][0]:
                seen.append(bar)
            seen[-1] = bar
    exchange.control.set_speed(60)
    assert [later[0] - bar[0] for bar, later in itertools.pairwise(seen)] == [300_000] * (len(seen) - 1)
    recorded = await venue.fetch_ohlcv(BTC, "5m", since=seen[0][0], limit=len(seen) - 1)
    assert seen[:-1] == recorded


async def test_watch_order_book_follows_the_rest_book(exchange: ExchangeProcess, venue: Any) -> None:
    for _ in range(5):
        await soon(venue.watch_order_book(BTC))
    exchange.control.pause()
    # Paused, the book stands still: the stream's copy must become equal to a fresh snapshot.
    rest = await venue.fetch_order_book(BTC, 1000)
    resting = await venue.create_order(BTC, "limit", "buy", 0.01, 20_000)
    changed = await soon(venue.watch_order_book(BTC))
    while [20_000.0, 0.01] not in changed["bids"]:
        changed = await soon(venue.watch_order_book(BTC))
    assert [level for level in changed["bids"] if level != [20_000.0, 0.01]] == rest["bids"]
    assert changed["asks"] == rest["asks"]
    await venue.cancel_order(resting["id"], BTC)
    exchange.control.resume()


async def test_watch_market_streams(venue: Any) -> None:
    (trade, *_) = await soon(venue.watch_trades(BTC))
    assert trade["price"] > 0
    ticker = await soon(venue.watch_ticker(BTC))
    assert ticker["low"] <= ticker["last"] <= ticker["high"]
    assert await soon(venue.watch_tickers([BTC, "ETH/USDT"]))
    quotes = await soon(venue.watch_bids_asks([BTC]))
    assert quotes[BTC]["bid"] < quotes[BTC]["ask"]


async def test_watch_orders_trades_and_balance(venue: Any) -> None:
    watching = [
        asyncio.ensure_future(soon(call))
        for call in (venue.watch_orders(BTC), venue.watch_my_trades(BTC), venue.watch_balance())
    ]
    while "spot" not in venue.client(venue.urls["api"]["ws"]["ws-api"]["spot"]).subscriptions:
        await asyncio.sleep(0)
    order = await venue.create_order_ws(BTC, "market", "buy", 0.5)
    orders, trades, balance = await asyncio.gather(*watching)
    assert {row["id"] for row in orders} == {order["id"]}
    assert {row["order"] for row in trades} == {order["id"]}
    assert balance["BTC"]["total"] > 10
    recorded = {row["id"]: row["price"] for row in await venue.fetch_my_trades(BTC)}
    assert {row["id"]: row["price"] for row in trades}.items() <= recorded.items()


async def test_socket_orders(venue: Any) -> None:
    order = await soon(venue.create_order_ws(BTC, "limit", "buy", 0.01, 20_000))
    assert (await soon(venue.fetch_order_ws(order["id"], BTC)))["status"] == "open"
    assert [row["id"] for row in await soon(venue.fetch_open_orders_ws(BTC))] == [order["id"]]
    # ccxt 4.5.90 hands spot balances of account.status through unparsed.
    balances = {row["asset"]: row for row in (await soon(venue.fetch_balance_ws()))["info"]["balances"]}
    assert balances["USDT"] == {"asset": "USDT", "free": "999800.00000000", "locked": "200.00000000"}
    assert (await soon(venue.cancel_order_ws(order["id"], BTC)))["status"] == "canceled"
    assert await soon(venue.fetch_my_trades_ws(BTC)) == []
    with pytest.raises(ccxt.InsufficientFunds):
        await soon(venue.create_order_ws(BTC, "limit", "buy", 100, 20_000))


async def test_user_stream_refuses_a_wrong_signature(exchange: ExchangeProcess) -> None:
    client = ccxt.pro.binance(exchange.settings(exchange.new_key()) | {"secret": "wrong"})
    try:
        with pytest.raises(ccxt.AuthenticationError):
            await soon(client.watch_orders(BTC))
    finally:
        await client.close()


@pytest.fixture
async def connect(exchange: ExchangeProcess) -> AsyncIterator[Callable[[str], Any]]:
    async with aiohttp.ClientSession(exchange.base_url) as session:
        yield session.ws_connect


async def test_raw_combined_and_named_streams(connect: Callable[[str], Any]) -> None:
    async with connect("/ws/btcusdt@bookTicker") as socket:
        assert (await soon(socket.receive_json()))["s"] == "BTCUSDT"
    async with connect("/stream?streams=ethusdt@kline_1h/btcusdt@miniTicker") as socket:
        streams = {(await soon(socket.receive_json()))["stream"] for _ in range(2)}
        assert streams == {"ethusdt@kline_1h", "btcusdt@miniTicker"}
    async with connect("/stream/ws/7") as socket:
        await socket.send_json({"method": "SUBSCRIBE", "params": ["solusdt@ticker", "nosuch@trade"], "id": 5})
        assert await soon(socket.receive_json()) == {"result": None, "id": 5}
        assert (await soon(socket.receive_json()))["e"] == "24hrTicker"
        await socket.send_json({"method": "LIST_SUBSCRIPTIONS", "id": 6})
        answers = [await soon(socket.receive_json())]
        while answers[-1].get("id") != 6:
            answers.append(await soon(socket.receive_json()))
        assert answers[-1]["result"] == ["solusdt@ticker"]
        await socket.send_json({"method": "UNSUBSCRIBE", "params": ["solusdt@ticker"], "id": 7})


@pytest.mark.parametrize("text", ["{", "[]", "7", '"x"', "null", "\x00"])
@pytest.mark.parametrize("path", ["/ws", "/ws-api/v3"])
async def test_broken_frames_are_answered_and_the_socket_lives(
    connect: Callable[[str], Any], path: str, text: str
) -> None:
    async with connect(path) as socket:
        await socket.send_str(text)
        assert "error" in json.loads((await soon(socket.receive())).data)
        await socket.send_json({"id": 1, "method": "LIST_SUBSCRIPTIONS" if path == "/ws" else "ping"})
        assert (await soon(socket.receive_json()))["result"] in ([], {})


async def test_depth_updates_are_gap_free_although_snapshots_are_taken(
    exchange: ExchangeProcess, connect: Callable[[str], Any]
) -> None:
    client = ccxt.binance(exchange.settings(exchange.new_key()))
    client.load_markets()
    for stream in ("btcusdt@depth@100ms", "btcusdt@depth"):
        events = []
        async with connect(f"/ws/{stream}") as socket:
            for _ in range(3):
                # The order changes the book between two updates; the snapshot must not swallow the change.
                client.create_order(BTC, "limit", "buy", 0.01, 20_000)
                client.publicGetDepth({"symbol": "BTCUSDT"})
                events.append(await soon(socket.receive_json()))
        assert [later["U"] - event["u"] for event, later in itertools.pairwise(events)] == [1, 1]
