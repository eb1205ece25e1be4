"""Many real WebSocket clients in one thread, as cheap as they can be: what is measured is the server."""

import contextlib
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from tests.benchmarks.hub_server import FAMILY

HOST = "127.0.0.1"
SMALL_BUFFER = 4_096  # of a slow reader's socket
_HANDSHAKE = (
    f"GET /ws/live HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
).encode()
_TICKS = os.sysconf("SC_CLK_TCK")


class Tally(NamedTuple):
    """What the fast readers got: how old each frame was when it was read, in seconds, and how long all took."""

    ages: list[float]
    wall: float
    cpu: float


class HubProcess:
    """The server, in a process of its own."""

    def __init__(self) -> None:
        listener = socket.create_server((HOST, 0), backlog=2_048)
        self.address: tuple[str, int] = listener.getsockname()
        command = [sys.executable, "-m", "tests.benchmarks.hub_server", str(listener.fileno())]
        self._process = subprocess.Popen(command, pass_fds=[listener.fileno()])
        listener.close()

    def cpu(self) -> float:
        """Return the CPU seconds it has used."""
        with open(f"/proc/{self._process.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


def subscribe(address: tuple[str, int], topic: str, *, receive_buffer: int = 0) -> socket.socket:
    """Return an open socket that has had the topic's snapshot."""
    client = socket.socket()
    if receive_buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    client.settimeout(30)
    client.connect(address)
    client.sendall(_HANDSHAKE)
    text = f'{{"type":"subscribe","topic":"{topic}"}}'.encode()
    received = b""
    while b"\r\n\r\n" not in received:
        received += client.recv(4_096)
    assert received.startswith(b"HTTP/1.1 101"), received
    client.sendall(bytes((0x81, 0x80 | len(text))) + bytes(4) + text)  # masked by zeros
    while b'"snapshot"' not in received:
        received += client.recv(4_096)
    return client


def under_load(*, sockets: int, slow: int, rounds: int, pace: float, publish: Callable[[str, float], None]) -> Tally:
    """Publish `rounds` prices, one every `pace` seconds, to so many sockets of which `slow` hardly ever read.

    Raises AssertionError when a fast reader misses a frame.
    """
    server = HubProcess()
    topic = f"{FAMILY}.x"
    try:
        fast = [subscribe(server.address, topic) for _ in range(sockets - slow)]
        late = [subscribe(server.address, topic, receive_buffer=SMALL_BUFFER) for _ in range(slow)]
        for client in [*fast, *late]:
            client.setblocking(False)
        used = server.cpu()
        ages, wall = _read(fast, late, rounds, pace, lambda at: publish(topic, at))
        used = server.cpu() - used
        for client in [*fast, *late]:
            client.close()
    finally:
        server.stop()
    assert len(ages) == len(fast) * rounds, f"{len(ages)} of {len(fast) * rounds} frames came"
    return Tally(ages, wall, used)


def _read(
    fast: list[socket.socket], late: list[socket.socket], rounds: int, pace: float, publish: Callable[[float], None]
) -> tuple[list[float], float]:
    clock, poll = time.perf_counter, select.epoll()
    readers = {client.fileno(): client.recv for client in fast}
    for number in readers:
        poll.register(number, select.EPOLLIN)
    ages: list[float] = []
    published, due = 0, len(fast) * rounds
    began = clock()
    deadline = began + rounds * pace + 30
    while len(ages) < due and clock() < deadline:
        wait = 0.2
        if published < rounds:
            wait = max(0.0, began + published * pace - clock())
            if not wait:
                publish(clock())
                published += 1
                if published % 11 == 0 and late:
                    _read_slowly(late[published % len(late)])
        for number, _ in poll.poll(wait):
            data = readers[number](65_536)
            now, at = clock(), data.find(b'"at":"')
            while at >= 0:
                ages.append(now - float(data[at + 6 : at + 18]))
                at = data.find(b'"at":"', at + 18)
    return ages, clock() - began


def _read_slowly(client: socket.socket) -> None:
    with contextlib.suppress(BlockingIOError):
        client.recv(512)
