"""The live hub: frames a second to many sockets of one process, beside the channel layer's groups."""

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer

from apps.core.benchmarks import Row, benchmark
from apps.core.ids import uuid7
from apps.core.live import Identity, Scope, Topic, publish, publish_async, register_topic
from apps.core.live.hub import hub
from apps.core.live.socket import LiveSocket
from tests.benchmarks.hub_sockets import under_load

LISTENERS, FRAMES = 200, 200
FRAME = {"bid": "64123.45", "ask": "64123.46", "last": "64123.45", "at": 1_700_000_000_000, "change_percent": "1.25"}

SOCKETS, SLOW, ROUNDS, PACE = 1_000, 50, 120, 1 / 55
NEEDED, NEEDED_MS = 50_000, 50.0

register_topic(Topic("bench", Scope.PUBLIC, lambda _identity, _topic: {}, lambda _identity, _topic: True))


@benchmark("hub")
def run() -> Iterator[Row]:
    """Deliver FRAMES frames to LISTENERS listeners both ways; every delivery is counted."""
    through_hub = asyncio.run(by_hub())
    through_layer = asyncio.run(by_layer())
    case = f"{FRAMES} frames to {LISTENERS} sockets"
    yield Row(
        "hub",
        case,
        LISTENERS * FRAMES / through_hub,
        "1/s CPU",
        "consumer on channel layer",
        LISTENERS * FRAMES / through_layer,
    )
    load = under_load(sockets=SOCKETS, slow=SLOW, rounds=ROUNDS, pace=PACE, publish=put_price)
    case = f"prices to {SOCKETS} sockets of a real server, {SLOW} of them slow"
    yield Row("hub", case, len(load.ages) / load.cpu, "1/s CPU", "needed", NEEDED)
    yield Row("hub", f"{case}, delivered in all", len(load.ages) / load.wall, "1/s wall", "needed", NEEDED)
    p99 = sorted(load.ages)[len(load.ages) * 99 // 100] * 1_000
    yield Row("hub", f"{case}, 99 % within", p99, "ms wall", "allowed", NEEDED_MS)


class Counter:
    """Counts what reaches the listeners."""

    def __init__(self) -> None:
        self.ready = self.delivered = 0
        self.done = asyncio.Event()

    async def send(self, message: dict[str, Any]) -> None:
        """Take a message that the application sends."""
        text = message.get("text", "")
        if '"delta"' in text:
            self.count()
        elif '"snapshot"' in text:
            self.ready += 1

    def count(self) -> None:
        """Count one delivery."""
        self.delivered += 1
        if self.delivered == LISTENERS * FRAMES:
            self.done.set()


async def identify(_scope: dict[str, Any]) -> Identity:
    """Let everyone in."""
    return Identity(schema="public", user_id=uuid7(), session_hash="s")


async def by_hub() -> float:
    """Return the CPU time of delivering all frames by the hub."""
    counter = Counter()

    async def client() -> None:
        inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        inbox.put_nowait({"type": "websocket.connect"})
        inbox.put_nowait({"type": "websocket.receive", "text": '{"type":"subscribe","topic":"bench.x"}'})
        await LiveSocket(identify)({"type": "websocket"}, inbox.get, counter.send)

    tasks = [asyncio.create_task(client()) for _ in range(LISTENERS)]
    while counter.ready < LISTENERS:
        await asyncio.sleep(0.01)
    before = time.process_time()
    for _ in range(FRAMES):
        await publish_async("bench.x", FRAME, client=hub().redis)
    await asyncio.wait_for(counter.done.wait(), 60)
    spent = time.process_time() - before
    await _end(tasks)
    return spent


def put_price(topic: str, at: float) -> None:
    """Publish one price; `at` has twelve characters."""
    publish(topic, {**{name: value for name, value in FRAME.items() if name != "at"}, "at": f"{at:.6f}".zfill(12)[:12]})


class Listener(AsyncWebsocketConsumer):  # type: ignore[misc]  # the library ships no types
    """The usual consumer: one group, one send per event."""

    async def connect(self) -> None:
        """Join the group."""
        await self.channel_layer.group_add("bench", self.channel_name)
        await self.accept()

    async def frame(self, event: dict[str, Any]) -> None:
        """Pass an event on."""
        await self.send(text_data=json.dumps({"type": "delta", "topic": "bench.x", "data": event["data"]}))


async def by_layer() -> float:
    """Return the CPU time of delivering all frames by a consumer on the channel layer."""
    counter = Counter()
    accepted = 0

    async def client() -> None:
        inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        inbox.put_nowait({"type": "websocket.connect"})

        async def send(message: dict[str, Any]) -> None:
            nonlocal accepted
            accepted += message["type"] == "websocket.accept"
            await counter.send(message)

        await Listener.as_asgi()({"type": "websocket"}, inbox.get, send)

    layer: Any = get_channel_layer()
    tasks = [asyncio.create_task(client()) for _ in range(LISTENERS)]
    while accepted < LISTENERS:
        await asyncio.sleep(0.01)
    before = time.process_time()
    for _ in range(FRAMES):
        await layer.group_send("bench", {"type": "frame", "data": FRAME})
    await asyncio.wait_for(counter.done.wait(), 60)
    spent = time.process_time() - before
    await _end(tasks)
    return spent


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task
