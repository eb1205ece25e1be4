"""A connection to a judged address whose every read and write ends at one deadline."""

import io
import socket
import ssl
import time
from typing import IO, Any

from apps.core.outbound.errors import HostUnreachable, ReplyTooSlow
from apps.core.outbound.targets import Target


class Deadline:
    """One moment for the whole call."""

    def __init__(self, host: str, seconds: float) -> None:
        self.host, self.seconds = host, seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds left, or raise ReplyTooSlow."""
        found = self._end - time.monotonic()
        if found <= 0:
            raise ReplyTooSlow(host=self.host, seconds=f"{self.seconds:g}")
        return max(found, 0.001)


def connect(target: Target, deadline: Deadline) -> socket.socket:
    """Return a connected socket, TLS for encrypted schemes with the name checked. Raises HostUnreachable."""
    family = socket.AF_INET6 if ":" in target.address else socket.AF_INET
    plain = socket.socket(family, socket.SOCK_STREAM)
    try:
        plain.settimeout(deadline.left())
        plain.connect((target.address, target.port))
        if not target.is_encrypted:
            return plain
        plain.settimeout(deadline.left())
        return ssl.create_default_context().wrap_socket(plain, server_hostname=target.host)
    except TimeoutError:
        plain.close()
        raise ReplyTooSlow(host=target.host, seconds=f"{deadline.seconds:g}") from None
    except ssl.SSLCertVerificationError:
        plain.close()
        raise HostUnreachable(host=target.host, why="its certificate is not valid") from None
    except OSError:
        plain.close()
        raise HostUnreachable(host=target.host, why="nobody answers there") from None


class TimedSocket:
    """As much of a socket as http.client uses; a peer that sends one byte a second does not live longer for it."""

    def __init__(self, inner: socket.socket, deadline: Deadline) -> None:
        self._inner, self._deadline = inner, deadline

    def sendall(self, data: Any) -> None:
        """Send all of `data`."""
        self._inner.settimeout(self._deadline.left())
        self._inner.sendall(data)

    def makefile(self, _mode: str = "rb", *_args: Any, **_kwargs: Any) -> IO[bytes]:
        """Return the reading end."""
        return io.BufferedReader(_Reading(self._inner, self._deadline))

    def close(self) -> None:
        """Do nothing: http.client lets go of the connection before the body was read."""

    def hang_up(self) -> None:
        """Close the connection."""
        self._inner.close()


class _Reading(io.RawIOBase):
    def __init__(self, inner: socket.socket, deadline: Deadline) -> None:
        self._inner, self._deadline = inner, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._inner.settimeout(self._deadline.left())
        return self._inner.recv_into(buffer)
