"""Stopping: taking back all orders of a scope at once, and closing what is open, after a kill switch was engaged."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from django.db import IntegrityError
from django.db.models import QuerySet

from apps.core.actors import Actor
from apps.core.context import current_schema
from apps.core.errors import DomainError
from apps.trading.exchanges.errors import ConnectionNotActive, VenueRefused, VenueUnavailable
from apps.trading.exchanges.operations import Confirmed, Outcome, VenuePort, open_venue
from apps.trading.exchanges.queries import list_active_connections
from apps.trading.instruments.queries import get_spec
from apps.trading.orders.choices import AT_VENUE, FINAL, Kind, Origin
from apps.trading.orders.models import Order
from apps.trading.orders.operations.cancelling import request_cancel, transmit_cancel, want_back
from apps.trading.orders.operations.checking import NewOrder
from apps.trading.orders.operations.placing import PlacedFor, place_for
from apps.trading.positions.queries import list_connection_positions
from apps.trading.risk.queries import get_engagement
from kernel.instruments import Side, perpetual_of

SYSTEM = Actor.system("orders")
TOGETHER = 4
"""From so many orders of a symbol on, the venue is asked once for all of them."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """What a stop found: orders that are not over yet, and orders placed to close positions."""

    open_orders: int
    closing: int


def stop_scope(*, switch_id: UUID, scope: str, subject_id: UUID | None, flatten: bool) -> Stopped:
    """Do what an engaged switch asks for, as far as it goes now: safe to repeat until nothing is left.

    First all are marked, so that what is only stored never leaves; then the venues are told, each account by a task
    of its own where there are several: one that does not answer keeps nothing from the others, and the timer looks
    again. What closes positions is placed only when nothing of the scope is open, so that no sale meets another one. A
    switch that was lifted meanwhile stops nothing any more.
    """
    if not get_engagement(switch_id):
        return Stopped(0, 0)
    rows = _orders(scope, subject_id).exclude(origin_kind=Origin.GUARD).order_by("id")
    by_account: dict[UUID, list[UUID]] = defaultdict(list)
    for order_id, connection_id in rows.values_list("pk", "connection_id"):
        by_account[connection_id].append(order_id)
    wanted = [order_id for ids in by_account.values() for order_id in ids]
    marked = set(want_back(actor=SYSTEM, order_ids=wanted)) if wanted else set()
    for order_id in wanted:
        if order_id not in marked:
            request_cancel(actor=SYSTEM, order_id=order_id)
    if len(by_account) == 1:
        take_back_all(order_ids=wanted, all_of_account=scope != "bot")
    elif by_account:
        from apps.trading.orders.tasks import take_back  # the task calls this module

        facts = (str(switch_id), scope, str(subject_id or ""), flatten)
        for ids in by_account.values():
            take_back.delay(current_schema(), [str(order_id) for order_id in ids], *facts)
    return close_scope(switch_id=switch_id, scope=scope, subject_id=subject_id, flatten=flatten)


def take_back_all(*, order_ids: Sequence[UUID], all_of_account: bool) -> None:
    """Tell the venue of an account to take orders back, all of them before anything is booked; then book the answers.

    `all_of_account`: no other orders of ours may stay open there. The orders are marked as wanted back before.
    """
    orders = list(Order.objects.filter(pk__in=order_ids).select_related("connection").order_by("id"))
    if not orders:
        return
    try:
        venue = open_venue(orders[0].connection_id)
    except ConnectionNotActive:
        return
    there = [order for order in orders if order.state in AT_VENUE]
    answers = _tell(venue, there, all_of_account=all_of_account)
    for order in orders:
        with suppress(DomainError):
            transmit_cancel(order_id=order.pk, port=venue, answer=answers.get(order.client_id))


def close_scope(*, switch_id: UUID, scope: str, subject_id: UUID | None, flatten: bool) -> Stopped:
    """Close the positions of a scope when nothing of it is open any more, if the switch is still engaged.

    One order for a position at a time; what an order that is over has left open is closed by the next one.
    """
    left = [order for order in _orders(scope, subject_id) if order.origin_kind != Origin.GUARD]
    engagement = get_engagement(switch_id)
    if left or not flatten or not engagement:
        return Stopped(len(left), 0)
    found = [(position, uuid5(switch_id, f"{position.pk}:{engagement}")) for position in _positions(scope, subject_id)]
    placed = sum(_close(position, closing_id) for position, closing_id in found)
    return Stopped(0, placed)


def _tell(venue: VenuePort, orders: Iterable[Order], *, all_of_account: bool) -> dict[str, Outcome]:
    """Ask a venue for orders back and book nothing; return its answers by client id, as far as it gave any."""
    by_symbol: dict[str, list[Order]] = defaultdict(list)
    for order in orders:
        by_symbol[order.symbol].append(order)
    answers: dict[str, Outcome] = {}
    with suppress(VenueUnavailable, VenueRefused):
        for symbol, group in by_symbol.items():
            if all_of_account and len(group) >= TOGETHER and _is_nothing_else_open(venue, symbol, group):
                answers |= {key: Confirmed(view) for key, view in venue.cancel_all(symbol).items()}
            for order in group:
                if order.client_id not in answers:
                    answers[order.client_id] = venue.cancel(symbol, order.client_id)
    return answers


def _is_nothing_else_open(venue: VenuePort, symbol: str, orders: Sequence[Order]) -> bool:
    """Whether the venue lists no order of a symbol but these: foreign ones are never touched."""
    ours = {order.client_id for order in orders}
    return all(view.client_id in ours for view in venue.open_orders(symbol))


def _orders(scope: str, subject_id: UUID | None) -> "QuerySet[Order]":
    found = Order.objects.exclude(state__in=FINAL)
    if scope == "bot":
        return found.filter(origin_kind=Origin.BOT, origin_id=subject_id)
    return found.filter(owner_id=subject_id) if scope == "customer" else found


def _positions(scope: str, subject_id: UUID | None) -> list[Any]:
    found = []
    for connection in list_active_connections():
        if scope == "customer" and connection.owner_id != subject_id:
            continue
        for position in list_connection_positions(connection.pk):
            if position.quantity and (scope != "bot" or position.book.purpose_id == subject_id):
                found.append(position)
    return found


def _close(position: Any, closing_id: UUID) -> bool:
    """Place the order that closes a position unless one is under way; dust below the venue's least stays."""
    earlier = list(Order.objects.filter(origin_kind=Origin.GUARD, origin_id=closing_id))
    if any(not order.is_final or order.needs_settling for order in earlier):
        return False
    symbol = perpetual_of(position.symbol) if position.is_contract else position.symbol
    spec = get_spec(symbol)
    quantity = spec.floor_quantity(position.quantity.copy_abs())
    if quantity < spec.min_quantity:
        return False
    wanted = PlacedFor(
        owner_id=position.book.owner_id,
        connection_id=position.book.connection_id,
        book_id=position.book_id,
        origin_kind=Origin.GUARD,
        origin_id=closing_id,
        sequence=len(earlier),
        order=NewOrder(
            symbol=symbol,
            position_side=position.position_side,
            side=Side.SELL if position.quantity > 0 else Side.BUY,
            kind=Kind.MARKET,
            quantity=quantity,
            reduce_only=True,
        ),
    )
    try:
        place_for(actor=SYSTEM, wanted=wanted)
    except (DomainError, IntegrityError):  # refused, or placed by another worker at this moment
        return False
    return True
