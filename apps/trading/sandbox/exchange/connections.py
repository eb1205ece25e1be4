"""Connections that look after themselves: bounded heads, bounded control frames, no half-open or stalled sockets."""

import asyncio
from collections.abc import Iterable
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from apps.trading.sandbox.exchange.web import TRANSPORT

HEAD_SECONDS = 10  # a request's head must be whole by then, from the connection or its first byte on
HEAD_BYTES = 1 << 16
MAX_CONNECTIONS = 4_096
STALL_SECONDS = 10
CONTROL_FRAMES_PER_SECOND, CONTROL_FRAME_BURST = 5, 50  # pings and pongs of one socket


class HttpProtocol(HttpToolsProtocol):
    """HTTP that ends slow and oversized heads, and lets the application cut its own connection."""

    _deadline: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _in_head = True
    _request_ended = False

    def connection_made(self, transport: Any) -> None:
        """Refuse what exceeds the number of connections; the first head must come soon."""
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS:
            transport.abort()
        else:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        self._head_done()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what a head has so far; a body behind it in the same packet does not matter."""
        self._request_ended = False
        super().data_received(data)
        if self._in_head and not self._request_ended:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self.transport.abort()

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]  # extensions are free by the ASGI specification
        scope["extensions"] = {TRANSPORT: self.transport}
        self._await_head()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._head_done()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """What comes next is another head."""
        super().on_message_complete()
        self._in_head, self._head_bytes, self._request_ended = True, 0, True

    def _await_head(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _head_done(self) -> None:
        self._in_head = False
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class SocketProtocol(WebSocketsSansIOProtocol):
    """WebSocket that bounds pings and pongs, and lets the application cut its own connection."""

    _allowance = float(CONTROL_FRAME_BURST)
    _counted = 0.0

    def handle_connect(self, event: Any) -> None:
        """Hand the transport to the application."""
        super().handle_connect(event)
        scope = getattr(self, "scope", None)
        if scope is not None:
            extensions = cast("dict[str, Any]", scope)["extensions"]
            extensions[TRANSPORT] = self.transport

    def handle_ping(self) -> None:
        """Answer, unless there are too many."""
        if self._fits():
            super().handle_ping()

    def handle_pong(self, event: Any) -> None:
        """Note, unless there are too many."""
        if self._fits():
            super().handle_pong(event)

    def _fits(self) -> bool:
        now = self.loop.time()
        earned = (now - self._counted) * CONTROL_FRAMES_PER_SECOND
        self._allowance = min(float(CONTROL_FRAME_BURST), self._allowance + earned) - 1
        self._counted = now
        if self._allowance < 0:
            self.transport.abort()
        return self._allowance >= 0


class StallWatch:
    """Ends connections whose peer takes nothing of what is waiting for it."""

    def __init__(self) -> None:
        self._waiting: dict[Any, tuple[int, int]] = {}  # connection -> bytes waiting, rounds without progress

    def look(self, connections: Iterable[Any], rounds: int) -> int:
        """Abort what has not moved for `rounds` looks; returns how many were ended."""
        ended, waiting = 0, {}
        for connection in tuple(connections):
            size = connection.transport.get_write_buffer_size() if connection.transport else 0
            if not size:
                continue
            known, count = self._waiting.get(connection, (0, 0))
            count = count + 1 if size >= known > 0 else 0
            waiting[connection] = (size, count)
            if count >= rounds:
                connection.transport.abort()
                ended += 1
        self._waiting = waiting
        return ended
