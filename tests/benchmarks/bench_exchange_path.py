"""The sandbox exchange's whole way: signed order, match, journal on disk, answer, and the private event behind it.

A real exchange process; 1, 8 and 64 clients, each with an account and a connection of its own, send orders that trade
at once, one after the other, by REST and by the WS-API. Beside each figure stands the same client's `ping`, which takes
the way without an order. Afterwards every order is filled and reported once.
"""

import asyncio
import hashlib
import hmac
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp

from apps.core.benchmarks import Row, benchmark
from apps.trading.sandbox.client import AccountKey
from tests.apps.trading.sandbox.exchange_process import ExchangeProcess

CLIENTS = (1, 8, 64)
ORDERS, PINGS, LEAST = 1_280, 640, 20
SETTLE_SECONDS = 30
ORDER = {"symbol": "BTCUSDT", "type": "MARKET", "quantity": "0.001"}


@dataclass
class Client:
    """One account with its connection for requests and another for its private events."""

    key: AccountKey
    session: aiohttp.ClientSession
    socket: aiohttp.ClientWebSocketResponse
    events: aiohttp.ClientWebSocketResponse
    sent: dict[str, float] = field(default_factory=dict)
    answered: list[float] = field(default_factory=list)
    reported: dict[str, float] = field(default_factory=dict)

    def signed(self, params: dict[str, Any], *, by_name: bool) -> dict[str, str]:
        """Return the parameters with time and signature; the WS-API signs them in the order of their names."""
        params = {**params, "timestamp": str(time.time_ns() // 1_000_000)}
        if by_name:
            params = dict(sorted({**params, "apiKey": self.key.api_key}.items()))
        payload = urlencode(params).encode()
        return {**params, "signature": hmac.new(self.key.secret.encode(), payload, hashlib.sha256).hexdigest()}

    async def by_http(self, params: dict[str, str]) -> None:
        """Place an order, or ping when there are no parameters."""
        if not params:
            async with self.session.get("/api/v3/ping") as answer:
                assert answer.status == 200, await answer.text()
            return
        query, headers = urlencode(self.signed(params, by_name=False)), {"X-MBX-APIKEY": self.key.api_key}
        async with self.session.post(f"/api/v3/order?{query}", headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            await answer.read()

    async def by_socket(self, params: dict[str, str]) -> None:
        """The same over the WS-API."""
        await ask(self.socket, "order.place", self.signed(params, by_name=True)) if params else await ask(
            self.socket, "ping", {}
        )

    async def listen(self) -> None:
        """Note when each order's fill is reported."""
        async for message in self.events:
            event = message.json().get("event", {})
            if event.get("e") == "executionReport" and event["x"] == "TRADE" and event["X"] == "FILLED":
                assert event["c"] not in self.reported, "reported twice"
                self.reported[event["c"]] = time.perf_counter()


Way = Callable[[Client, dict[str, str]], Awaitable[None]]
WAYS: tuple[tuple[str, Way], ...] = (("REST", Client.by_http), ("WS-API", Client.by_socket))


async def ask(socket: aiohttp.ClientWebSocketResponse, method: str, params: dict[str, Any]) -> None:
    """Send one request and take its answer."""
    await socket.send_json({"id": 1, "method": method, "params": params})
    answer = await socket.receive_json()
    assert answer["status"] == 200, answer


@benchmark("exchange_path")
def run() -> Iterator[Row]:
    """Orders a second and latencies, for each face and number of clients."""
    with tempfile.TemporaryDirectory() as folder:
        exchange = ExchangeProcess(Path(folder)).start()
        try:
            for name, way in WAYS:
                for clients in CLIENTS:
                    yield from asyncio.run(_measure(exchange, f"{name}, {clients} clients", way, clients))
        finally:
            exchange.stop()


async def _measure(exchange: ExchangeProcess, case: str, way: Way, clients: int) -> list[Row]:
    async with aiohttp.ClientSession(exchange.base_url, connector=aiohttp.TCPConnector(limit=0)) as session:
        people = [await _open(exchange, session) for _ in range(clients)]
        listening = [asyncio.create_task(person.listen()) for person in people]
        each = max(LEAST, ORDERS // clients)
        pings = max(LEAST, PINGS // clients)
        ping_rate = clients * pings / await _together([_ping(person, way, pings) for person in people])
        rate = clients * each / await _together([_trade(person, way, each) for person in people])
        await asyncio.wait_for(_all_reported(people), SETTLE_SECONDS)
        for task, person in zip(listening, people, strict=True):
            task.cancel()
            await person.socket.close()
            await person.events.close()
    answered = sorted(seconds for person in people for seconds in person.answered)
    reported = sorted(at - person.sent[name] for person in people for name, at in person.reported.items())
    return [
        Row("exchange_path", f"{case}: orders", rate, "a second", "pings of the same clients", ping_rate),
        Row("exchange_path", f"{case}: answered, 50 %", _part(answered, 50), "ms", "99 %", _part(answered, 99)),
        Row("exchange_path", f"{case}: fill reported, 50 %", _part(reported, 50), "ms", "99 %", _part(reported, 99)),
    ]


async def _open(exchange: ExchangeProcess, session: aiohttp.ClientSession) -> Client:
    key = await asyncio.to_thread(exchange.new_key)
    address = f"{exchange.base_url}/ws-api/v3"
    person = Client(key, session, await session.ws_connect(address), await session.ws_connect(address))
    await ask(person.events, "userDataStream.subscribe.signature", person.signed({}, by_name=True))
    return person


async def _together(work: list[Awaitable[None]]) -> float:
    began = time.perf_counter()
    await asyncio.gather(*work)
    return time.perf_counter() - began


async def _ping(person: Client, way: Way, many: int) -> None:
    for _ in range(many):
        await way(person, {})


async def _trade(person: Client, way: Way, many: int) -> None:
    for number in range(many):
        name = f"bench-{number}"
        person.sent[name] = began = time.perf_counter()
        await way(person, {**ORDER, "side": "SELL" if number % 2 else "BUY", "newClientOrderId": name})
        person.answered.append(time.perf_counter() - began)


async def _all_reported(people: list[Client]) -> None:
    while any(len(person.reported) < len(person.sent) for person in people):
        await asyncio.sleep(0.01)


def _part(ordered: list[float], percent: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] * 1e3
