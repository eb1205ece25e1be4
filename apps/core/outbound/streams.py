"""A WebSocket to a judged address: text messages in, text messages out, with the same bounds."""

from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from apps.core.outbound.connecting import Deadline
from apps.core.outbound.connecting import connect as connect_socket
from apps.core.outbound.errors import HostUnreachable, ReplyTooSlow, ReplyUnreadable
from apps.core.outbound.rules import STREAM, Rules
from apps.core.outbound.targets import Resolver, Target, find_address, read_target


class Stream:
    """An open stream; a context manager. Messages longer than `rules.max_bytes` end it."""

    def __init__(self, inner: ClientConnection, target: Target, rules: Rules) -> None:
        self._inner, self._target, self._rules = inner, target, rules

    def send(self, text: str) -> None:
        """Send a message. Raises HostUnreachable."""
        try:
            self._inner.send(text)
        except (WebSocketException, OSError):
            raise HostUnreachable(host=self._target.host, why="the stream broke") from None

    def receive(self, seconds: float | None = None) -> str:
        """Return the next message, at the latest after `seconds` (the rules' when None).

        Raises ReplyTooSlow in silence, HostUnreachable when the stream ended, ReplyUnreadable for a binary message.
        """
        patience = self._rules.seconds if seconds is None else seconds
        try:
            found = self._inner.recv(timeout=patience)
        except TimeoutError:
            raise ReplyTooSlow(host=self._target.host, seconds=f"{patience:g}") from None
        except (WebSocketException, OSError):
            raise HostUnreachable(host=self._target.host, why="the stream ended") from None
        if not isinstance(found, str):
            raise ReplyUnreadable(host=self._target.host, why="it is no text")
        return found

    def close(self) -> None:
        """End the stream."""
        with suppress(WebSocketException, OSError):
            self._inner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.close()


def open_stream(
    url: str, *, headers: Mapping[str, str] | None = None, rules: Rules = STREAM, resolver: Resolver | None = None
) -> Stream:
    """Open a stream. Raises AddressRefused, HostNotFound, HostUnreachable and ReplyTooSlow."""
    target = read_target(url, rules)
    deadline = Deadline(target.host, rules.seconds)
    found = find_address(target, deadline.left(), resolver)
    channel = connect_socket(found, deadline)
    channel.settimeout(None)
    try:
        # The socket is open and encrypted already: the library only speaks over it, whatever the scheme says.
        inner = connect(
            f"ws://{found.authority}{found.resource}",
            sock=channel,
            additional_headers=dict(headers or {}),
            open_timeout=deadline.left(),
            max_size=rules.max_bytes,
            proxy=None,
            compression=None,
        )
    except TimeoutError:
        channel.close()
        raise ReplyTooSlow(host=found.host, seconds=f"{rules.seconds:g}") from None
    except (WebSocketException, OSError):
        channel.close()
        raise HostUnreachable(host=found.host, why="it does not open a stream") from None
    return Stream(inner, found, rules)
