"""The shortest way to a socket: a frame that was encoded once for all of them, written to each one's transport.

ASGI has no such way: every `send` encodes (and may compress) its message anew, and needs a task that wakes for it. The
server here is uvicorn; under any other a socket has no wire and its frames go by `send`. A message that is not
compressed is valid whether or not the client asked for compression.
"""

import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

_TEXT = 0x81  # one whole text message
_SMALL, _MEDIUM = 126, 1 << 16
MOST_WAITING_BYTES = 8_192
"""More than this is not handed to a transport that waits for its reader: newer prices then replace older ones here."""


def encode_text(payload: bytes) -> bytes:
    """Return a server's WebSocket frame of a UTF-8 text."""
    size = len(payload)
    if size < _SMALL:
        return bytes((_TEXT, size)) + payload
    if size < _MEDIUM:
        return struct.pack("!BBH", _TEXT, 126, size) + payload
    return struct.pack("!BBQ", _TEXT, 127, size) + payload


class Wire:
    """The transport behind an open socket."""

    __slots__ = ("_open", "_protocol")

    def __init__(self, protocol: "WebSocketsSansIOProtocol") -> None:
        self._protocol = protocol
        self._open = protocol.conn.state  # the handshake is done
        protocol.transport.set_write_buffer_limits(high=MOST_WAITING_BYTES)

    @classmethod
    def behind(cls, send: Any) -> "Wire | None":
        """Return the wire of an accepted socket's ASGI `send`, or None where the server is another."""
        # Only a process that serves sockets loads the server.
        from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

        protocol = getattr(send, "__self__", None)
        if not isinstance(protocol, WebSocketsSansIOProtocol) or protocol.conn.state.name != "OPEN":
            return None
        return cls(protocol)

    def write(self, encoded: bytes) -> bool:
        """Hand an encoded frame over; False when the reader is behind or the socket is about to close."""
        protocol = self._protocol
        if not protocol.writable.is_set() or protocol.close_sent or protocol.conn.state is not self._open:
            return False
        protocol.transport.write(encoded)
        return True
