"""Events of risk: switches, states, limits."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from kernel.events import DomainEvent, event


@event
@dataclass(frozen=True, kw_only=True)
class SwitchEngaged(DomainEvent):
    """A kill switch is engaged: open orders in its scope are to be cancelled and, with `flatten`, positions closed."""

    name: ClassVar[str] = "risk.switch_engaged"
    is_urgent: ClassVar[bool] = True
    switch_id: UUID
    scope: str
    subject_id: UUID | None
    flatten: bool


@event
@dataclass(frozen=True, kw_only=True)
class SwitchLifted(DomainEvent):
    """A kill switch is lifted; nothing starts again by itself."""

    name: ClassVar[str] = "risk.switch_lifted"
    switch_id: UUID
    scope: str
    subject_id: UUID | None


@event
@dataclass(frozen=True, kw_only=True)
class PlatformSwitchMoved(DomainEvent):
    """The platform's switch was engaged or lifted; each tenant follows."""

    name: ClassVar[str] = "risk.platform_switch_moved"
    is_urgent: ClassVar[bool] = True
    is_engaged: bool
    flatten: bool


@event
@dataclass(frozen=True, kw_only=True)
class RiskStateChanged(DomainEvent):
    """What a customer or bot may trade has changed; `rule` names the limit that did it, "" a person."""

    name: ClassVar[str] = "risk.state_changed"
    scope: str
    subject_id: UUID
    owner_id: UUID
    is_live: bool
    state: str
    rule: str


@event
@dataclass(frozen=True, kw_only=True)
class LimitNearlyUsed(DomainEvent):
    """A customer has used up most of a limit, or passed it by the market's move. Once a day for each limit."""

    name: ClassVar[str] = "risk.limit_nearly_used"
    owner_id: UUID
    is_live: bool
    scope: str
    rule: str
    target: str
    limit: Decimal
    value: Decimal
    day: str
