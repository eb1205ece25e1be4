"""Events of large orders that an algorithm works off, and of orders routed over several accounts."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from kernel.events import DomainEvent, event


@event
@dataclass(frozen=True, kw_only=True)
class AlgoStarted(DomainEvent):
    """A customer wants a large order worked off; no child was sent yet."""

    name: ClassVar[str] = "orders.algo_started"
    algo_id: UUID
    owner_id: UUID
    algo: str
    symbol: str
    side: str
    quantity: Decimal


@event
@dataclass(frozen=True, kw_only=True)
class AlgoPaused(DomainEvent):
    """An algorithm sends nothing until it is resumed; `why` is "person", "refused" or "slippage"."""

    name: ClassVar[str] = "orders.algo_paused"
    algo_id: UUID
    owner_id: UUID
    why: str


@event
@dataclass(frozen=True, kw_only=True)
class AlgoEnded(DomainEvent):
    """An algorithm is over: `filled` of `quantity` in base, `why` in the words of kernel.execution.Why."""

    name: ClassVar[str] = "orders.algo_ended"
    algo_id: UUID
    owner_id: UUID
    symbol: str
    quantity: Decimal
    filled: Decimal
    why: str


@event
@dataclass(frozen=True, kw_only=True)
class RouteStarted(DomainEvent):
    """A customer wants a quantity routed over several accounts; no child was sent yet."""

    name: ClassVar[str] = "orders.route_started"
    route_id: UUID
    owner_id: UUID
    symbol: str
    side: str
    quantity: Decimal


@event
@dataclass(frozen=True, kw_only=True)
class RouteEnded(DomainEvent):
    """A routed order is over: `filled` of `quantity` in base, `status` and `why` as the order keeps them."""

    name: ClassVar[str] = "orders.route_ended"
    route_id: UUID
    owner_id: UUID
    symbol: str
    quantity: Decimal
    filled: Decimal
    status: str
    why: str
