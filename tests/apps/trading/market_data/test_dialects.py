"""Frames of several venues read to the digit, and a book kept from another venue's real protocol over a real socket."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import WSMsgType, web

from apps.trading.market_data.feed.board import SymbolBoard
from apps.trading.market_data.feed.lines import Line, best_prices
from apps.trading.market_data.feed.mending import BookLost, Mender
from apps.trading.market_data.gateways.dialects import read
from apps.trading.market_data.gateways.messages import BookTop, BookUpdate, Day, Kline, Message, Print
from apps.trading.market_data.gateways.venue_stream import VenueStream
from kernel.order_book import Update, unscaled
from tests.apps.trading.market_data.test_board import SPEC
from tests.factories.candles import FIVE

CANDLE = ("1.10", "1.30", "1.00", "1.20", "5.50000001")
READ: list[tuple[str, dict[str, Any], list[Message]]] = [
    (
        "binance",
        {"e": "kline", "s": "BTCUSDT", "k": dict(zip("ohlcv", CANDLE, strict=True), t=300, s="BTCUSDT", x=True)},
        [Kline("BTCUSDT", 300, *CANDLE, True)],
    ),
    (
        "binance",
        {
            "stream": "x",
            "data": {"e": "depthUpdate", "E": 9, "s": "BTCUSDT", "U": 5, "u": 7, "b": [["1", "2"]], "a": []},
        },
        [BookUpdate("BTCUSDT", Update(5, 7, [["1", "2"]], [], None, 9))],  # type: ignore[list-item]
    ),
    (
        "binanceusdm",
        {"e": "depthUpdate", "E": 9, "s": "BTCUSDT", "U": 5, "u": 7, "pu": 4, "b": [], "a": []},
        [BookUpdate("BTCUSDT", Update(5, 7, [], [], 4, 9))],
    ),
    (
        "binance",
        {"e": "aggTrade", "s": "BTCUSDT", "a": 12, "p": "1.5", "q": "2", "T": 44, "m": True},
        [Print("BTCUSDT", "12", "1.5", "2", 44, is_sell=True)],
    ),
    (
        "binance",
        {"u": 1, "s": "BTCUSDT", "b": "1", "B": "2", "a": "3", "A": "4"},
        [BookTop("BTCUSDT", "1", "3", "2", "4")],
    ),
    ("binance", {"e": "24hrMiniTicker", "s": "BTCUSDT", "c": "2", "o": "1", "v": "9"}, [Day("BTCUSDT", "2", "1", "9")]),
    ("binance", {"result": None, "id": 1}, []),
    (
        "bybit",
        {"topic": "orderbook.50.BTCUSDT", "type": "delta", "ts": 8, "data": {"s": "BTCUSDT", "b": [], "a": [], "u": 6}},
        [BookUpdate("BTCUSDT", Update(6, 6, [], [], None, 8))],
    ),
    (
        "bybit",
        {"topic": "orderbook.50.BTCUSDT", "type": "delta", "ts": 8, "data": {"s": "BTCUSDT", "b": [], "a": [], "u": 1}},
        [BookUpdate("BTCUSDT", Update(1, 1, [], [], None, 8, is_snapshot=True))],
    ),
    (
        "bybit",
        {
            "topic": "publicTrade.BTCUSDT",
            "data": [{"s": "BTCUSDT", "i": "a-1", "p": "1", "v": "2", "T": 3, "S": "Sell"}],
        },
        [Print("BTCUSDT", "a-1", "1", "2", 3, is_sell=True)],
    ),
    (
        "okx",
        {
            "arg": {"channel": "books", "instId": "BTC-USDT"},
            "action": "update",
            "data": [{"asks": [], "bids": [], "ts": "7", "prevSeqId": 10, "seqId": 15}],
        },
        [BookUpdate("BTCUSDT", Update(15, 15, [], [], 10, 7))],
    ),
    (
        "okx",
        {
            "arg": {"channel": "trades", "instId": "BTC-USDT"},
            "data": [{"tradeId": "5", "px": "1", "sz": "2", "side": "buy", "ts": "3"}],
        },
        [Print("BTCUSDT", "5", "1", "2", 3, is_sell=False)],
    ),
    ("okx", {"event": "subscribe", "arg": {"channel": "books", "instId": "BTC-USDT"}}, []),
    ("kraken", {"channel": "book"}, []),
    ("bybit", {"topic": "orderbook.1.BTCUSDT", "data": {"u": 5, "s": "BTCUSDT", "b": [["1", "2"]], "a": []}}, []),
]


@pytest.mark.parametrize(("venue", "frame", "said"), READ)
def test_frames_are_read_to_the_digit(venue, frame, said):
    assert read(venue, frame) == said


@pytest.mark.parametrize(
    ("venue", "frame"),
    [
        ("binance", {"e": "kline", "k": {}}),
        ("binance", {"e": "depthUpdate", "s": "BTCUSDT", "U": "x", "u": 2, "b": [], "a": [], "E": 1}),
        ("bybit", {"topic": "orderbook.50.BTCUSDT", "data": {"u": 1}}),
        ("okx", {"arg": {"channel": "books", "instId": "A-B"}, "data": [{}]}),
    ],
)
def test_a_broken_frame_is_refused_and_the_stream_goes_on(venue, frame):
    said: list[Message] = []
    stream = VenueStream(venue, {}, said.append)
    assert stream._tap(frame)
    assert (stream.refused_frames, said) == (1, [])


# ---- another venue's protocol, over a socket


class Bybit:
    """As much of Bybit v5 as a spot book needs: one market, one topic, a hole in the numbers of the first socket."""

    def __init__(self) -> None:
        self.rng = random.Random(3)
        self.number = 100
        self.bids = {f"{1.95 - n / 1000:.4f}": str(self.rng.randint(1, 900)) for n in range(50)}
        self.asks = {f"{1.951 + n / 1000:.4f}": str(self.rng.randint(1, 900)) for n in range(50)}
        self.sockets = 0
        self.done = asyncio.Event()

    async def instruments(self, request: web.Request) -> web.Response:
        """List one spot pair."""
        sizes = {"basePrecision": "0.01", "quotePrecision": "0.0001", "minOrderQty": "1", "maxOrderQty": "9999"}
        pair = {"symbol": "BTCUSDT", "baseCoin": "BTC", "quoteCoin": "USDT", "status": "Trading", "innovation": "0"}
        pair |= {"lotSizeFilter": sizes, "priceFilter": {"tickSize": "0.0001"}, "marginTrading": "none"}  # type: ignore[dict-item]
        rows = [pair] if request.query.get("category") == "spot" else []
        return web.json_response({"retCode": 0, "result": {"category": "spot", "list": rows, "nextPageCursor": ""}})

    async def stream(self, request: web.Request) -> web.WebSocketResponse:
        """Answer subscriptions; follow the book with differences."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            asked = message.json()
            await socket.send_json({"success": True, "op": asked.get("op"), "req_id": asked.get("req_id")})
            if asked.get("op") == "subscribe" and any("orderbook" in topic for topic in asked["args"]):
                await self._tell(socket)
        return socket

    async def _tell(self, socket: web.WebSocketResponse) -> None:
        self.sockets += 1
        levels = {"b": list(self.bids.items()), "a": list(self.asks.items())}
        await socket.send_json(self._frame("snapshot", levels))
        for place in range(60):
            changes = {
                key: [self._change(side) for _ in range(5)] for key, side in (("b", self.bids), ("a", self.asks))
            }
            self.number += 1
            if self.sockets == 1 and place == 30:
                continue  # this one is lost
            frame = self._frame("delta", changes)
            await socket.send_json(frame)
            if place % 7 == 0:
                await socket.send_json(frame)
        self.done.set()

    def _change(self, side: dict[str, str]) -> tuple[str, str]:
        price = self.rng.choice(list(side))
        side[price] = str(self.rng.randint(1, 900))
        return price, side[price]

    def _frame(self, kind: str, levels: dict[str, Any]) -> dict[str, Any]:
        data = {"s": "BTCUSDT", **levels, "u": self.number, "seq": self.number * 7}
        return {"topic": "orderbook.50.BTCUSDT", "type": kind, "ts": 1_000 + self.number, "data": data}


@asynccontextmanager
async def serving(venue: Bybit) -> AsyncIterator[dict[str, Any]]:
    """Serve the venue on loopback; yields ccxt's settings that lead there."""
    application = web.Application()
    application.router.add_get("/v5/market/instruments-info", venue.instruments)
    application.router.add_get("/stream", venue.stream)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    base, sockets = f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}/stream"
    api = dict.fromkeys(("spot", "futures", "v2", "public", "private"), base)
    streams = {"public": dict.fromkeys(("spot", "inverse", "linear", "option"), sockets), "private": {}}
    options = {"fetchCurrencies": False, "fetchMarkets": {"types": ["spot"]}, "loadAllOptions": False}
    try:
        yield {"urls": {"api": {**api, "ws": streams}}, "options": options}
    finally:
        await runner.cleanup()


async def follow(settings: dict[str, Any], venue: Bybit, line: Line) -> None:
    """Follow until the venue has said everything and we know it. Raises BookLost at a hole."""
    queue: asyncio.Queue[Message] = asyncio.Queue()
    stream = VenueStream("bybit", settings, queue.put_nowait)
    mender = Mender(stream, {"BTCUSDT": line}, random.Random(1))
    assert line.book is not None
    try:
        await stream.open()
        work = [asyncio.create_task(stream._venue.watch_order_book_for_symbols(["BTC/USDT"]))]
        work.append(asyncio.create_task(mender.run()))
        try:
            while not (venue.done.is_set() and line.book.is_ready and line.book.book.sequence == venue.number):
                message = await asyncio.wait_for(queue.get(), 10)
                assert isinstance(message, BookUpdate)
                if line.take_book(message):
                    mender.ask_book("BTCUSDT")
                    await asyncio.wait_for(work[1], 10)
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
    finally:
        await stream.close()


async def test_a_book_of_another_venue_survives_a_hole_by_a_new_socket():
    venue = Bybit()
    line = Line(SymbolBoard(SPEC, FIVE), None, VenueStream("bybit", {}, print).book_rule)
    async with serving(venue) as settings:
        with pytest.raises(BookLost):
            await follow(settings, venue, line)
        assert line.book is not None
        assert (line.book.holes, line.book.repeated > 0) == (1, True)
        line.book.lose()
        venue.done.clear()
        await follow(settings, venue, line)
    for side, truth in ((line.book.book.bids, venue.bids), (line.book.book.asks, venue.asks)):
        assert {f"{unscaled(price):.4f}": f"{unscaled(size):f}" for price, size in side.top(100)} == truth
    assert venue.sockets == 2
    best = (max(map(Decimal, venue.bids)), min(map(Decimal, venue.asks)))
    assert best_prices(line.book.book) == best
    line.board.day(Day("BTCUSDT", "1.95", "1.90"))
    quote = line.board.venue_quote(7)
    assert quote is not None
    assert (Decimal(quote["bid"]), Decimal(quote["ask"])) == best
