"""Events of exchange connections."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from kernel.events import DomainEvent, event


@event
@dataclass(frozen=True, kw_only=True)
class ConnectionActivated(DomainEvent):
    """A connection has its key and can be traded on."""

    name: ClassVar[str] = "exchanges.connection_activated"
    connection_id: UUID
    owner_id: UUID
    venue: str


@event
@dataclass(frozen=True, kw_only=True)
class ConnectionRevoked(DomainEvent):
    """A connection was closed and its key destroyed: bots on it stop."""

    name: ClassVar[str] = "exchanges.connection_revoked"
    connection_id: UUID
    owner_id: UUID
    venue: str


@event
@dataclass(frozen=True, kw_only=True)
class KeyReplaced(DomainEvent):
    """A connection trades with a newer key: streams open anew with it."""

    name: ClassVar[str] = "exchanges.key_replaced"
    connection_id: UUID
    owner_id: UUID
    venue: str
