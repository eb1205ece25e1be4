"""Refuses every connection, datagram and name look-up that would leave this machine, and remembers the attempt.

It uses the interpreter's audit events, so the client under test stays as its authors made it. Standard library only:
the scripts beside it run in the foreign clients' environment.
"""

import sys
from typing import Any

LOCAL = frozenset(("127.0.0.1", "::1", "localhost", "", "0.0.0.0"))
_DESTINATION = {"socket.connect": 1, "socket.sendto": 1, "socket.getaddrinfo": 0, "socket.gethostbyname": 0}

attempts: list[str] = []
_state = {"installed": False, "watching": False}


class LeftTheMachineError(OSError):
    """A client tried to reach another host."""


def host_of(destination: Any) -> str:
    """Return the host of a socket address or a look-up; "" for what cannot leave the machine (Unix sockets)."""
    if isinstance(destination, tuple):
        destination = destination[0]
    elif isinstance(destination, str) and destination.startswith("/"):
        return ""
    if isinstance(destination, bytes):
        destination = destination.decode("ascii", "replace")
    return "" if destination is None else str(destination)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    position = _DESTINATION.get(event)
    if position is None or not _state["watching"]:
        return
    host = host_of(arguments[position])
    if host not in LOCAL:
        attempts.append(host)
        raise LeftTheMachineError(f"a client tried to reach {host}")


def watch() -> None:
    """Begin to refuse; may be called again."""
    if not _state["installed"]:
        sys.addaudithook(_audit)
        _state["installed"] = True
    attempts.clear()
    _state["watching"] = True


def unwatch() -> list[str]:
    """Stop refusing and return the hosts that were tried."""
    _state["watching"] = False
    return list(attempts)
