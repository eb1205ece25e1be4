"""Which topics exist, who may hear them, and what a new listener is told first."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.conf import settings

from apps.core.errors import NotFound


class Scope(StrEnum):
    """Whose topic it is; the scope is part of the channel's name, so a guess leads nowhere."""

    PUBLIC = "public"
    """Market facts, the same for everyone."""
    TENANT = "tenant"
    """Inside one tenant; `authorise` decides who."""
    USER = "user"
    """One person's own: the channel carries the person's id."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who holds a socket: the tenant's schema, the person, and a hash of the session it came from."""

    schema: str
    user_id: UUID
    session_hash: str
    subprotocol: str | None = None
    recheck: Callable[[], bool] | None = None
    """A database question, asked every 30 s inside the schema: is this session still good?"""


Snapshot = Callable[[Identity, str], dict[str, Any]]
Authorise = Callable[[Identity, str], bool]


@dataclass(frozen=True)
class Topic:
    """A family of topics: everything that begins with `prefix`. `snapshot` and `authorise` may read the database."""

    prefix: str
    scope: Scope
    snapshot: Snapshot
    authorise: Authorise
    conflates: bool = False
    """A slow reader gets only the newest frame. True for prices, never for orders and money."""

    def channel(self, identity: Identity, topic: str) -> str:
        """Return the Redis channel of a topic for this listener."""
        return channel_name(topic, schema=identity.schema, user_id=identity.user_id, scope=self.scope)


class UnknownTopic(NotFound):
    """No such topic, or not for this person: the answer is the same."""

    code = "live.unknown_topic"
    message = "There is no topic “{topic}” for you."


_topics: dict[str, Topic] = {}


def register_topic(topic: Topic) -> None:
    """Make a family of topics known (called when the product starts)."""
    _topics[topic.prefix] = topic


def find_topic(name: str) -> Topic:
    """Return the family of a topic by its longest matching prefix, or raise UnknownTopic."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        found = _topics.get(".".join(parts[:length]))
        if found is not None:
            return found
    raise UnknownTopic(topic=name)


def channel_name(topic: str, *, schema: str | None, user_id: UUID | None, scope: Scope) -> str:
    """Return the Redis channel of a topic; public topics have no tenant in it, personal ones carry the person."""
    if scope is Scope.PUBLIC:
        return f"{settings.HUB_PREFIX}:public:{topic}"
    if scope is Scope.TENANT:
        return f"{settings.HUB_PREFIX}:{schema}:{topic}"
    return f"{settings.HUB_PREFIX}:{schema}:u.{user_id}.{topic}"


def revocation_channel(schema: str, user_id: UUID) -> str:
    """Return the channel on which sockets of a person learn that they must close."""
    return f"{settings.HUB_PREFIX}:{schema}:u.{user_id}.revoked"
