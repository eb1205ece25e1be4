"""Changing an order: where it stands if the venue can, else by another one that is sent only when the first is over.

The other one is stored at once, held, with a client id of its own and the first one's name (`replaces`). Whatever
happens in between, never two of them live: it is set off after the first is proven over, for what that left.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core import timers
from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.context import current_schema
from apps.core.errors import DomainError
from apps.core.ids import uuid7
from apps.core.models import Timer
from apps.core.operation import operation
from apps.trading.exchanges.errors import VenueRefused, VenueUnavailable
from apps.trading.exchanges.operations import Confirmed, open_venue
from apps.trading.exchanges.queries import has_amend
from apps.trading.instruments.queries import get_spec
from apps.trading.orders.choices import AMENDS, TIMED, WITH_TRIGGER, HeldBy, Kind, Leg, OrderState, Origin
from apps.trading.orders.client_ids import client_id_of_order
from apps.trading.orders.errors import CannotAmend, OrderAlreadyOver, OrderMissing
from apps.trading.orders.live import announce
from apps.trading.orders.models import Order
from apps.trading.orders.operations.cancelling import take_back
from apps.trading.orders.operations.checking import NewOrder, NewTerms, check_order
from apps.trading.orders.operations.legs import amend_exit, require_fit
from apps.trading.orders.operations.mirroring import book_changes
from apps.trading.orders.operations.placing import (
    PERSONS,
    TRADE,
    Place,
    commit_order,
    place_at,
    secure,
    send_after_commit,
)
from apps.trading.orders.operations.recording import RECORD, end_unsent, locked, move_order, record_outcome, refuse
from apps.trading.orders.operations.settling import settle_order
from apps.trading.orders.queries import get_order
from kernel.instruments import Side, is_perpetual

SYSTEM = Actor.system("orders")
CHANGEABLE = (OrderState.HELD, OrderState.OPEN, OrderState.PARTLY_FILLED)
AGAIN = timedelta(seconds=5)
TOO_LATE = "The order it was to replace filled before it could be changed."


@operation("orders.amend_order", permission=TRADE, audited=("order_id", "terms"))
def amend_order(*, actor: Actor, order_id: UUID, terms: NewTerms) -> Order:
    """Change an open order; return the order that carries the new terms: itself, or the one that replaces it.

    Of an order of a group only the prices. Raises OrderMissing, OrderAlreadyOver, CannotAmend, ExitsDoNotFit, and the
    refusals of kind and grid of the new terms.
    """
    order = locked(order_id)
    if actor.kind in PERSONS and order.owner_id != actor.id:
        raise OrderMissing
    _check_changeable(order)
    if order.group_id is not None and order.leg != Leg.ENTRY:
        return amend_exit(actor, order, terms)
    wanted = _merged(order, terms)
    if order.group_id is not None:
        require_fit(order, wanted)
    place = place_at(order.connection, order.owner_id, order.book_id, order.symbol)
    check_order(
        wanted,
        connection_state=order.connection.state,
        ccxt_id=order.connection.venue.ccxt_id,
        market_price=place.market_price,
        is_fresh=place.is_fresh,
    )
    if _keeps_its_place(order, wanted):
        _amend_after_commit(order, wanted.quantity)
        return order
    made = _store(actor, order, wanted, place)
    take_back(order, actor)
    return made


def _check_changeable(order: Order) -> None:
    if order.is_final:
        raise OrderAlreadyOver(state=order.get_state_display().lower())
    if order.origin_kind != Origin.MANUAL:
        raise CannotAmend(reason="This order is not by hand: what placed it decides about it.")
    if order.state not in CHANGEABLE or order.cancel_requested_at is not None:
        raise CannotAmend(reason="This order is on its way. Try again when the exchange has answered.")


def _merged(order: Order, terms: NewTerms) -> NewOrder:
    quantity = order.quantity if terms.quantity is None else terms.quantity
    if quantity <= order.filled:
        filled = f"{order.filled.normalize():f}"
        raise CannotAmend(reason=f"{filled} of it are filled. Choose a larger quantity, or cancel it.")
    is_capped = order.kind == Kind.MARKET or order.max_slippage_bps is not None
    return NewOrder(
        symbol=order.symbol,
        side=Side(order.side),
        kind=Kind(order.kind),
        quantity=quantity,
        price=None if is_capped else (terms.price if terms.price is not None else order.price),
        time_in_force=order.time_in_force,
        stop_price=terms.stop_price if terms.stop_price is not None else order.stop_price,
        trail_percent=terms.trail_percent if terms.trail_percent is not None else order.trail_percent,
        post_only=order.post_only,
        reduce_only=order.reduce_only,
        good_until=order.good_until if order.time_in_force == TIMED[1] else None,
        max_slippage_bps=order.max_slippage_bps,
        held_by=order.held_by,
        position_side=order.position_side,
    )


def _keeps_its_place(order: Order, wanted: NewOrder) -> bool:
    """Whether the venue can make the change without the order losing its place: only its quantity shrinks."""
    is_smaller = wanted.quantity < order.quantity and wanted.price == order.price
    if is_perpetual(order.symbol):
        return False
    is_resting = order.kind == Kind.LIMIT and order.state in (OrderState.OPEN, OrderState.PARTLY_FILLED)
    return is_smaller and is_resting and has_amend(order.connection.venue.ccxt_id)


def _store(actor: Actor, order: Order, wanted: NewOrder, place: Place) -> Order:
    order_id = uuid7()
    waiting = replace(place, is_fresh=False, waits=True)
    facts = {"id": order_id, "client_id": client_id_of_order(order_id), "replaces": order, "check_at": now()}
    facts |= {"group_id": order.group_id, "leg": order.leg}
    return commit_order(actor, wanted, waiting, **facts)


def _amend_after_commit(order: Order, quantity: Decimal) -> None:
    facts = {"order_id": str(order.pk), "quantity": f"{quantity:f}"}
    timers.schedule(name=AMENDS, key=f"{order.pk}:{quantity:f}", due_at=now() + AGAIN, payload=facts)
    _tell_after_commit(facts)


@timers.on_timer(AMENDS)
def amend_again(timer: Timer) -> None:
    """The net under the task: whoever was to tell the venue may have died. Once told, this changes nothing."""
    _tell_after_commit(timer.payload)


def _tell_after_commit(facts: dict[str, Any]) -> None:
    from apps.trading.orders.tasks import amend  # the task calls this module

    schema = current_schema()
    transaction.on_commit(lambda: amend.delay(schema, facts["order_id"], facts["quantity"]), robust=True)


def transmit_amend(*, order_id: UUID, quantity: Decimal) -> Order:
    """Have the venue make an order smaller where it stands, and take over what it says. Safe to repeat."""
    order = get_order(order_id)
    if order.state not in (OrderState.OPEN, OrderState.PARTLY_FILLED) or order.quantity <= quantity:
        return order
    port = open_venue(order.connection_id)
    try:
        outcome = port.amend(order.symbol, order.client_id, quantity)
    except (VenueUnavailable, VenueRefused):
        return settle_order(order_id=order_id, port=port, ask_anyway=True)
    if isinstance(outcome, Confirmed):
        record_outcome(actor=SYSTEM, order_id=order_id, outcome=outcome)
    # Refused or unclear: it filled, or stands as it was, or is smaller. The venue knows.
    return settle_order(order_id=order_id, port=port, ask_anyway=True)


@operation("orders.advance_replacement", permission=RECORD, trail=False)
def advance_replacement(*, actor: Actor, order_id: UUID) -> Order:
    """Set an order off that replaces another one, if that one is proven over; it takes what that one left.

    Safe to repeat and to run at once. One whose first filled meanwhile is taken back.
    """
    order = locked(order_id)
    if order.state != OrderState.HELD or order.check_at is None or order.replaces_id is None:
        return order
    if order.cancel_requested_at is not None:
        end_unsent(order, actor)
        return order
    first = locked(order.replaces_id)
    if not first.is_final or first.needs_settling:
        Order.objects.filter(pk=order.pk).update(check_at=now())
        return order
    spec = get_spec(order.symbol)
    left = order.quantity - first.filled
    if left < spec.min_quantity:
        move_order(order, "end", actor, reject_message=TOO_LATE)
        announce(order)
        return order
    order.quantity, order.check_at = left, None
    order.save(update_fields=["quantity", "check_at"])
    return _begin(order, actor)


def _begin(order: Order, actor: Actor) -> Order:
    """Give a replacement its claim and its hold, and send it, or go on holding it for its trigger."""
    place = place_at(order.connection, order.owner_id, order.book_id, order.symbol)
    facts: dict[str, Any] = {"check_at": now()}
    wish = check_order(
        _as_wanted(order),
        connection_state=order.connection.state,
        ccxt_id=order.connection.venue.ccxt_id,
        market_price=place.market_price,
    )
    try:
        with transaction.atomic():
            secure(actor, order, place)
            if wish.held_by is HeldBy.VENUE or order.kind not in WITH_TRIGGER:
                move_order(order, "trigger", actor, held_by=HeldBy.VENUE, **facts)
    except DomainError as refusal:
        order.refresh_from_db()
        refuse(order, refusal.code, refusal.text, actor)
        book_changes(order, actor)
    announce(order)
    return send_after_commit(order)


def _as_wanted(order: Order) -> NewOrder:
    return _merged(order, NewTerms())
