"""One socket's outgoing queue, bounded in messages and bytes."""

import asyncio
import json
from collections import deque
from dataclasses import dataclass
from typing import Any

OUTBOX_MESSAGES = 5_000
OUTBOX_BYTES = 4 << 20
ANSWER_BYTES = 256 << 10  # requests wait while more than this is queued


def encode(payload: Any) -> str:
    """Compact JSON text."""
    return json.dumps(payload, separators=(",", ":"))


class Subscriber:
    """Messages wait here for the socket. A reader slower than the bounds is cut off instead of slowing others."""

    def __init__(self, *, combined: bool = False) -> None:
        self.combined = combined
        self.streams: set[str] = set()
        self.overrun = False
        self.cut_off = asyncio.Event()  # set when the connection must end at once
        self._closing = False
        self._queue: deque[str] = deque()
        self._bytes = 0
        self._filled = asyncio.Event()
        self._roomy = asyncio.Event()

    def send(self, text: str) -> None:
        """Queue a message; a reader that is too far behind loses everything and its connection."""
        if self.overrun or self._closing:
            return
        self._queue.append(text)
        self._bytes += len(text)
        if len(self._queue) > OUTBOX_MESSAGES or self._bytes > OUTBOX_BYTES:
            self.cut()
        self._filled.set()

    def cut(self) -> None:
        """End the connection at once, without what is queued and without a farewell."""
        self.overrun = True
        self.cut_off.set()
        self._queue.clear()
        self._bytes = 0
        self._filled.set()

    def close(self) -> None:
        """End the connection after what is queued."""
        self._closing = True
        self._filled.set()

    async def next_message(self) -> str | None:
        """The oldest message; None when the connection is to end."""
        while not self._queue:
            if self.overrun or self._closing:
                return None
            self._filled.clear()
            await self._filled.wait()
        text = self._queue.popleft()
        self._bytes -= len(text)
        if self._bytes <= ANSWER_BYTES:
            self._roomy.set()
        return text

    async def room(self) -> None:
        """Wait until the client has taken most of its answers: who does not read gets no more of them."""
        if self._bytes > ANSWER_BYTES:
            self._roomy.clear()
            await self._roomy.wait()


@dataclass(frozen=True, eq=False)
class UserFeed:
    """One account's private events on one socket: by WS-API subscription, or by listen key."""

    subscriber: Subscriber
    account_id: int
    api_key: str
    subscription_id: int | None = None
    listen_key: str = ""

    def send(self, event: dict[str, Any]) -> None:
        """Wrap an event the way its kind of subscription wants it."""
        if self.subscription_id is not None:
            self.subscriber.send(encode({"subscriptionId": self.subscription_id, "event": event}))
        elif self.subscriber.combined:
            self.subscriber.send(encode({"stream": self.listen_key, "data": event}))
        else:
            self.subscriber.send(encode(event))
