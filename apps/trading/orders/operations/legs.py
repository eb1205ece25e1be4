"""Changing the exits of a group: where the platform holds them, in their rows; at the venue, by another pair.

The other pair is stored at once, held; the group puts it to the venue when both old ones are proven over, for what is
left to close then. In between the position has no exit at the venue, and never two.
"""

from dataclasses import replace
from typing import Any

from apps.core.actors import Actor
from apps.trading.orders.choices import LIMITED, GroupState, Kind, Leg, OrderState
from apps.trading.orders.errors import CannotAmend
from apps.trading.orders.live import announce
from apps.trading.orders.models import Order
from apps.trading.orders.operations.cancelling import take_back
from apps.trading.orders.operations.checking import NewOrder, NewTerms, check_order
from apps.trading.orders.operations.groups import check_prices, store_leg
from apps.trading.orders.operations.placing import Place, place_of
from apps.trading.orders.operations.recording import touch_group
from kernel.instruments import Side

FIRED = "Its price was reached: it is being sent."
ONE_SIZE = "The exits close what the entry brought. Only their prices can be changed."
ONE_QUANTITY = "Only the prices of a bracket can be changed. For another quantity cancel it and place another one."
ON_ITS_WAY = "This order is on its way. Try again when the exchange has answered."
AT_VENUE = (OrderState.OPEN, OrderState.PARTLY_FILLED)


def amend_exit(actor: Actor, order: Order, terms: NewTerms) -> Order:
    """Give a locked exit of a locked group new prices; return the order that carries them: itself, or another one.

    Raises CannotAmend, ExitsDoNotFit and the refusals of kind and grid of the new prices.
    """
    group = order.group
    assert group is not None
    if terms.quantity is not None and terms.quantity != order.quantity:
        raise CannotAmend(reason=ONE_SIZE)
    if order.triggered_at is not None:
        raise CannotAmend(reason=FIRED)
    orders = list(group.orders.select_for_update(of=("self",)).order_by("id"))
    exits = [row for row in orders if row.leg != Leg.ENTRY and not row.is_final]
    if group.state != GroupState.WORKING or any(row.cancel_requested_at is not None for row in exits):
        raise CannotAmend(reason=ON_ITS_WAY)
    place = place_of(group)
    wanted = {Leg(row.leg): _held_form(row, terms if row.pk == order.pk else NewTerms()) for row in exits}
    _check(wanted, orders, place, order)
    if order.state == OrderState.HELD:
        return _rewrite(order, wanted[Leg(order.leg)])
    if len(exits) != len(wanted) or any(row.state not in AT_VENUE for row in exits):
        raise CannotAmend(reason=ON_ITS_WAY)
    made = {}
    for row in exits:
        waiting = replace(place, waits=True, is_fresh=False)
        made[row.pk] = store_leg(actor, group, wanted[Leg(row.leg)], waiting, Leg(row.leg), replaces=row)
    for row in exits:
        take_back(row, actor)
    touch_group(order)
    return made[order.pk]


def require_fit(order: Order, wanted: NewOrder) -> None:
    """Refuse new terms of an entry that its exits do not fit: another quantity, a price beyond one of them."""
    if wanted.quantity != order.quantity:
        raise CannotAmend(reason=ONE_QUANTITY)
    assert order.group is not None
    exits = {row.leg: _held_form(row, NewTerms()) for row in order.group.orders.exclude(leg=Leg.ENTRY).order_by("id")}
    check_prices(exits[Leg.TAKE_PROFIT], exits[Leg.STOP], wanted.price or wanted.stop_price)


def _held_form(order: Order, terms: NewTerms) -> NewOrder:
    """An exit as the platform holds it, with new terms: a take profit that is a plain limit waits for its own price."""
    kind = Kind(order.kind)
    stop_price, price = terms.stop_price or order.stop_price, terms.price or order.price
    if kind is Kind.LIMIT:
        kind, stop_price = Kind.TAKE_PROFIT_LIMIT, price
    elif kind is Kind.TAKE_PROFIT_LIMIT and order.price == order.stop_price:
        stop_price = price = terms.stop_price or terms.price or order.price
    return NewOrder(
        symbol=order.symbol,
        side=Side(order.side),
        kind=kind,
        quantity=order.quantity,
        price=price if kind in LIMITED else None,
        stop_price=None if kind is Kind.TRAILING_STOP else stop_price,
        trail_percent=(terms.trail_percent or order.trail_percent) if kind is Kind.TRAILING_STOP else None,
        reduce_only=order.reduce_only,
        position_side=order.position_side,
        held_by="platform",
    )


def _check(wanted: dict[Leg, NewOrder], orders: list[Order], place: Place, order: Order) -> None:
    check_order(
        wanted[Leg(order.leg)],
        connection_state=place.connection.state,
        ccxt_id=place.connection.venue.ccxt_id,
        market_price=place.market_price,
    )
    entry = next((row for row in reversed(orders) if row.leg == Leg.ENTRY and not row.is_final), None)
    between = place.market_price if entry is None else (entry.price or entry.stop_price or place.market_price)
    if len(wanted) == len(Leg) - 1:
        check_prices(wanted[Leg.TAKE_PROFIT], wanted[Leg.STOP], between)


def _rewrite(order: Order, wanted: NewOrder) -> Order:
    fields: dict[str, Any] = {
        "price": wanted.price,
        "stop_price": wanted.stop_price,
        "trail_percent": wanted.trail_percent,
    }
    for name, value in fields.items():
        setattr(order, name, value)
    order.save(update_fields=list(fields))
    announce(order)
    return order
