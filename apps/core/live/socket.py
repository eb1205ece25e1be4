"""The live socket: subscribe, snapshot, deltas, resume; heartbeats, limits, and an end when the session ends."""

import asyncio
import contextlib
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import redis

from apps.core import metrics
from apps.core.clock import monotonic, now_ms
from apps.core.context import in_tenant_thread
from apps.core.errors import DomainError, Invalid, LimitReached
from apps.core.live.hub import Reader, hub
from apps.core.live.publishing import backlog_key, sequence_key
from apps.core.live.topics import Identity, Topic, UnknownTopic, find_topic, revocation_channel
from apps.core.live.wire import Wire

logger = logging.getLogger("outcry.socket")
MAX_TOPICS = 100
MAX_MESSAGE = 4096
MESSAGES_PER_WINDOW, WINDOW_SECONDS = 60, 5.0
HEARTBEAT_SECONDS = 15.0
RECHECK_SECONDS = 30.0
REVOKED, TOO_MANY, TOO_SLOW, RESTART = 4401, 4429, 4408, 1012

Resolve = Callable[[dict[str, Any]], Awaitable[Identity | None]]


class BadFrame(Invalid):
    """The frame is not one of the protocol."""

    code = "live.bad_frame"
    message = 'Send JSON such as {{"type":"subscribe","topic":"quotes.BTCUSDT"}}.'


class TooManyTopics(LimitReached):
    """One socket, at most 100 topics."""

    code = "live.too_many_topics"
    message = "A socket can hold at most 100 topics. Unsubscribe from one first."


class LiveSocket:
    """The ASGI application at /ws/live; `resolve` says who is there, or refuses."""

    def __init__(self, resolve: Resolve) -> None:
        self.resolve = resolve

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        identity = await self.resolve(scope)
        await receive()
        if identity is None:
            await send({"type": "websocket.close", "code": 4403})
            return
        await send({"type": "websocket.accept", "subprotocol": identity.subprotocol})
        metrics.HUB_CONNECTIONS.inc()
        try:
            await Session(identity, receive, send).run()
        finally:
            metrics.HUB_CONNECTIONS.dec()


class Session:
    """One open socket."""

    def __init__(self, identity: Identity, receive: Any, send: Any) -> None:
        self.identity = identity
        self._receive = receive
        self._send = send
        self._hub = hub()
        self._reader = Reader(self._on_revoked, Wire.behind(send))
        self._joined: dict[str, str] = {}
        self._recent: deque[float] = deque()
        self._closing: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Serve until the client leaves, the session ends, or a limit is passed."""
        revocations = revocation_channel(self.identity.schema, self.identity.user_id)
        await self._hub.join(revocations, self._reader, conflates=False)
        work: list[asyncio.Task[None]] = [
            asyncio.create_task(step()) for step in (self._listen, self._write, self._beat, self._recheck)
        ]
        try:
            waited: list[asyncio.Future[Any]] = [self._closing, *work]
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            for task in work:
                if task.done() and task.exception() is not None:
                    logger.error("socket failed", exc_info=task.exception())
        finally:
            self._reader.detach()
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            for channel in [revocations, *self._joined.values()]:
                await self._hub.leave(channel, self._reader)
        if self._closing.done():
            with contextlib.suppress(RuntimeError, OSError):
                await self._send({"type": "websocket.close", "code": self._closing.result()})

    def _close(self, code: int) -> None:
        if not self._closing.done():
            self._closing.set_result(code)

    def _on_revoked(self, data: bytes) -> None:
        session = json.loads(data).get("session")
        if session is None or session == self.identity.session_hash:
            self._reader.push('{"type":"revoked"}')
            asyncio.get_running_loop().call_later(0.05, self._close, REVOKED)

    async def _listen(self) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                return
            if self._is_flood():
                self._close(TOO_MANY)
                return
            topic = ""
            try:
                frame = _parsed(message)
                topic = str(frame.get("topic", ""))
                await self._handle(frame["type"], topic, frame)
            except DomainError as refusal:
                self._push({"type": "error", "topic": topic, "code": refusal.code, "message": refusal.text})

    def _is_flood(self) -> bool:
        present = monotonic()
        self._recent.append(present)
        while self._recent and self._recent[0] < present - WINDOW_SECONDS:
            self._recent.popleft()
        return len(self._recent) > MESSAGES_PER_WINDOW

    async def _handle(self, kind: str, topic: str, frame: dict[str, Any]) -> None:
        if kind == "ping":
            self._push({"type": "pong", "at": now_ms()})
        elif kind == "subscribe":
            await self._subscribe(topic, frame.get("since"))
        elif kind == "unsubscribe":
            channel = self._joined.pop(topic, None)
            if channel is not None:
                await self._hub.leave(channel, self._reader)
            self._push({"type": "unsubscribed", "topic": topic})
        else:
            raise BadFrame

    async def _subscribe(self, topic: str, since: Any) -> None:
        if topic in self._joined:
            return
        if len(self._joined) >= MAX_TOPICS:
            raise TooManyTopics
        family = find_topic(topic)
        if not await self._ask(family.authorise, topic):
            raise UnknownTopic(topic=topic)
        channel = family.channel(self.identity, topic)
        # Frames that come while the snapshot is read wait apart, so that they follow it.
        held = Reader(self._on_revoked)
        await self._hub.join(channel, held, conflates=False)
        try:
            await self._first_frames(family, topic, channel, since)
        except BaseException:
            await self._hub.leave(channel, held)
            raise
        self._hub.swap(channel, held, self._reader, conflates=family.conflates)
        self._joined[topic] = channel

    async def _first_frames(self, family: Topic, topic: str, channel: str, since: Any) -> None:
        """Send what the listener missed since a sequence number, or a snapshot with the number it belongs to."""
        sequence, missed = await self._missed(channel, since if isinstance(since, int) else None)
        if missed is not None:
            for frame in missed:
                self._reader.push(frame)
            return
        data = await self._ask(family.snapshot, topic)
        self._push({"type": "snapshot", "topic": topic, "seq": sequence, "data": data})

    async def _missed(self, channel: str, since: int | None) -> tuple[int, list[str] | None]:
        client: Any = self._hub.redis
        try:
            sequence = int(await client.get(sequence_key(channel)) or 0)
            if since is None or since > sequence or not sequence:
                return sequence, None
            if since == sequence:
                return sequence, []
            frames = [frame.decode() for frame in await client.lrange(backlog_key(channel), since - sequence, -1)]
        except redis.RedisError:
            return 0, None
        complete = bool(frames) and json.loads(frames[0])["seq"] == since + 1
        return sequence, frames if complete else None

    async def _ask(self, question: Callable[[Identity, str], Any], topic: str) -> Any:
        return await in_tenant_thread(self.identity.schema, question)(self.identity, topic)

    def _push(self, frame: dict[str, Any]) -> None:
        self._reader.push(json.dumps(frame, separators=(",", ":")))

    async def _write(self) -> None:
        while True:
            for frame in await self._reader.next_frames():
                await self._send({"type": "websocket.send", "text": frame})
            if self._reader.overflowed:
                self._close(TOO_SLOW)
                return
            if self._reader.interrupted:
                self._close(RESTART)
                return

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            self._push({"type": "heartbeat", "at": now_ms()})

    async def _recheck(self) -> None:
        """Find out what went behind the product's back: a deleted session row, a deactivated account."""
        while self.identity.recheck is not None:
            await asyncio.sleep(RECHECK_SECONDS)
            if not await in_tenant_thread(self.identity.schema, self.identity.recheck)():
                self._close(REVOKED)
                return
        await asyncio.Event().wait()


def _parsed(message: dict[str, Any]) -> dict[str, Any]:
    text = message.get("text") or ""
    if not text or len(text) > MAX_MESSAGE:
        raise BadFrame
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        raise BadFrame from None
    if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
        raise BadFrame
    if "topic" in frame and not (isinstance(frame["topic"], str) and len(frame["topic"]) <= 120):
        raise BadFrame
    return frame
