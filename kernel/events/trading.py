"""Events of orders, fills and bots."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from kernel.events import DomainEvent, event


@event
@dataclass(frozen=True, kw_only=True)
class OrderPlaced(DomainEvent):
    """An intent is committed; nothing was sent yet."""

    name: ClassVar[str] = "orders.order_placed"
    order_id: UUID
    owner_id: UUID
    origin_kind: str
    origin_id: UUID | None


@event
@dataclass(frozen=True, kw_only=True)
class OrderFilled(DomainEvent):
    """One execution of an order is booked into its position. Amounts in base and quote; the fee in its own asset."""

    name: ClassVar[str] = "orders.order_filled"
    order_id: UUID
    owner_id: UUID
    origin_kind: str
    origin_id: UUID | None
    fill_id: UUID
    symbol: str
    side: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_asset: str


@event
@dataclass(frozen=True, kw_only=True)
class OrderClosed(DomainEvent):
    """An order is over: filled, cancelled or rejected. `filled` is what it executed, in base."""

    name: ClassVar[str] = "orders.order_closed"
    order_id: UUID
    owner_id: UUID
    origin_kind: str
    origin_id: UUID | None
    state: str
    filled: Decimal
    reject_code: str


@event
@dataclass(frozen=True, kw_only=True)
class ReconcileDiffered(DomainEvent):
    """Our books and a venue say different things; nobody may repair it silently."""

    name: ClassVar[str] = "orders.reconcile_differed"
    incident_id: UUID
    connection_id: UUID
    owner_id: UUID
    kind: str


@event
@dataclass(frozen=True, kw_only=True)
class BotStarted(DomainEvent):
    """A bot's owner wants it to run."""

    name: ClassVar[str] = "bots.bot_started"
    bot_id: UUID
    owner_id: UUID


@event
@dataclass(frozen=True, kw_only=True)
class BotPaused(DomainEvent):
    """A bot opens and closes nothing until it is resumed."""

    name: ClassVar[str] = "bots.bot_paused"
    bot_id: UUID
    owner_id: UUID
    reason: str


@event
@dataclass(frozen=True, kw_only=True)
class BotStopped(DomainEvent):
    """A bot was told to stop; its open orders are cancelled."""

    name: ClassVar[str] = "bots.bot_stopped"
    bot_id: UUID
    owner_id: UUID
    reason: str


@event
@dataclass(frozen=True, kw_only=True)
class BotNeedsAttention(DomainEvent):
    """A bot cannot go on as it should; `reason` says why in words."""

    name: ClassVar[str] = "bots.bot_needs_attention"
    bot_id: UUID
    owner_id: UUID
    reason: str
