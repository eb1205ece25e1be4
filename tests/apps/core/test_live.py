"""The live socket on real Redis: snapshot, deltas, resume, revocation, limits, slow readers, strangers."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings

from apps.core.clock import travel
from apps.core.ids import uuid7
from apps.core.live import Identity, Scope, Topic, publish, publish_to_user, register_topic, revoke
from apps.core.live import socket as live_socket
from apps.core.live.hub import BUFFER, Reader, hub
from apps.core.live.publishing import client
from apps.core.live.socket import LiveSocket
from tests.factories.sockets import WebSocket

pytestmark = pytest.mark.django_db
ANN, BOB = uuid7(), uuid7()
SCHEMA, OTHER = "t_one", "t_two"


def always(_identity: Identity, _topic: str) -> bool:
    return True


def snapshot(identity: Identity, topic: str) -> dict[str, Any]:
    return {"snapshot_of": topic, "for": str(identity.user_id)}


register_topic(Topic("tprice", Scope.PUBLIC, snapshot, always, conflates=True))
register_topic(Topic("tbot", Scope.TENANT, snapshot, lambda _identity, topic: topic.endswith(".mine")))
register_topic(Topic("torders", Scope.USER, snapshot, always))


@pytest.fixture(autouse=True)
def _clean() -> None:
    client().flushdb()


def socket(user: UUID = ANN, schema: str = SCHEMA, session: str = "s1") -> WebSocket:
    async def resolve(_scope: dict[str, Any]) -> Identity | None:
        return Identity(schema=schema, user_id=user, session_hash=session)

    return WebSocket(LiveSocket(resolve))


@asynccontextmanager
async def opened(communicator: WebSocket) -> AsyncIterator[WebSocket]:
    assert await communicator.connect()
    try:
        yield communicator
    finally:
        await communicator.disconnect()


async def say(communicator: WebSocket, **frame: Any) -> Any:
    await communicator.send(json.dumps(frame))
    return await hear(communicator)


async def hear(communicator: WebSocket) -> Any:
    return json.loads(await communicator.text())


async def send(function: Any, *args: Any, **kwargs: Any) -> None:
    await asyncio.to_thread(function, *args, **kwargs)


async def test_a_listener_gets_a_snapshot_and_then_every_change_in_order() -> None:
    async with opened(socket()) as page:
        first = await say(page, type="subscribe", topic="tbot.mine")
        assert first == {
            "type": "snapshot", "topic": "tbot.mine", "seq": 0, "data": {"snapshot_of": "tbot.mine", "for": str(ANN)}
        }  # fmt: skip
        for number in range(5):
            await send(publish, "tbot.mine", {"n": str(number)}, schema=SCHEMA)
        frames = [await hear(page) for _ in range(5)]
    assert [frame["data"]["n"] for frame in frames] == list("01234")
    assert [frame["seq"] - frames[0]["seq"] for frame in frames] == [0, 1, 2, 3, 4]


async def test_a_returning_listener_gets_what_it_missed_and_nothing_twice() -> None:
    async with opened(socket()) as page:
        await say(page, type="subscribe", topic="tbot.mine")
        await send(publish, "tbot.mine", {"n": "0"}, schema=SCHEMA)
        seen = (await hear(page))["seq"]
    for number in (1, 2):
        await send(publish, "tbot.mine", {"n": str(number)}, schema=SCHEMA)
    async with opened(socket()) as page:
        await page.send(json.dumps({"type": "subscribe", "topic": "tbot.mine", "since": seen}))
        assert [(await hear(page))["data"]["n"] for _ in range(2)] == ["1", "2"]
        assert (await say(page, type="ping"))["type"] == "pong"


async def test_after_redis_was_emptied_numbers_go_on_and_a_listener_starts_from_a_snapshot() -> None:
    await send(publish, "tbot.mine", {"n": "0"}, schema=SCHEMA)
    before = int(client().get(f"{settings.HUB_PREFIX}:t_one:tbot.mine:seq"))  # type: ignore[arg-type]
    client().flushdb()
    with travel(timedelta(seconds=1)):
        await send(publish, "tbot.mine", {"n": "1"}, schema=SCHEMA)
    assert int(client().get(f"{settings.HUB_PREFIX}:t_one:tbot.mine:seq")) > before  # type: ignore[arg-type]
    async with opened(socket()) as page:
        assert (await say(page, type="subscribe", topic="tbot.mine", since=before))["type"] == "snapshot"


async def test_another_tenant_and_another_person_hear_nothing() -> None:
    async with opened(socket()) as ann, opened(socket(schema=OTHER)) as stranger, opened(socket(user=BOB)) as bob:
        for page in (ann, stranger, bob):
            await say(page, type="subscribe", topic="torders")
        await say(ann, type="subscribe", topic="tbot.mine")
        await say(stranger, type="subscribe", topic="tbot.mine")
        await send(publish_to_user, "torders", ANN, {"order": "1"}, schema=SCHEMA)
        await send(publish, "tbot.mine", {"secret": "1"}, schema=SCHEMA)
        assert {(await hear(ann))["topic"] for _ in range(2)} == {"torders", "tbot.mine"}
        for page in (stranger, bob):
            assert (await say(page, type="ping"))["type"] == "pong"


@pytest.mark.parametrize("topic", ["tbot.theirs", "nothing.here", "", "u.1.torders", "live:t_two:torders", "x" * 200])
async def test_a_topic_that_is_not_yours_does_not_exist(topic: str) -> None:
    async with opened(socket()) as page:
        answer = await say(page, type="subscribe", topic=topic)
    assert answer["type"] == "error"
    assert answer["code"] in ("live.unknown_topic", "live.bad_frame")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "1", '{"type":1}', '{"type":"nonsense"}', '{"type":"subscribe","topic":[]}', "[" * 3000],
)
async def test_nonsense_gets_an_error_and_the_socket_lives_on(text: str) -> None:
    async with opened(socket()) as page:
        await page.send(text)
        assert (await hear(page))["type"] == "error"
        assert (await say(page, type="ping"))["type"] == "pong"


async def test_revocation_closes_the_sockets_of_that_session_only() -> None:
    async with opened(socket()) as gone, opened(socket(session="s2")) as stays:
        for page in (gone, stays):
            await say(page, type="ping")
        await send(revoke, SCHEMA, ANN, "s1")
        assert await hear(gone) == {"type": "revoked"}
        assert (await gone.event())["code"] == live_socket.REVOKED
        assert (await say(stays, type="ping"))["type"] == "pong"


async def test_a_refused_visitor_never_gets_in() -> None:
    async def nobody(_scope: dict[str, Any]) -> None:
        return None

    assert not await WebSocket(LiveSocket(nobody)).connect()


async def test_a_flood_is_closed() -> None:
    async with opened(socket()) as page:
        for _ in range(live_socket.MESSAGES_PER_WINDOW + 1):
            await page.send('{"type":"ping"}')
        codes: list[int] = []
        while not codes:
            event = await page.event()
            if event["type"] == "websocket.close":
                codes.append(event["code"])
        assert codes == [live_socket.TOO_MANY]


async def test_the_hundred_and_first_topic_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_socket, "MESSAGES_PER_WINDOW", 1000)
    async with opened(socket()) as page:
        for number in range(live_socket.MAX_TOPICS):
            await say(page, type="subscribe", topic=f"tprice.{number}")
        answer = await say(page, type="subscribe", topic="tprice.one-more")
        assert answer["code"] == "live.too_many_topics"


async def test_prices_keep_the_newest_for_a_slow_reader_and_orders_keep_all() -> None:
    reader = Reader(lambda _data: None)
    for number in range(5):
        reader.push(f"price {number}", conflate="prices")
        reader.push(f"order {number}")
    assert reader.take() == ["price 4", *[f"order {number}" for number in range(5)]]
    for number in range(BUFFER + 1):
        reader.push(str(number))
    assert reader.overflowed


async def test_one_upstream_subscription_serves_all_readers_of_a_process() -> None:
    channel = f"{settings.HUB_PREFIX}:public:tprice.X"
    async with opened(socket()) as one, opened(socket(user=BOB)) as two:
        for page in (one, two):
            await say(page, type="subscribe", topic="tprice.X")
        assert client().pubsub_numsub(channel) == [(channel.encode(), 1)]
        await send(publish, "tprice.X", {"last": "1"})
        assert (await hear(one)) == (await hear(two))
        assert len(hub()._readers[channel]) == 2
