"""Events of contract accounts: margin calls, and orders that the product wants of itself."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from kernel.events import DomainEvent, event


@event
@dataclass(frozen=True, kw_only=True)
class MarginCalled(DomainEvent):
    """A contract account's margin ratio (percent) has reached the margin call."""

    name: ClassVar[str] = "positions.margin_called"
    account_id: UUID
    owner_id: UUID
    ratio: Decimal
    balance: Decimal
    maintenance: Decimal
    asset: str


@event
@dataclass(frozen=True, kw_only=True)
class ReductionWanted(DomainEvent):
    """A stage of the reduction before liquidation closes a part of a position; `quantity` in base."""

    name: ClassVar[str] = "positions.reduction_wanted"
    request_id: UUID
    account_id: UUID
    owner_id: UUID
    symbol: str
    position_side: str
    side: str
    quantity: Decimal
    stage: int
    ratio: Decimal


@event
@dataclass(frozen=True, kw_only=True)
class HedgeWanted(DomainEvent):
    """A hedge rule trades to bring what is held back into its band; `quantity` in base."""

    name: ClassVar[str] = "positions.hedge_wanted"
    request_id: UUID
    account_id: UUID
    owner_id: UUID
    symbol: str
    side: str
    quantity: Decimal
    delta: Decimal
