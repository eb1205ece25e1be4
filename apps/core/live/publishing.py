"""Putting a change on a topic. The truth is in PostgreSQL: a lost frame costs a moment, never a fact."""

import json
import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from uuid import UUID

import redis
import redis.asyncio
from django.conf import settings
from django.db import transaction

from apps.core.clock import now_ms
from apps.core.context import current_schema
from apps.core.live.topics import Scope, channel_name, find_topic, revocation_channel

logger = logging.getLogger("outcry.live")
KEPT_FRAMES = 200
KEPT_SECONDS = 3600

# One round trip: number the frame, keep it for late readers, publish it. A missing counter starts at the clock, so that
# numbers never go back after Redis was emptied.
SCRIPT = """
local seq = redis.call('INCR', KEYS[2])
if seq == 1 then seq = tonumber(ARGV[1]); redis.call('SET', KEYS[2], ARGV[1]) end
local head = '{"type":"delta","topic":' .. ARGV[2] .. ',"seq":' .. string.format('%d', seq)
local frame = head .. ',"data":' .. ARGV[3] .. '}'
redis.call('RPUSH', KEYS[3], frame)
redis.call('LTRIM', KEYS[3], -tonumber(ARGV[4]), -1)
redis.call('EXPIRE', KEYS[2], ARGV[5])
redis.call('EXPIRE', KEYS[3], ARGV[5])
redis.call('PUBLISH', KEYS[1], frame)
return seq
"""


def sequence_key(channel: str) -> str:
    """Return the key that numbers the frames of a channel."""
    return f"{channel}:seq"


def backlog_key(channel: str) -> str:
    """Return the key that keeps the newest frames of a channel."""
    return f"{channel}:log"


def publish(topic: str, data: dict[str, Any], *, schema: str | None = None) -> None:
    """Publish on a public or tenant topic; `schema` defaults to the present one. Numbers in `data` are strings."""
    scope = find_topic(topic).scope
    _send(channel_name(topic, schema=schema or _schema_for(scope), user_id=None, scope=scope), topic, data)


def publish_to_user(topic: str, user_id: UUID, data: dict[str, Any], *, schema: str | None = None) -> None:
    """Publish on a personal topic of a user."""
    _send(channel_name(topic, schema=schema or current_schema(), user_id=user_id, scope=Scope.USER), topic, data)


def publish_to_user_after_commit(topic: str, user_id: UUID, frame: Callable[[], dict[str, Any] | None]) -> None:
    """Publish on a personal topic what `frame` returns at the commit of the present transaction; None: nothing."""
    schema = current_schema()

    def send() -> None:
        data = frame()
        if data is not None:
            publish_to_user(topic, user_id, data, schema=schema)

    transaction.on_commit(send, robust=True)


async def publish_async(topic: str, data: dict[str, Any], *, client: redis.asyncio.Redis) -> None:
    """Publish on a public topic from a coroutine that holds its own client (feeds)."""
    channel = channel_name(topic, schema=None, user_id=None, scope=Scope.PUBLIC)
    keys, arguments = _call(channel, topic, data)
    evaluate: Any = client.eval
    await evaluate(SCRIPT, len(keys), *keys, *arguments)


def revoke(schema: str, user_id: UUID, session_hash: str | None = None) -> None:
    """Close the sockets of a user: all, or those of one session."""
    message = json.dumps({"session": session_hash})
    try:
        client().publish(revocation_channel(schema, user_id), message)
    except redis.RedisError:
        logger.warning("revocation not published; the periodic re-check closes the sockets", exc_info=True)


@lru_cache(maxsize=1)
def client() -> redis.Redis:
    """Return this process's client of the hub's database."""
    return redis.Redis.from_url(settings.REDIS_URL, db=settings.HUB_DB, socket_timeout=2, socket_connect_timeout=1)


def _schema_for(scope: Scope) -> str | None:
    return None if scope is Scope.PUBLIC else current_schema()


def _send(channel: str, topic: str, data: dict[str, Any]) -> None:
    keys, arguments = _call(channel, topic, data)
    try:
        client().eval(SCRIPT, len(keys), *keys, *arguments)
    except redis.RedisError:
        logger.warning("frame not published", extra={"topic": topic}, exc_info=True)


def _call(channel: str, topic: str, data: dict[str, Any]) -> tuple[list[str], list[str]]:
    keys = [channel, sequence_key(channel), backlog_key(channel)]
    body = json.dumps(data, separators=(",", ":"))
    return keys, [str(now_ms()), json.dumps(topic), body, str(KEPT_FRAMES), str(KEPT_SECONDS)]
