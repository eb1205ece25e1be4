"""Hostile clients: an honest trader beside them keeps his pace, and the exchange's memory comes back."""

import asyncio
import contextlib
import json
import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from apps.trading.sandbox.exchange.connections import HEAD_BYTES, HEAD_SECONDS, StallWatch
from apps.trading.sandbox.exchange.sockets import MAX_STREAMS, MESSAGE_BURST
from apps.trading.sandbox.exchange.subscribers import OUTBOX_BYTES, OUTBOX_MESSAGES, Subscriber
from tests.apps.trading.sandbox.exchange_process import ROOT, ExchangeProcess

HALF_OPEN = 1_000
SUBSCRIPTIONS = 10_000
FIVE_MEGABYTES = 5 << 20
P95_MS = 300
KEPT_BYTES = 48 << 20  # what the allocator may keep after a storm
PATIENCE = 60
UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def resident(exchange: ExchangeProcess) -> int:
    """Bytes of memory the exchange holds."""
    pages = int(Path(f"/proc/{exchange.facts['pid']}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def opened(exchange: ExchangeProcess) -> int:
    """Files and sockets the exchange holds open."""
    return len(list(Path(f"/proc/{exchange.facts['pid']}/fd").iterdir()))


async def until(condition: Any) -> None:
    """Wait for something the exchange does in its own time."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "the exchange did not recover in time"
        await asyncio.sleep(0.1)


@contextmanager
def honest_trader(exchange: ExchangeProcess) -> Iterator[dict[str, Any]]:
    """Trades while the block lasts; the dict holds `requests` and `p95` (ms) afterwards."""
    key = exchange.new_key()
    command = [sys.executable, "-m", "tests.apps.trading.sandbox.honest_client"]
    process = subprocess.Popen(
        [*command, exchange.base_url, key.api_key, key.secret],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    pace: dict[str, Any] = {}
    try:
        assert json.loads(process.stdout.readline()) == {"begun": True}
        yield pace
        text, _ = process.communicate(timeout=PATIENCE)
        pace.update(json.loads(text))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@contextmanager
def storm(exchange: ExchangeProcess) -> Iterator[None]:
    """The trader's pace during the block, and the exchange's memory and sockets after it."""
    before = (resident(exchange), opened(exchange))
    with honest_trader(exchange) as pace:
        yield
    assert pace["requests"] > 20, pace
    assert pace["p95"] < P95_MS, pace
    assert exchange.process is not None
    assert exchange.process.poll() is None
    assert resident(exchange) - before[0] < KEPT_BYTES
    assert opened(exchange) <= before[1] + 2


def plug(exchange: ExchangeProcess, text: bytes, *, receive_buffer: int = 0) -> socket.socket:
    """A bare connection that has sent `text`."""
    bare = socket.socket()
    if receive_buffer:
        bare.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    bare.connect(("127.0.0.1", exchange.facts["port"]))
    bare.sendall(text)
    return bare


def hangs_up(bare: socket.socket, seconds: float) -> bool:
    """Whether the other side ends the connection in time, whatever it says before."""
    bare.settimeout(seconds)
    try:
        while bare.recv(1 << 20):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        pass
    return True


@pytest.mark.product
async def test_a_thousand_half_open_sockets(exchange: ExchangeProcess) -> None:
    beginnings = [b"", b"GET", b"GET /api/v3/ping HTTP/1.1\r\nHost: x\r\n", b"POST /api/v3/order HTTP/1.1\r\n"]
    before = opened(exchange)
    with storm(exchange):
        bare = [plug(exchange, beginnings[number % len(beginnings)]) for number in range(HALF_OPEN)]
        await until(lambda: opened(exchange) >= before + HALF_OPEN)
        # Nobody closes from here: the exchange ends them itself.
        await until(lambda: opened(exchange) <= before + 10)
    assert all(hangs_up(one, 1) for one in bare[:: HALF_OPEN // 20])
    for one in bare:
        one.close()
    assert HEAD_SECONDS < PATIENCE


@pytest.mark.product
async def test_five_megabyte_frames_and_bodies(exchange: ExchangeProcess) -> None:
    before = opened(exchange)
    frame = json.dumps({"id": 1, "method": "ping", "params": {"padding": "x" * FIVE_MEGABYTES}})
    with storm(exchange):
        async with aiohttp.ClientSession(exchange.base_url) as session:
            for path in ("/ws", "/ws-api/v3") * 5:
                async with session.ws_connect(path) as socket_:
                    with contextlib.suppress(ConnectionError, aiohttp.ClientError):
                        await socket_.send_str(frame)
                    closed = await asyncio.wait_for(socket_.receive(), PATIENCE)
                    assert closed.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
            for _ in range(10):
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.post("/api/v3/order", data="x=" + "y" * FIVE_MEGABYTES) as answer:
                        assert answer.status == 413
        await until(lambda: opened(exchange) <= before + 10)


@pytest.mark.product
async def test_ten_thousand_subscriptions(exchange: ExchangeProcess) -> None:
    intervals = ["5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M"]
    kinds = [f"kline_{interval}" for interval in intervals]
    kinds += ["miniTicker", "ticker", "ticker_1h", "ticker_4h", "avgPrice", "depth", "depth5", "depth10", "depth20"]
    names = [f"{symbol}@{kind}" for symbol in ("btcusdt", "ethusdt", "solusdt") for kind in kinds]
    request = {"method": "SUBSCRIBE", "params": names + [f"none{n}@trade" for n in range(500)], "id": 1}
    before = opened(exchange)
    with storm(exchange):
        async with aiohttp.ClientSession(exchange.base_url, connector=aiohttp.TCPConnector(limit=0)) as session:
            sockets = [await session.ws_connect("/ws") for _ in range(SUBSCRIPTIONS // len(names) + 1)]
            heard = [0] * len(sockets)
            readers = [asyncio.create_task(drain(one, heard, place)) for place, one in enumerate(sockets)]
            for one in sockets:
                await one.send_json(request)
            subscribed = lambda: exchange.control.status()["subscriptions"]["streams"]  # noqa: E731
            await until(lambda: subscribed() >= SUBSCRIPTIONS)
            await until(lambda: min(heard) > 3 * len(names))
            for one in sockets:
                await one.close()
            for reader in readers:
                reader.cancel()
        await until(lambda: subscribed() == 0)
        await until(lambda: opened(exchange) <= before + 10)


async def drain(one: aiohttp.ClientWebSocketResponse, heard: list[int], place: int) -> None:
    async for _ in one:
        heard[place] += 1


async def test_one_connection_has_a_bounded_number_of_streams(exchange: ExchangeProcess) -> None:
    async with aiohttp.ClientSession(exchange.base_url) as session, session.ws_connect("/ws") as one:
        await one.send_json({"method": "SUBSCRIBE", "params": [f"s{n}@trade" for n in range(MAX_STREAMS + 1)], "id": 1})
        answer = await asyncio.wait_for(one.receive_json(), PATIENCE)
        assert answer["error"]["code"] == 2
        await one.send_json({"method": "LIST_SUBSCRIPTIONS", "id": 2})
        assert (await one.receive_json())["result"] == []


def masked(payload: bytes) -> bytes:
    """A client's text frame, masked with zeros."""
    size = struct.pack("!BBH", 0x81, 0x80 | 126, len(payload))
    return size + b"\0\0\0\0" + payload


@pytest.mark.product
async def test_slow_readers_are_cut_off(exchange: ExchangeProcess) -> None:
    before = opened(exchange)
    asking = masked(json.dumps({"id": 1, "method": "exchangeInfo"}).encode().ljust(200))
    upgrade = UPGRADE.format(path="/ws-api/v3").encode()
    with storm(exchange):
        slow = [plug(exchange, upgrade, receive_buffer=4_096) for _ in range(20)]
        for one in slow:
            assert b" 101 " in await asyncio.to_thread(one.recv, 1_000)
            one.sendall(asking * 1_000)  # answers of some 5 MB, of which it reads nothing
        await until(lambda: opened(exchange) <= before + 4)
        for one in slow:
            one.close()


async def test_too_many_messages_pings_and_headers_end_a_connection(exchange: ExchangeProcess) -> None:
    async with aiohttp.ClientSession(exchange.base_url) as session:
        async with session.ws_connect("/ws") as one:
            for number in range(MESSAGE_BURST * 2):
                await one.send_json({"method": "LIST_SUBSCRIPTIONS", "id": number})
            heard = [message async for message in one]
            assert len(heard) <= MESSAGE_BURST + 20
            assert one.close_code == aiohttp.WSCloseCode.POLICY_VIOLATION
        async with session.ws_connect("/ws") as one:
            with contextlib.suppress(ConnectionError):
                for _ in range(500):
                    await one.ping()
            closed = await asyncio.wait_for(one.receive(), PATIENCE)
            assert closed.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
    bare = plug(exchange, b"GET / HTTP/1.1\r\n")
    with contextlib.suppress(ConnectionError):
        bare.sendall(b"X-Padding: y\r\n" * (HEAD_BYTES // 10))
    assert await asyncio.to_thread(hangs_up, bare, PATIENCE)
    bare.close()


# ---- the parts, by themselves


async def test_an_outbox_is_bounded_in_messages_and_bytes() -> None:
    for text, count in (("x", OUTBOX_MESSAGES), ("x" * (OUTBOX_BYTES // 4), 4)):
        subscriber = Subscriber()
        for _ in range(count):
            subscriber.send(text)
        before = subscriber.cut_off.is_set()
        subscriber.send(text)
        assert (before, subscriber.cut_off.is_set(), subscriber.overrun) == (False, True, True)
        assert await subscriber.next_message() is None


async def test_closing_sends_what_is_queued_first() -> None:
    subscriber = Subscriber()
    subscriber.send("a")
    subscriber.close()
    subscriber.send("b")
    assert [await subscriber.next_message(), await subscriber.next_message()] == ["a", None]


async def test_a_peer_that_takes_nothing_is_dropped() -> None:
    connections: list[Any] = []

    class Server(asyncio.Protocol):
        transport: asyncio.Transport

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            self.transport = transport
            connections.append(self)
            transport.write(b"x" * FIVE_MEGABYTES)

    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with socket.socket() as bare:
        bare.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        await asyncio.to_thread(bare.connect, ("127.0.0.1", port))
        await until(lambda: connections and connections[0].transport.get_write_buffer_size())
        watch = StallWatch()
        assert [watch.look(connections, 3) for _ in range(4)] == [0, 0, 0, 1]
        assert connections[0].transport.is_closing()
    server.close()


@pytest.mark.parametrize("path", ["/nowhere", "/ws-api/v9", "/stream/other"])
async def test_unknown_addresses_are_refused(exchange: ExchangeProcess, path: str) -> None:
    async with aiohttp.ClientSession(exchange.base_url) as session:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(path)
