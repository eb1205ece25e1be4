"""A real HTTP server on the loopback that counts who connects and plays the replies it was given."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Play = Callable[[socket.socket, str], None]
"""What to do with a connection whose request head was read."""


@dataclass
class Trap:
    """Where it listens, how many connected, and the request heads they sent."""

    port: int
    connections: int = 0
    heads: list[str] = field(default_factory=list)


def answer(status: str = "200 OK", headers: str = "", body: bytes = b"ok") -> Play:
    """Return a play that answers once, with the right length."""

    def play(channel: socket.socket, _head: str) -> None:
        channel.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body)

    return play


@contextmanager
def trap(play: Play | None = None) -> Iterator[Trap]:
    """Listen for as long as the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = Trap(server.getsockname()[1])
        thread = threading.Thread(target=_serve, args=(server, found, play or answer()), daemon=True)
        thread.start()
        yield found
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def _serve(server: socket.socket, found: Trap, play: Play) -> None:
    while True:
        try:
            channel, _ = server.accept()
        except OSError:
            return
        found.connections += 1
        with channel, suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                part = channel.recv(65_536)
                if not part:
                    break
                head += part
            found.heads.append(head.decode("latin-1"))
            play(channel, found.heads[-1])
