"""Events of watchlists and alerts."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from kernel.events import DomainEvent, event


@event
@dataclass(frozen=True, kw_only=True)
class AlertFired(DomainEvent):
    """The condition of a customer's alert came true, for the `number`th time. Price in quote, None when unknown."""

    name: ClassVar[str] = "instruments.alert_fired"
    alert_id: UUID
    owner_id: UUID
    symbol: str
    number: int
    price: Decimal | None
