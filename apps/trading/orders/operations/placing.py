"""Committing intents. An order exists in our books, with its client id, before anything leaves the house."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core import outbox, timers, work
from apps.core.actors import Actor, ActorKind
from apps.core.clock import now
from apps.core.context import current_schema
from apps.core.ids import uuid7
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.trading.exchanges.errors import ConnectionMissing
from apps.trading.exchanges.queries import get_connection
from apps.trading.instruments.queries import get_spec
from apps.trading.orders.choices import ENDS, HELD_WORK, MANUAL_PATIENCE, TRADES, HeldBy, Kind, OrderState, Origin
from apps.trading.orders.client_ids import client_id_of_bot, client_id_of_order, client_id_of_origin
from apps.trading.orders.commissions.operations.fixing import fix_terms
from apps.trading.orders.errors import ConfirmationNeeded
from apps.trading.orders.live import announce
from apps.trading.orders.models import Order, OrderGroup
from apps.trading.orders.operations.checking import NewOrder, Wish, check_order, refusal_of
from apps.trading.orders.operations.guarding import claim
from apps.trading.orders.operations.margining import check_contract
from apps.trading.orders.operations.recording import RECORD, keep_watch
from apps.trading.orders.operations.reducing import cap_to_position
from apps.trading.orders.operations.reserving import reserve
from apps.trading.orders.operations.safety import (
    check_amounts,
    confirmation_limit,
    leave_out_own,
    reach_of,
    worth_of,
)
from apps.trading.positions.choices import Purpose
from apps.trading.positions.operations import open_book
from apps.trading.positions.queries import Mark, get_contract_mark, get_mark
from kernel.events.trading import OrderPlaced
from kernel.instruments import InstrumentSpec, is_perpetual

TRADE = declare(TRADES, "Place and cancel one's own orders")
SYSTEM = Actor.system("orders")
PERSONS = (ActorKind.CUSTOMER, ActorKind.API_KEY)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedFor:
    """An order that a part of the product decided on for a customer: `origin_id` and `sequence` make its client id."""

    owner_id: UUID
    connection_id: UUID
    book_id: UUID
    origin_kind: Origin
    origin_id: UUID
    sequence: int
    order: NewOrder
    wanted_price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a new order stands. `facts` are further columns; `waits`: an exit that its group sets off."""

    owner_id: UUID
    connection: Any
    book_id: UUID
    market_price: Decimal | None
    is_fresh: bool = False
    waits: bool = False
    facts: dict[str, Any] = field(default_factory=dict)


@operation("orders.place_order", permission=TRADE, audited=("owner_id", "connection_id", "order"))
def place_order(
    *, actor: Actor, owner_id: UUID, connection_id: UUID, order: NewOrder, confirmed: bool = False
) -> Order:
    """Commit an order by hand and reserve what it may cost; a trading worker sends it after the commit.

    An order whose trigger the platform watches is `held` instead, and sent when a checked price meets its trigger.

    Raises ConnectionMissing, VenueNotActive, UnknownSymbol, the refusals of kind and grid (`checking.check_order`), of
    a reduce-only order (NothingToReduce) and of the reservation (InsufficientBalance, BalancesUnknown, PriceUnknown).
    A live order above the customer's limit raises ConfirmationNeeded unless a face asked for the second factor.
    """
    place = manual_place(actor, owner_id, connection_id, order.symbol)
    require_confirmation(actor, place, order, confirmed=confirmed)
    order_id = uuid7()
    return send_after_commit(commit_order(actor, order, place, id=order_id, client_id=client_id_of_order(order_id)))


@operation("orders.place_for", permission=RECORD, trail=False)
def place_for(*, actor: Actor, wanted: PlacedFor) -> Order:
    """Commit an order that an algorithm, a copying, a rebalancing or the risk guard decided on, and have it sent.

    The same origin and sequence are the same order, however often this is called. Raises as `place_order`.
    """
    client_id = client_id_of_origin(wanted.origin_kind, wanted.origin_id, wanted.sequence)
    known = Order.objects.filter(client_id=client_id).first()
    if known is not None:
        return known
    mark = mark_at(wanted.connection_id, wanted.order.symbol)
    place = Place(
        owner_id=wanted.owner_id,
        connection=get_connection(wanted.connection_id, owner_id=wanted.owner_id),
        book_id=wanted.book_id,
        market_price=None if mark is None else mark.price,
        is_fresh=mark is not None and not mark.is_stale,
    )
    row = commit_order(
        actor,
        wanted.order,
        place,
        client_id=client_id,
        origin_kind=wanted.origin_kind,
        origin_id=wanted.origin_id,
        sequence=wanted.sequence,
        **({} if wanted.wanted_price is None else {"wanted_price": wanted.wanted_price}),
    )
    return send_after_commit(row)


@operation("orders.place_bot_order", permission=RECORD, trail=False)
def place_bot_order(*, actor: Actor, wanted: BotOrder) -> Order:
    """Commit the intent of a bot and reserve what it may cost, in the transaction that consumes the bar.

    The bot's step sends it after the commit. One order in a transaction: it is the transaction's one posting.

    The client id follows from bot and sequence: the same decision cannot become two orders. Raises as `place_order`.
    """
    place = Place(
        owner_id=wanted.owner_id,
        connection=get_connection(wanted.connection_id, owner_id=wanted.owner_id),
        book_id=wanted.book_id,
        market_price=wanted.wanted_price,
    )
    return commit_order(
        actor,
        wanted.order,
        place,
        client_id=client_id_of_bot(wanted.bot_id, wanted.sequence),
        origin_kind=Origin.BOT,
        origin_id=wanted.bot_id,
        epoch=wanted.epoch,
        sequence=wanted.sequence,
        wanted_price=wanted.wanted_price,
        decided_at=wanted.decided_at,
    )


def manual_place(actor: Actor, owner_id: UUID, connection_id: UUID, symbol: str) -> Place:
    """Return where an order by hand stands: a connection's manual book, or its contracts. Raises ConnectionMissing."""
    if actor.kind in PERSONS and actor.id != owner_id:
        raise ConnectionMissing
    connection = get_connection(connection_id, owner_id=owner_id)
    mark = mark_at(connection_id, symbol)
    purpose = Purpose.CONTRACT if is_perpetual(symbol) else Purpose.MANUAL
    book = open_book(actor=SYSTEM, owner_id=owner_id, connection_id=connection_id, purpose=purpose)
    return Place(
        owner_id=owner_id,
        connection=connection,
        book_id=book.pk,
        market_price=None if mark is None else mark.price,
        is_fresh=mark is not None and not mark.is_stale,
    )


def place_of(group: OrderGroup) -> Place:
    """Return where the orders of a group stand now."""
    return place_at(get_connection(group.connection_id), group.owner_id, group.book_id, group.symbol)


def place_at(connection: Any, owner_id: UUID, book_id: UUID, symbol: str) -> Place:
    """Return a place with the newest price of a symbol."""
    mark = mark_at(connection.pk, symbol)
    return Place(
        owner_id=owner_id,
        connection=connection,
        book_id=book_id,
        market_price=None if mark is None else mark.price,
        is_fresh=mark is not None and not mark.is_stale,
    )


def mark_at(connection_id: UUID, symbol: str) -> Mark | None:
    """Return the newest price of a symbol; of a contract without one, the mark that the exchange showed last."""
    found = get_mark(symbol)
    return get_contract_mark(connection_id, symbol) if found is None and is_perpetual(symbol) else found


def require_confirmation(actor: Actor, place: Place, order: NewOrder, *, confirmed: bool) -> None:
    """Raise ConfirmationNeeded for a person's live order above the limit that was not confirmed."""
    if confirmed or actor.kind not in PERSONS:
        return
    worth = worth_of(order, place.market_price)
    limit = confirmation_limit(place.owner_id, place.connection.mode, worth)
    if limit is not None:
        raise ConfirmationNeeded(worth=f"{worth:,.2f}", quote=get_spec(order.symbol).quote, limit=f"{limit:,.2f}")


def commit_order(actor: Actor, order: NewOrder, place: Place, **facts: Any) -> Order:
    """Store a checked order as intent, or as held, with its commission; claim its risk, reserve what it may cost.

    The inner door of every way to place an order; the caller's transaction posts nothing else. It is not sent: a bot
    sends its own, everybody else calls `send_after_commit`.
    """
    if is_perpetual(order.symbol):
        origin = facts.get("origin_kind", Origin.MANUAL)
        check_contract(order, place.book_id, place.connection, origin)
    wish = check_order(
        order,
        connection_state=place.connection.state,
        ccxt_id=place.connection.venue.ccxt_id,
        market_price=place.market_price,
        is_fresh=place.is_fresh,
    )
    quantity = order.quantity
    if order.reduce_only and not place.waits:
        quantity = cap_to_position(
            book_id=place.book_id, side=order.side, quantity=quantity, spec=wish.spec,
            position_side=order.position_side,
        )  # fmt: skip
    if not place.waits:
        is_guard = facts.get("origin_kind") == Origin.GUARD and order.reduce_only
        quantity = _allowed(order, quantity, place, wish, may_meet_own=is_guard)
    row = _store(wish, quantity, place, facts)
    fix_terms(row)
    outbox.publish(_placed(row), actor=actor)
    if not place.waits:
        secure(actor, row, place, wish.spec)
    return row


def _allowed(order: NewOrder, quantity: Decimal, place: Place, wish: Wish, *, may_meet_own: bool) -> Decimal:
    """Return the quantity that amount limits and the customer's own resting orders let through, or raise.

    What protects (a reduction before liquidation) is not kept back by an order of one's own that it may meet.
    """
    sized = replace(order, quantity=quantity, price=wish.price)
    worth = worth_of(sized, place.market_price)
    check_amounts(place.owner_id, place.connection.mode, sized, wish.spec, worth)
    if may_meet_own:
        return quantity
    left = leave_out_own(place.owner_id, place.connection.pk, sized, reach_of(sized, place.market_price))
    if left == quantity:
        return quantity
    left = wish.spec.floor_quantity(left)
    broken = wish.spec.check_order(left, wish.price, market_price=place.market_price)
    if broken is not None:
        raise refusal_of(broken, wish.spec)
    return left


def secure(actor: Actor, row: Order, place: Place, spec: InstrumentSpec | None = None) -> None:
    """Claim a stored order's risk, then reserve what it may cost: the one posting of the transaction.

    `spec` is that of its market, where it was read already.
    """
    claim(row, place.connection, place.market_price)
    spec = spec or get_spec(row.symbol)
    reserve(actor=actor, order=row, connection=place.connection, spec=spec, market_price=place.market_price)


def _store(wish: Wish, quantity: Decimal, place: Place, facts: dict[str, Any]) -> Order:
    order, moment = wish.order, now()
    is_held = wish.held_by is HeldBy.PLATFORM or place.waits
    is_bots = facts.get("origin_kind") == Origin.BOT
    row = Order(
        owner_id=place.owner_id,
        book_id=place.book_id,
        connection=place.connection,
        symbol=order.symbol,
        side=order.side.value,
        kind=order.kind,
        quantity=quantity,
        price=wish.price,
        time_in_force=wish.time_in_force,
        stop_price=order.stop_price,
        trail_percent=order.trail_percent,
        max_slippage_bps=order.max_slippage_bps,
        post_only=order.post_only,
        reduce_only=order.reduce_only,
        position_side=order.position_side,
        held_by=HeldBy.PLATFORM if is_held else HeldBy.VENUE,
        extreme_price=place.market_price if is_held and place.is_fresh and order.kind == Kind.TRAILING_STOP else None,
        good_until=wish.good_until,
        state=OrderState.HELD if is_held else OrderState.INTENT,
        expires_at=None if is_held or is_bots else moment + MANUAL_PATIENCE,
        **{
            "check_at": None if is_held or is_bots else moment,
            "decided_at": moment,
            "wanted_price": _wanted(order, place.market_price),
            "origin_kind": Origin.MANUAL,
            **place.facts,
            **facts,
        },
    )
    row.save(force_insert=True)
    if is_held:
        work.keep(HELD_WORK)
    if wish.good_until is not None:
        timers.schedule(name=ENDS, key=str(row.pk), due_at=wish.good_until, payload={"order_id": str(row.pk)})
    keep_watch(row)
    announce(row)
    return row


def _wanted(order: NewOrder, market_price: Decimal | None) -> Decimal | None:
    for price in (order.price, order.stop_price):
        if price is not None:
            return price
    return market_price


def _placed(row: Order) -> OrderPlaced:
    return OrderPlaced(order_id=row.pk, owner_id=row.owner_id, origin_kind=row.origin_kind, origin_id=row.origin_id)


def send_after_commit(row: Order) -> Order:
    """Have a trading worker send an intent after the commit; a held order waits for its trigger."""
    from apps.trading.orders.tasks import send  # the task calls the operations

    if row.state == OrderState.INTENT:
        schema, order_id = current_schema(), str(row.pk)
        transaction.on_commit(lambda: send.delay(schema, order_id), robust=True)
    return row
