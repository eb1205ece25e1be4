"""An honest trader in a process of its own: it places, looks and cancels until its standard input ends.

Prints one JSON line when it has begun, and one with the number of requests and the latencies' 95th percentile in ms.
"""

import asyncio
import hashlib
import hmac
import json
import sys
import time
from urllib.parse import urlencode

import aiohttp

WORKERS = 3
ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
ORDER |= {"quantity": "0.01", "price": "20000"}


class Trader:
    """One keep-alive connection that times each of its requests."""

    def __init__(self, session: aiohttp.ClientSession, api_key: str, secret: str, latencies: list[float]) -> None:
        self.session = session
        self.headers = {"X-MBX-APIKEY": api_key}
        self.secret = secret
        self.latencies = latencies

    async def ask(self, method: str, path: str, *, signed: bool, **params: str) -> dict[str, str]:
        if signed:
            params["timestamp"] = str(time.time_ns() // 1_000_000)
        query = urlencode(params)
        if signed:
            query += "&signature=" + hmac.new(self.secret.encode(), query.encode(), hashlib.sha256).hexdigest()
        begun = time.perf_counter()
        async with self.session.request(method, f"{path}?{query}", headers=self.headers) as answer:
            body = await answer.json()
            assert answer.status == 200, body
        self.latencies.append((time.perf_counter() - begun) * 1_000)
        return dict(body)

    async def trade(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            order = await self.ask("POST", "/api/v3/order", signed=True, **ORDER)
            await self.ask("GET", "/api/v3/depth", signed=False, symbol="BTCUSDT")
            await self.ask("DELETE", "/api/v3/order", signed=True, symbol="BTCUSDT", orderId=order["orderId"])
            await asyncio.sleep(0.02)


async def main(url: str, api_key: str, secret: str) -> None:
    stop = asyncio.Event()
    latencies: list[float] = []
    async with aiohttp.ClientSession(url) as session:
        traders = [Trader(session, api_key, secret, latencies) for _ in range(WORKERS)]
        trading = [asyncio.create_task(trader.trade(stop)) for trader in traders]
        print(json.dumps({"begun": True}), flush=True)
        await asyncio.to_thread(sys.stdin.read)
        stop.set()
        await asyncio.gather(*trading)
    latencies.sort()
    print(json.dumps({"requests": len(latencies), "p95": latencies[int(len(latencies) * 0.95)]}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
