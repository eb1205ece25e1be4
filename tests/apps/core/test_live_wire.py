"""The live hub behind a real server: frames go straight to the transport, a stalled reader gets the newest price."""

import asyncio
import json
import socket
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from apps.core.ids import uuid7
from apps.core.live import Identity, Scope, Topic, publish, register_topic
from apps.core.live.publishing import client
from apps.core.live.socket import LiveSocket
from apps.core.live.wire import MOST_WAITING_BYTES, Wire, encode_text

pytestmark = pytest.mark.django_db
TEXT, COMPRESSED_TEXT = 0x81, 0xC1
HANDSHAKE = (
    b"GET /ws/live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
)
register_topic(Topic("twire", Scope.PUBLIC, lambda _identity, _topic: {}, lambda *_: True, conflates=True))


@pytest.fixture(autouse=True)
def _clean() -> None:
    client().flushdb()


async def anyone(_scope: dict[str, Any]) -> Identity:
    return Identity(schema="public", user_id=uuid7(), session_hash="s")


@asynccontextmanager
async def served() -> AsyncIterator[tuple[str, int]]:
    """A real server in this event loop, its sockets' send buffers small."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
    application: Any = LiveSocket(anyone)
    server = uvicorn.Server(uvicorn.Config(application, lifespan="off", log_level="error"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()
    finally:
        server.should_exit = server.force_exit = True
        await asyncio.wait_for(serving, 10)


class Page:
    """A client that negotiated compression and reads frames as they stand on the wire."""

    def __init__(self, raw: socket.socket) -> None:
        self.raw = raw
        self.received = b""
        self.inflater = zlib.decompressobj(-zlib.MAX_WBITS)

    @classmethod
    async def open(cls, address: tuple[str, int], *, buffer: int = 1 << 20) -> "Page":
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        raw.setblocking(False)
        loop, page = asyncio.get_running_loop(), cls(raw)
        await loop.sock_connect(raw, address)
        await loop.sock_sendall(raw, HANDSHAKE)
        while b"\r\n\r\n" not in page.received:
            page.received += await asyncio.wait_for(loop.sock_recv(raw, 4_096), 5)
        head, _, page.received = page.received.partition(b"\r\n\r\n")
        assert b"permessage-deflate" in head
        text = b'{"type":"subscribe","topic":"twire.x"}'
        await loop.sock_sendall(raw, bytes((TEXT, 0x80 | len(text))) + bytes(4) + text)
        first, snapshot = await page.frame()
        assert first == COMPRESSED_TEXT  # it went the long way
        assert page.inflated(snapshot)["type"] == "snapshot"
        return page

    async def _exactly(self, count: int) -> bytes:
        while len(self.received) < count:
            more = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self.raw, 65_536), 10)
            assert more, "the server hung up"
            self.received += more
        taken, self.received = self.received[:count], self.received[count:]
        return taken

    def inflated(self, payload: bytes) -> Any:
        """Return what a compressed frame says."""
        return json.loads(self.inflater.decompress(payload + b"\0\0\xff\xff"))

    async def frame(self) -> tuple[int, bytes]:
        """Return the next frame's first byte and its payload."""
        first, size = await self._exactly(2)
        if size == 126:
            size = int.from_bytes(await self._exactly(2), "big")
        elif size == 127:
            size = int.from_bytes(await self._exactly(8), "big")
        return first, await self._exactly(size)


async def put(number: int, padding: int = 0) -> None:
    await asyncio.to_thread(publish, "twire.x", {"n": number, "pad": "x" * padding})


@pytest.mark.parametrize("padding", [0, 300, 70_000])
async def test_a_reader_that_keeps_up_gets_each_frame_as_it_was_encoded_once(padding: int) -> None:
    async with served() as address:
        page = await Page.open(address)
        for number in range(3):
            await put(number, padding)
            first, payload = await page.frame()
            assert (first, json.loads(payload)["data"]) == (TEXT, {"n": number, "pad": "x" * padding})
        page.raw.close()


async def test_a_stalled_reader_skips_to_the_newest_price_and_holds_up_nobody() -> None:
    count, padding = 150, 2_000
    async with served() as address:
        stalled, other = await Page.open(address, buffer=4_096), await Page.open(address)
        for number in range(count):
            await put(number, padding)
            _, payload = await other.frame()
            assert json.loads(payload)["data"]["n"] == number
        seen: list[int] = []
        while not seen or seen[-1] < count - 1:
            first, payload = await stalled.frame()
            frame = json.loads(payload) if first == TEXT else stalled.inflated(payload)
            seen.append(frame["data"]["n"])
        assert seen == sorted(set(seen))
        assert len(seen) * padding < MOST_WAITING_BYTES + 65_536  # what the buffers held, and the newest
        stalled.raw.close()
        other.raw.close()


def test_the_frame_s_size_is_written_in_the_shortest_form() -> None:
    for size, head in ((125, "817d"), (126, "817e007e"), (65_535, "817effff"), (65_536, "817f0000000000010000")):
        assert encode_text(b"x" * size) == bytes.fromhex(head) + b"x" * size


def test_another_server_s_socket_has_no_wire() -> None:
    async def send(_message: dict[str, Any]) -> None: ...

    assert Wire.behind(send) is None
