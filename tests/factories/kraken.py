"""As much of Kraken's public REST and WebSocket v2 as a spot feed needs: one market whose truth the test can read."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from aiohttp import WSMsgType, web

FIVE_SECONDS = 300
FIRST = 1_717_200_000
PAIR = {
    "altname": "XBTUSDT", "wsname": "XBT/USDT", "aclass_base": "currency", "base": "XXBT", "aclass_quote": "currency",
    "quote": "USDT", "lot": "unit", "pair_decimals": 2, "lot_decimals": 8, "lot_multiplier": 1, "leverage_buy": [],
    "leverage_sell": [], "fees": [[0, 0.4]], "fees_maker": [[0, 0.25]], "ordermin": "0.0001", "costmin": "5",
    "tick_size": "0.01", "status": "online",
}  # fmt: skip


@dataclass
class Kraken:
    """The exchange. Sockets carry JSON numbers as Kraken's do, REST texts; `cut` ends all sockets without a word."""

    rng: random.Random = field(default_factory=lambda: random.Random(5))
    candles: list[list[Any]] = field(default_factory=list)
    """Open time in seconds, open, high, low, close, volume; the last one forms."""
    trades: list[dict[str, Any]] = field(default_factory=list)
    bids: dict[str, str] = field(default_factory=dict)
    asks: dict[str, str] = field(default_factory=dict)
    sockets: dict[web.WebSocketResponse, set[str]] = field(default_factory=dict)
    connections: int = 0
    asked: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for step in range(150):
            self.bids[f"{65_000 - step * 0.01:.2f}"] = self._size()
            self.asks[f"{65_000.5 + step * 0.01:.2f}"] = self._size()
        for _ in range(3):
            self._open_candle()

    # ---- what happens at the exchange

    async def trade(self) -> None:
        """Trade once at the last price or next to it: the tape, the forming candle and the ticker move."""
        price = Decimal(self.candles[-1][4]) + Decimal(self.rng.choice(("-0.01", "0", "0.01", "0.1")))
        size = self._size()
        row = {"symbol": "BTC/USDT", "side": self.rng.choice(("buy", "sell")),
               "price": float(price), "qty": float(size), "ord_type": "market",
               "trade_id": 4_665_906 + 2 * len(self.trades),
               "timestamp": f"2024-06-01T00:00:{len(self.trades) % 60:02}.708706Z"}  # fmt: skip
        self.trades.append(row)
        candle = self.candles[-1]
        candle[2], candle[3] = f"{max(Decimal(candle[2]), price)}", f"{min(Decimal(candle[3]), price)}"
        candle[4], candle[5] = f"{price}", f"{Decimal(candle[5]) + Decimal(size):.8f}"
        await self._tell("trade", "update", [row])
        await self._tell("ohlc", "update", [self._candle(candle)])
        await self._tell("ticker", "update", [self._ticker()])

    async def change_book(self) -> None:
        """Change some levels of both sides: new sizes, levels that vanish and come again."""
        changed: dict[str, list[dict[str, float]]] = {}
        for name, side in (("bids", self.bids), ("asks", self.asks)):
            known = sorted(side, key=Decimal, reverse=name == "bids")[:60]
            rows = []
            for price in self.rng.sample(known[1:], 4):
                side[price] = self._size()
                rows.append({"price": float(price), "qty": float(side[price])})
            gone = known[0] if len(side) > 140 else ""
            if gone:
                del side[gone]
                rows.append({"price": float(gone), "qty": 0.0})
                # A book of 100 levels: the level that comes into sight is told with the one that went.
                seen = sorted(side, key=Decimal, reverse=name == "bids")[99]
                rows.append({"price": float(seen), "qty": float(side[seen])})
            changed[name] = rows
        at = "2024-06-01T00:00:01.440295Z"
        await self._tell("book", "update", [{"symbol": "BTC/USDT", **changed, "checksum": 0, "timestamp": at}])

    async def next_candle(self) -> None:
        """Close the forming candle and open the next with its first trade."""
        self._open_candle()
        await self.trade()

    async def cut(self) -> None:
        """End every socket's connection below the protocol."""
        for socket in list(self.sockets):
            transport = socket._req.transport if socket._req is not None else None
            assert transport is not None
            transport.abort()
        self.sockets.clear()

    def _open_candle(self) -> None:
        last = self.candles[-1][4] if self.candles else "65000.20"
        begin = FIRST + len(self.candles) * FIVE_SECONDS
        self.candles.append([begin, last, last, last, last, "0.12345678"])

    def _size(self) -> str:
        return f"{self.rng.randint(1, 90_000_000) / 10**8:.8f}"

    # ---- REST

    async def rest(self, request: web.Request) -> web.Response:
        """Answer public requests."""
        name = request.match_info["name"]
        if name == "AssetPairs":
            found: dict[str, Any] = {"XBTUSDT": PAIR}
        elif name == "Assets":
            found = {
                code: {
                    "aclass": "currency",
                    "altname": short,
                    "decimals": 10,
                    "display_decimals": 5,
                    "status": "enabled",
                }
                for code, short in (("XXBT", "XBT"), ("USDT", "USDT"))
            }
        elif name == "OHLC":
            since = int(request.query.get("since", 0))
            rows = [[row[0], *row[1:5], row[4], row[5], 9] for row in self.candles if row[0] > since]
            found = {"XBTUSDT": rows, "last": self.candles[-2][0]}
        elif name == "Depth":
            found = {"XBTUSDT": {side: [[*row, FIRST] for row in rows] for side, rows in self.levels().items()}}
        else:
            return web.json_response({"error": ["EGeneral:Unknown method"]})
        return web.json_response({"error": [], "result": found})

    def levels(self, most: int = 100) -> dict[str, list[tuple[str, str]]]:
        """Return the best levels of both sides, best first."""
        bids = sorted(self.bids.items(), key=lambda row: -Decimal(row[0]))[:most]
        return {"bids": bids, "asks": sorted(self.asks.items(), key=lambda row: Decimal(row[0]))[:most]}

    # ---- WebSocket v2

    async def stream(self, request: web.Request) -> web.WebSocketResponse:
        """Confirm subscriptions; begin each with its snapshot."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.connections += 1
        self.sockets[socket] = set()
        async for message in socket:
            asked = message.json() if message.type is WSMsgType.TEXT else {}
            if asked.get("method") != "subscribe":
                continue
            self.asked.append(asked["params"])
            channel = asked["params"]["channel"]
            result = {**asked["params"], "symbol": "BTC/USDT", "snapshot": True}
            await socket.send_json(
                {"method": "subscribe", "req_id": asked["req_id"], "result": result, "success": True}
            )
            await socket.send_json({"channel": channel, "type": "snapshot", "data": self._snapshot(channel)})
            self.sockets.setdefault(socket, set()).add(channel)
        self.sockets.pop(socket, None)
        return socket

    def _snapshot(self, channel: str) -> list[dict[str, Any]]:
        if channel == "trade":
            return self.trades[-50:]
        if channel == "ohlc":
            return [self._candle(row) for row in self.candles]
        if channel == "ticker":
            return [self._ticker()]
        sides = {
            side: [{"price": float(price), "qty": float(size)} for price, size in rows]
            for side, rows in self.levels().items()
        }
        return [{"symbol": "BTC/USDT", **sides, "checksum": 0}]

    def _candle(self, row: list[Any]) -> dict[str, Any]:
        begin = (row[0] - FIRST) // 60
        numbers = dict(zip(("open", "high", "low", "close", "volume"), map(float, row[1:]), strict=True))
        at = f"2024-06-01T{begin // 60:02}:{begin % 60:02}:00.000000000Z"
        return {"symbol": "BTC/USDT", **numbers, "interval_begin": at, "interval": 5, "trades": 3, "timestamp": at}

    def _ticker(self) -> dict[str, Any]:
        last = Decimal(self.candles[-1][4])
        best = {side: rows[0] for side, rows in self.levels(1).items()}
        return {"symbol": "BTC/USDT", "bid": float(best["bids"][0]), "bid_qty": 1.0, "ask": float(best["asks"][0]),
                "ask_qty": 1.0, "last": float(last), "volume": 2158.32346723, "vwap": 65000.5, "low": 64000.0,
                "high": 66000.0, "change": float(last - Decimal("64000.10")), "change_pct": 1.5}  # fmt: skip

    async def _tell(self, channel: str, kind: str, data: list[dict[str, Any]]) -> None:
        for socket, channels in list(self.sockets.items()):
            if channel in channels:
                with suppress(ConnectionError):
                    await socket.send_json({"channel": channel, "type": kind, "data": data})
        await asyncio.sleep(0)  # the reader's turn


@asynccontextmanager
async def serving(venue: Kraken) -> AsyncIterator[dict[str, Any]]:
    """Serve the venue on loopback; yields ccxt's settings that lead there."""
    application = web.Application()
    application.router.add_get("/0/public/{name}", venue.rest)
    application.router.add_get("/v2", venue.stream)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    base = f"http://127.0.0.1:{port}"
    api = {"public": base, "private": base, "zendesk": base, "ws": {"publicV2": f"ws://127.0.0.1:{port}/v2"}}
    try:
        yield {"urls": {"api": api}, "options": {"fetchCurrencies": False}, "enableRateLimit": False}
    finally:
        await runner.cleanup()
