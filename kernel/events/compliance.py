"""Events of compliance."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from kernel.events import DomainEvent, event


@event
@dataclass(frozen=True, kw_only=True)
class TierChanged(DomainEvent):
    """A customer has another tier, and with it other limits."""

    name: ClassVar[str] = "limits.tier_changed"
    user_id: UUID
    tier: int
    previous: int
