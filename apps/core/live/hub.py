"""The broadcast hub: one upstream subscription per channel and process, frames encoded once, slow readers bounded.

A frame goes straight to the transport of every socket that keeps up (`wire`); what waits for the others is in `Reader`.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

import redis.asyncio
from django.conf import settings

from apps.core import metrics
from apps.core.live.wire import Wire, encode_text

logger = logging.getLogger("outcry.hub")
BUFFER = 1000
SENT, CONFLATED = metrics.HUB_FRAMES.labels("sent"), metrics.HUB_FRAMES.labels("conflated")
RETRY_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0)


class Reader:
    """What waits for one socket. Prices keep only the newest frame of a channel; everything else keeps its order."""

    def __init__(self, on_revoked: Callable[[bytes], None], wire: Wire | None = None) -> None:
        self.on_revoked = on_revoked
        self._wire = wire
        self._frames: deque[tuple[str | None, str]] = deque()
        self._newest: dict[str, str] = {}
        self._is_woken = False
        self._waiter: asyncio.Future[None] | None = None  # of the one task that writes to the socket
        self.overflowed = False
        self.interrupted = False

    def push(self, frame: str, *, conflate: str | None = None) -> None:
        """Add a frame; with `conflate` (a channel) it replaces the one of that channel which still waits."""
        if conflate is not None:
            if conflate not in self._newest:
                self._frames.append((conflate, ""))
            else:
                CONFLATED.inc()
            self._newest[conflate] = frame
        else:
            self._frames.append((None, frame))
        if len(self._frames) > BUFFER:
            self.overflowed = True
        self._wake()

    def pass_on(self, encoded: bytes) -> bool:
        """Put an encoded frame on the socket at once; False when others wait before it, or it has no wire."""
        if self._wire is None or self._waiter is None or self._is_woken:
            return False
        return self._wire.write(encoded)

    def detach(self) -> None:
        """Put nothing more on the socket at once: it is about to close."""
        self._wire = None

    def interrupt(self) -> None:
        """Tell the socket that frames may have been missed."""
        self.interrupted = True
        self._wake()

    async def next_frames(self) -> list[str]:
        """Wait for frames and return all that wait."""
        if not self._is_woken:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
            self._waiter = None
        self._is_woken = False
        frames = self.take()
        SENT.inc(len(frames))
        return frames

    def _wake(self) -> None:
        self._is_woken = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def take(self) -> list[str]:
        """Return all frames that wait, oldest first, and forget them."""
        frames = []
        while self._frames:
            channel, frame = self._frames.popleft()
            frames.append(frame if channel is None else self._newest.pop(channel))
        return frames


class Hub:
    """All readers of this process, by channel."""

    def __init__(self) -> None:
        self._readers: dict[str, dict[Reader, bool]] = {}
        self._redis = redis.asyncio.Redis.from_url(settings.REDIS_URL, db=settings.HUB_DB)
        self._pubsub = self._redis.pubsub(ignore_subscribe_messages=True)
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    @property
    def redis(self) -> redis.asyncio.Redis:
        """Return the client of the hub's database."""
        return self._redis

    async def join(self, channel: str, reader: Reader, *, conflates: bool) -> None:
        """Send the channel's frames to the reader from now on."""
        async with self._lock:
            readers = self._readers.setdefault(channel, {})
            is_first = not readers
            readers[reader] = conflates
            if is_first:
                await self._pubsub.subscribe(channel)
            if self._task is None or self._task.done():
                self._task = asyncio.get_running_loop().create_task(self._listen())

    def swap(self, channel: str, old: Reader, new: Reader, *, conflates: bool) -> None:
        """Give the place of `old` on a channel to `new`, and with it the frames that waited, in one step."""
        readers = self._readers[channel]
        del readers[old]
        readers[new] = conflates
        for frame in old.take():
            new.push(frame, conflate=channel if conflates else None)

    async def leave(self, channel: str, reader: Reader) -> None:
        """Stop sending the channel's frames to the reader."""
        async with self._lock:
            readers = self._readers.get(channel, {})
            readers.pop(reader, None)
            if not readers and self._readers.pop(channel, None) is not None:
                with contextlib.suppress(redis.RedisError):
                    await self._pubsub.unsubscribe(channel)

    async def _listen(self) -> None:
        failures = 0
        while self._readers:
            try:
                message: Any = await self._pubsub.get_message(timeout=5.0)
                failures = 0
            except (redis.RedisError, OSError, RuntimeError):
                logger.warning("upstream lost; listeners are asked to come back", exc_info=failures == 0)
                await asyncio.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
                failures += 1
                await self._resubscribe()
                continue
            if message is not None:
                self._deliver(message["channel"].decode(), message["data"])

    def _deliver(self, channel: str, data: bytes) -> None:
        readers = self._readers.get(channel)
        if not readers:
            return
        if channel.endswith(".revoked"):
            for reader in list(readers):
                reader.on_revoked(data)
            return
        frame, encoded, sent = data.decode(), encode_text(data), 0
        for reader, conflates in readers.items():
            if reader.pass_on(encoded):
                sent += 1
            else:
                reader.push(frame, conflate=channel if conflates else None)
        SENT.inc(sent)

    async def _resubscribe(self) -> None:
        async with self._lock:
            for reader in {reader for readers in self._readers.values() for reader in readers}:
                reader.interrupt()
            with contextlib.suppress(redis.RedisError, OSError):
                await self._pubsub.aclose()  # type: ignore[no-untyped-call]
            self._pubsub = self._redis.pubsub(ignore_subscribe_messages=True)
            with contextlib.suppress(redis.RedisError, OSError):
                if self._readers:
                    await self._pubsub.subscribe(*self._readers)


_hubs: dict[int, tuple[asyncio.AbstractEventLoop, Hub]] = {}


def hub() -> Hub:
    """Return the hub of the running event loop (one per process in a server; one per test)."""
    loop = asyncio.get_running_loop()
    known = _hubs.get(id(loop))
    if known is None or known[0] is not loop:
        _hubs.clear()
        _hubs[id(loop)] = (loop, Hub())
    return _hubs[id(loop)][1]
