"""Committing intents. An order exists in our books, with its client id, before anything leaves the house."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core import outbox
from apps.core.actors import Actor, ActorKind
from apps.core.clock import now
from apps.core.context import current_schema
from apps.core.ids import uuid7
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.trading.exchanges.choices import ConnectionState
from apps.trading.exchanges.errors import ConnectionMissing
from apps.trading.exchanges.queries import get_connection
from apps.trading.instruments.queries import get_spec
from apps.trading.orders.choices import MANUAL_PATIENCE, Kind, Origin, TimeInForce
from apps.trading.orders.client_ids import client_id_of_bot, client_id_of_order
from apps.trading.orders.errors import (
    PriceNeeded,
    PriceNotWanted,
    PriceOffGrid,
    QuantityOffGrid,
    ValueTooSmall,
    VenueNotActive,
)
from apps.trading.orders.live import announce
from apps.trading.orders.models import Order
from apps.trading.orders.operations.recording import RECORD, keep_watch
from apps.trading.orders.operations.reserving import reserve
from apps.trading.positions.choices import Purpose
from apps.trading.positions.operations import open_book
from apps.trading.positions.queries import get_mark
from kernel.events.trading import OrderPlaced
from kernel.instruments import Filter, InstrumentSpec, Side

TRADE = declare("orders.trade", "Place and cancel one's own orders")
SYSTEM = Actor.system("orders")
PERSONS = (ActorKind.CUSTOMER, ActorKind.API_KEY)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """What is wanted: quantity in base; price and time in force only for limit orders (GTC when not given)."""

    symbol: str
    side: Side
    kind: Kind
    quantity: Decimal
    price: Decimal | None = None
    time_in_force: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BotOrder:
    """An order a bot decided on: its place in the bot's sequence, and the price it saw."""

    bot_id: UUID
    owner_id: UUID
    book_id: UUID
    connection_id: UUID
    epoch: int
    sequence: int
    wanted_price: Decimal
    decided_at: datetime
    order: NewOrder


@operation("orders.place_order", permission=TRADE, audited=("owner_id", "connection_id", "order"))
def place_order(*, actor: Actor, owner_id: UUID, connection_id: UUID, order: NewOrder) -> Order:
    """Commit an order by hand and reserve what it may cost; a trading worker sends it after the commit.

    Raises ConnectionMissing, VenueNotActive, UnknownSymbol, the refusals of the grid (QuantityOffGrid, PriceOffGrid,
    ValueTooSmall, PriceNeeded, PriceNotWanted) and of the reservation (InsufficientBalance, BalancesUnknown,
    PriceUnknown).
    """
    if actor.kind in PERSONS and actor.id != owner_id:
        raise ConnectionMissing
    connection = get_connection(connection_id, owner_id=owner_id)
    mark = get_mark(order.symbol)
    market_price = None if mark is None else mark.price
    spec = _check(order, connection.state, market_price)
    book = open_book(actor=SYSTEM, owner_id=owner_id, connection_id=connection_id, purpose=Purpose.MANUAL)
    order_id, moment = uuid7(), now()
    row = _store(
        order,
        id=order_id,
        owner_id=owner_id,
        book_id=book.pk,
        connection_id=connection_id,
        client_id=client_id_of_order(order_id),
        origin_kind=Origin.MANUAL,
        wanted_price=order.price if order.price is not None else market_price,
        decided_at=moment,
        expires_at=moment + MANUAL_PATIENCE,
        check_at=moment,
    )
    keep_watch(row)
    outbox.publish(_placed(row), actor=actor)
    reserve(actor=actor, order=row, connection=connection, spec=spec, market_price=market_price)
    _send_after_commit(row)
    return row


@operation("orders.place_bot_order", permission=RECORD, trail=False)
def place_bot_order(*, actor: Actor, wanted: BotOrder) -> Order:
    """Commit the intent of a bot and reserve what it may cost, in the transaction that consumes the bar.

    The bot's step sends it after the commit. One order in a transaction: it is the transaction's one posting.

    The client id follows from bot and sequence: the same decision cannot become two orders. Raises as `place_order`.
    """
    order = wanted.order
    connection = get_connection(wanted.connection_id, owner_id=wanted.owner_id)
    spec = _check(order, connection.state, wanted.wanted_price)
    row = _store(
        order,
        owner_id=wanted.owner_id,
        book_id=wanted.book_id,
        connection_id=wanted.connection_id,
        client_id=client_id_of_bot(wanted.bot_id, wanted.sequence),
        origin_kind=Origin.BOT,
        origin_id=wanted.bot_id,
        epoch=wanted.epoch,
        sequence=wanted.sequence,
        wanted_price=wanted.wanted_price,
        decided_at=wanted.decided_at,
    )
    outbox.publish(_placed(row), actor=actor)
    reserve(actor=actor, order=row, connection=connection, spec=spec, market_price=wanted.wanted_price)
    return row


def _check(order: NewOrder, connection_state: str, market_price: Decimal | None) -> InstrumentSpec:
    if connection_state != ConnectionState.ACTIVE:
        raise VenueNotActive(state=ConnectionState(connection_state).label.lower())
    spec = get_spec(order.symbol)
    if order.kind == Kind.LIMIT and order.price is None:
        raise PriceNeeded(field="price")
    if order.kind == Kind.MARKET and (order.price is not None or order.time_in_force):
        raise PriceNotWanted(field="price")
    broken = spec.check_order(order.quantity, order.price, market_price=market_price)
    if broken is not None:
        raise _refusal(broken, spec)
    return spec


def _refusal(broken: Filter, spec: InstrumentSpec) -> Exception:
    if broken is Filter.PRICE_FILTER:
        return PriceOffGrid(field="price", tick=f"{spec.tick:f}", quote=spec.quote)
    if broken is Filter.NOTIONAL:
        return ValueTooSmall(field="quantity", least=f"{spec.min_notional:f}", quote=spec.quote)
    least, most = f"{spec.min_quantity:f}", f"{spec.max_quantity:f}"
    return QuantityOffGrid(field="quantity", lot=f"{spec.lot:f}", base=spec.base, least=least, most=most)


def _store(order: NewOrder, **more: Any) -> Order:
    time_in_force = order.time_in_force or (TimeInForce.GTC.value if order.kind == Kind.LIMIT else "")
    row = Order(
        symbol=order.symbol,
        side=order.side.value,
        kind=order.kind,
        quantity=order.quantity,
        price=order.price,
        time_in_force=time_in_force,
        **more,
    )
    row.save(force_insert=True)
    announce(row)
    return row


def _placed(row: Order) -> OrderPlaced:
    return OrderPlaced(order_id=row.pk, owner_id=row.owner_id, origin_kind=row.origin_kind, origin_id=row.origin_id)


def _send_after_commit(row: Order) -> None:
    from apps.trading.orders.tasks import send  # the task calls the operations

    schema, order_id = current_schema(), str(row.pk)
    transaction.on_commit(lambda: send.delay(schema, order_id), robust=True)
