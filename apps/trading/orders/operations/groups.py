"""Brackets and pairs of exits: one cancels the other, for what is there to close and never beyond it.

A group converges: whatever changed one of its orders, `advance_group` looks at all of them under the group's lock and
does what is missing. Where the venue has lists, both exits stand there as one; else, and always for contracts, the
platform holds them and lets at most one of them live at a time: the other one is sent only after it is proven over.
Exits of contracts can only reduce, so that they close no more than the position is.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.context import current_schema
from apps.core.errors import DomainError
from apps.core.ids import uuid7
from apps.core.operation import operation
from apps.trading.exchanges.queries import has_pairs
from apps.trading.instruments.queries import get_spec
from apps.trading.orders.choices import BUSY, NEVER_ACCEPTED, GroupKind, GroupState, HeldBy, Kind, Leg, OrderState
from apps.trading.orders.client_ids import client_id_of_order
from apps.trading.orders.errors import ExitsDoNotFit, TriggerNeeded
from apps.trading.orders.live import announce
from apps.trading.orders.models import Order, OrderGroup
from apps.trading.orders.operations.cancelling import take_back
from apps.trading.orders.operations.checking import NewOrder, check_order, waits_above
from apps.trading.orders.operations.placing import (
    TRADE,
    Place,
    commit_order,
    manual_place,
    place_of,
    require_confirmation,
    secure,
    send_after_commit,
)
from apps.trading.orders.operations.recording import RECORD, lock_group, move_order
from apps.trading.orders.operations.reducing import cap_to_position
from apps.trading.orders.operations.triggering import set_off
from apps.trading.positions.queries import get_position
from kernel.instruments import InstrumentSpec, Side, is_perpetual, market_of

SYSTEM = Actor.system("orders")
MOST_EXITS = 8
"""A fired exit that ended with something left is fired again, so many times."""
PAUSE = timedelta(seconds=2)
"""So long the exchange is left alone after it was too busy for a fired exit; longer each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """One way out: a trigger or a trail, with a limit or at market. A take profit with only `price` is a limit."""

    stop_price: Decimal | None = None
    price: Decimal | None = None
    trail_percent: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGroup:
    """What is wanted: `entry` for a bracket; without it `symbol`, `side` (the exits') and `quantity` of what to close.

    `held_by` "platform" keeps the exits from the venue although it has lists. `position_side` of exits without an entry
    for a contract account in hedge mode.
    """

    take_profit: Exit
    stop: Exit
    entry: NewOrder | None = None
    symbol: str = ""
    side: Side = Side.SELL
    quantity: Decimal = Decimal(0)
    held_by: str = ""
    position_side: str = ""


@operation("orders.place_group", permission=TRADE, audited=("owner_id", "connection_id", "group"))
def place_group(
    *, actor: Actor, owner_id: UUID, connection_id: UUID, group: NewGroup, confirmed: bool = False
) -> OrderGroup:
    """Store a bracket or a pair of exits; what goes to the venue is sent after the commit.

    The exits of a bracket wait for fills of its entry. Raises as `place_order`, and ExitsDoNotFit; two exits of a
    contract without a position to close raise NothingToReduce.
    """
    symbol, side, quantity = _subject(group)
    place = manual_place(actor, owner_id, connection_id, symbol)
    if is_perpetual(symbol) and group.entry is None:
        quantity = cap_to_position(
            book_id=place.book_id, side=side, quantity=quantity, spec=get_spec(symbol),
            position_side=group.position_side,
        )  # fmt: skip
    exits = _exits(group, symbol, side, quantity)
    entry = group.entry
    between = None if entry is None else entry.price or entry.stop_price
    check_prices(exits[Leg.TAKE_PROFIT], exits[Leg.STOP], between or place.market_price)
    check_order(
        entry or exits[Leg.STOP],
        connection_state=place.connection.state,
        ccxt_id=place.connection.venue.ccxt_id,
        market_price=place.market_price,
    )
    if group.entry is not None:
        require_confirmation(actor, place, group.entry, confirmed=confirmed)
    has_lists = has_pairs(place.connection.venue.ccxt_id) and not is_perpetual(symbol)
    is_native = has_lists and group.held_by != HeldBy.PLATFORM
    row = OrderGroup.objects.create(
        owner_id=owner_id,
        book_id=place.book_id,
        connection_id=connection_id,
        symbol=symbol,
        side=side,
        kind=GroupKind.OCO if group.entry is None else GroupKind.BRACKET,
        quantity=quantity,
        covered=quantity if group.entry is None else Decimal(0),
        is_native=is_native,
    )
    for leg, wanted in exits.items():
        store_leg(actor, row, wanted, replace(place, waits=True, is_fresh=False), leg)
    if group.entry is not None:
        send_after_commit(store_leg(actor, row, group.entry, place, Leg.ENTRY))
    elif is_native:
        _to_venue(actor, row, list(row.orders.order_by("id")), place)
    return row


def _subject(group: NewGroup) -> tuple[str, Side, Decimal]:
    entry = group.entry
    if entry is None:
        return group.symbol, group.side, group.quantity
    if entry.kind not in (Kind.MARKET, Kind.LIMIT, Kind.STOP, Kind.STOP_LIMIT) or entry.reduce_only:
        raise TriggerNeeded(field="kind", kind="An entry", what="a market, limit, stop or stop limit order")
    return entry.symbol, Side.SELL if entry.side is Side.BUY else Side.BUY, entry.quantity


def _exits(group: NewGroup, symbol: str, side: Side, quantity: Decimal) -> dict[Leg, NewOrder]:
    base = NewOrder(
        symbol=symbol,
        side=side,
        kind=Kind.MARKET,
        quantity=quantity,
        reduce_only=is_perpetual(symbol),
        position_side=group.position_side if group.entry is None else group.entry.position_side,
    )
    profit, stop = group.take_profit, group.stop
    if profit.stop_price is None and profit.price is not None:  # a plain limit: held, it waits for its own price
        profit = replace(profit, stop_price=profit.price)
    if stop.trail_percent is not None:
        stop_kind = Kind.TRAILING_STOP
    else:
        stop_kind = Kind.STOP if stop.price is None else Kind.STOP_LIMIT
    profit_kind = Kind.TAKE_PROFIT if profit.price is None else Kind.TAKE_PROFIT_LIMIT
    return {
        Leg.TAKE_PROFIT: replace(base, kind=profit_kind, stop_price=profit.stop_price, price=profit.price),
        Leg.STOP: replace(
            base, kind=stop_kind, stop_price=stop.stop_price, price=stop.price, trail_percent=stop.trail_percent
        ),
    }


def check_prices(profit: NewOrder, stop: NewOrder, between: Decimal | None) -> None:
    """Raise ExitsDoNotFit unless the profit lies beyond the stop, and a price (the entry's, the market's) between."""
    sign = 1 if waits_above(profit.kind, profit.side) else -1
    prices = [stop.stop_price, between, profit.stop_price]
    known = [sign * price for price in prices if price is not None]
    if any(low >= high for low, high in pairwise(known)):
        above = "above" if sign > 0 else "below"
        raise ExitsDoNotFit(field="stop_price", side=profit.side.value, above=above)


def store_leg(actor: Actor, group: OrderGroup, wanted: NewOrder, place: Place, leg: Leg, **more: Any) -> Order:
    """Store an order of a group; `more` are further columns."""
    order_id = uuid7()
    facts = {"id": order_id, "client_id": client_id_of_order(order_id), "group_id": group.pk, "leg": leg.value}
    return commit_order(actor, wanted, place, **facts, **more)


def _to_venue(actor: Actor, group: OrderGroup, exits: list[Order], place: Place) -> None:
    """Make both held exits intents of one list, with one hold between them, and have it sent after the commit."""
    for order in exits:
        kind = order.kind
        if order.leg == Leg.TAKE_PROFIT and order.price is not None and order.price == order.stop_price:
            kind = Kind.LIMIT.value
        facts = {"kind": kind, "held_by": HeldBy.VENUE, "check_at": now()}
        if kind == Kind.LIMIT:
            facts["stop_price"] = None
        move_order(order, "trigger", actor, **facts)
        announce(order)
    secure(actor, exits[0], place)
    from apps.trading.orders.tasks import send_group  # the task calls the operations

    schema, group_id = current_schema(), str(group.pk)
    transaction.on_commit(lambda: send_group.delay(schema, group_id), robust=True)


@operation("orders.cancel_group", permission=TRADE, audited=("group_id",))
def cancel_group(*, actor: Actor, group_id: UUID, reason: str = "") -> OrderGroup:
    """Have every order of a group taken back; what is filled stays filled. Safe to repeat. Raises OrderMissing."""
    group = lock_group(group_id, actor)
    for order in group.orders.select_for_update().order_by("id"):
        if not order.is_final:
            take_back(order, actor)
    return group


@operation("orders.advance_group", permission=RECORD, trail=False)
def advance_group(*, actor: Actor, group_id: UUID) -> OrderGroup:
    """Do what a group lacks, whatever brought it here. Safe to repeat and to run at once."""
    group = lock_group(group_id, actor)
    group.check_at = None
    if group.state == GroupState.WORKING:
        view = _look(group)
        group.covered = view.covered
        _act(group, view, actor)
        if not any(_is_alive(order) for order in group.orders.all()):
            group.state, group.done_at = GroupState.DONE, now()
    group.save(update_fields=["check_at", "covered", "state", "done_at"])
    return group


@dataclass(frozen=True)
class _View:
    """A group at one moment: `remaining` may still be closed; `fired` are exits whose trigger was met.

    `entries` are the entry and those that replaced it.
    """

    spec: InstrumentSpec
    entries: list[Order]
    exits: list[Order]
    covered: Decimal
    remaining: Decimal

    @property
    def waiting(self) -> list[Order]:
        return [order for order in self.exits if order.state == OrderState.HELD]

    @property
    def living(self) -> list[Order]:
        return [order for order in self.exits if order.state != OrderState.HELD and _is_alive(order)]

    @property
    def fired(self) -> list[Order]:
        return [order for order in self.exits if order.triggered_at is not None]

    @property
    def is_entered(self) -> bool:
        """Whether the entry brings nothing more."""
        return not any(_is_alive(order) for order in self.entries)

    @property
    def is_called_off(self) -> bool:
        """Whether somebody took an exit back although none had fired, and not to put another one in its place."""
        replaced = {order.replaces_id for order in self.exits}
        back = [order for order in self.exits if order.cancel_requested_at is not None and order.pk not in replaced]
        return not self.fired and any(order.state == OrderState.CANCELLED for order in back)


def _is_alive(order: Order) -> bool:
    return not order.is_final or order.needs_settling


def _look(group: OrderGroup) -> _View:
    orders = list(group.orders.select_for_update().order_by("id"))
    spec = get_spec(group.symbol)
    entries = [order for order in orders if order.leg == Leg.ENTRY]
    exits = [order for order in orders if order.leg != Leg.ENTRY]
    covered = group.quantity
    if entries:
        paid = sum((Decimal(order.fees.get(spec.base, 0)) for order in entries if order.side == Side.BUY), Decimal(0))
        filled = sum((order.filled for order in entries), Decimal(0))
        covered = spec.floor_quantity(max(filled - paid, Decimal(0)))
    closed = sum((order.filled for order in exits), Decimal(0))
    left = covered - closed
    if is_perpetual(group.symbol):
        left = min(left, closable(group, exits[0]))
    remaining = spec.floor_quantity(max(left, Decimal(0)))
    return _View(spec, entries, exits, covered, remaining if remaining >= spec.min_quantity else Decimal(0))


def closable(group: OrderGroup, an_exit: Order) -> Decimal:
    """Return how much of a contract's position the exits could close: it may have been closed without them."""
    position = get_position(group.book_id, market_of(group.symbol), an_exit.position_side)
    size: Decimal = Decimal(0) if position is None else position.quantity
    return size if group.side == Side.SELL else -size


def _act(group: OrderGroup, view: _View, actor: Actor) -> None:
    if view.fired or view.is_called_off:
        for entry in view.entries:
            if _is_alive(entry) and not entry.is_final:
                take_back(entry, actor)  # nothing more comes in while it goes out
    if view.is_called_off or (view.is_entered and not view.remaining):
        for order in (*view.waiting, *view.living):
            take_back(order, actor)
        return
    if view.remaining:
        _serve(group, view, actor)


def _serve(group: OrderGroup, view: _View, actor: Actor) -> None:
    """Bring the waiting exits to what may be closed now, and let go what has fired."""
    for order in view.waiting:
        if order.quantity != view.remaining:
            Order.objects.filter(pk=order.pk).update(quantity=view.remaining)
            order.quantity = view.remaining
    ready = [order for order in view.waiting if order.triggered_at is not None]
    if ready:
        _fire(group, ready[0], view, actor)
    elif not view.living:
        _stand_guard(group, view, actor)


def _fire(group: OrderGroup, order: Order, view: _View, actor: Actor) -> None:
    """Let a fired exit go, once every other one is proven over."""
    if view.living:
        for other in view.living:
            take_back(other, actor)
        return
    place = place_of(group)
    try:
        with transaction.atomic():
            set_off(order, actor)
            if order.state == OrderState.INTENT:
                secure(actor, order, place)
    except DomainError as refusal:
        order.refresh_from_db()
        move_order(order, "refuse", actor, reject_code=refusal.code[:32], reject_message=refusal.text[:300])
        announce(order)


def _stand_guard(group: OrderGroup, view: _View, actor: Actor) -> None:
    """Nothing lives: put the pair to the venue where that is possible, or fire again what ended half-way."""
    waiting = view.waiting
    over = (OrderState.CANCELLED, OrderState.FILLED)
    ended = [order for order in view.fired if order.state in over and order.cancel_requested_at is None]
    newest = sorted(view.fired, key=lambda order: (order.triggered_at or now(), order.pk))[-1:]
    lost = [order for order in newest if order.reject_code in (NEVER_ACCEPTED, *BUSY)]  # nobody refused what it is
    ended += [order for order in lost if order.cancel_requested_at is None and order.state == OrderState.REJECTED]
    if ended and len(view.exits) < MOST_EXITS:
        again_at = _again_at(ended[-1], view)
        if again_at is not None and again_at > now():
            group.check_at = again_at
            return
        _fire_again(group, ended[-1], view, actor)
        return
    if group.is_native and view.is_entered and len(waiting) == 2 and not view.fired:
        try:
            with transaction.atomic():
                _to_venue(actor, group, waiting, place_of(group))
        except DomainError:  # it cannot be reserved there: the platform goes on holding both
            group.is_native = False
            group.save(update_fields=["is_native"])


def _again_at(ended: Order, view: _View) -> datetime | None:
    """Return when an exit that the exchange was too busy for is fired again; None for others: at once."""
    if ended.reject_code not in BUSY:
        return None
    over_at: datetime = ended.ended_at or now()
    doublings: int = max(len(view.exits) - 2, 0)
    return over_at + PAUSE * (1 << doublings)


def _fire_again(group: OrderGroup, ended: Order, view: _View, actor: Actor) -> None:
    wanted = NewOrder(
        symbol=ended.symbol,
        side=Side(ended.side),
        kind=Kind(ended.kind),
        quantity=view.remaining,
        price=ended.price,
        stop_price=ended.stop_price,
        trail_percent=ended.trail_percent,
        reduce_only=ended.reduce_only,
        position_side=ended.position_side,
        held_by=HeldBy.PLATFORM,
    )
    place = replace(place_of(group), waits=True, is_fresh=False)
    again = store_leg(actor, group, wanted, place, Leg(ended.leg))
    Order.objects.filter(pk=again.pk).update(triggered_at=now(), triggered_price=ended.triggered_price)
    again.refresh_from_db()
    _fire(group, again, view, actor)
