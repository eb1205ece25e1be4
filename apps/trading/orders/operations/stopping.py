"""Stopping: taking back all orders of a scope at once, and closing what is open, after a kill switch was engaged."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from django.db.models import QuerySet

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.trading.exchanges.queries import list_active_connections
from apps.trading.instruments.queries import get_spec
from apps.trading.orders.choices import FINAL, Kind, Origin
from apps.trading.orders.models import Order
from apps.trading.orders.operations.cancelling import request_cancel, transmit_cancel
from apps.trading.orders.operations.checking import NewOrder
from apps.trading.orders.operations.placing import PlacedFor, place_for
from apps.trading.positions.queries import list_connection_positions
from kernel.instruments import Side, perpetual_of

SYSTEM = Actor.system("orders")


@dataclass(frozen=True, slots=True)
class Stopped:
    """What a stop found: orders that are not over yet, and orders placed to close positions."""

    open_orders: int
    closing: int


def stop_scope(*, switch_id: UUID, scope: str, subject_id: UUID | None, flatten: bool) -> Stopped:
    """Do what an engaged switch asks for, as far as it goes now: safe to repeat until nothing is left.

    First all are asked back, so that what is only stored never leaves; then the venues are told, one order after the
    other. A venue that does not answer keeps nothing from the others: the timer looks again. What closes positions is
    placed only when nothing of the scope is open, so that no sale meets another one.
    """
    found = _orders(scope, subject_id).exclude(origin_kind=Origin.GUARD).order_by("id")
    wanted = list(found.values_list("pk", flat=True))
    for order_id in wanted:
        request_cancel(actor=SYSTEM, order_id=order_id)
    for order_id in wanted:
        with suppress(DomainError):
            transmit_cancel(order_id=order_id)
    left = [order for order in _orders(scope, subject_id) if order.origin_kind != Origin.GUARD]
    if left or not flatten:
        return Stopped(len(left), 0)
    placed = sum(_close(position, switch_id) for position in _positions(scope, subject_id))
    return Stopped(0, placed)


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


def _close(position: Any, switch_id: UUID) -> bool:
    """Place the one order that closes a position for a switch; dust below the venue's least stays."""
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
        origin_id=uuid5(switch_id, f"{position.pk}"),
        sequence=0,
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
    except DomainError:
        return False
    return True
