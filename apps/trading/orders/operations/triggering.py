"""Orders that the platform holds: watched on checked prices, set off once, safe against restarts and two at once."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F, Q
from django.db.models.functions import Coalesce, Greatest, Least

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.errors import DomainError
from apps.core.operation import operation
from apps.trading.instruments.queries import get_spec
from apps.trading.orders.checked_prices import CheckedPrice, read_checked
from apps.trading.orders.choices import Kind, Leg, OrderState
from apps.trading.orders.errors import PositionSideNeeded
from apps.trading.orders.live import announce
from apps.trading.orders.models import Order
from apps.trading.orders.operations.checking import is_met, trail_trigger, worst_price
from apps.trading.orders.operations.margining import check_mode
from apps.trading.orders.operations.mirroring import book_changes
from apps.trading.orders.operations.placing import send_after_commit
from apps.trading.orders.operations.recording import RECORD, lock_group, locked, move_order, refuse, touch_group
from apps.trading.orders.operations.reducing import cap_to_position
from kernel.instruments import Side, is_perpetual

SYSTEM = Actor.system("orders")
NOT_WANTED_BACK = Q(check_at__isnull=True, cancel_requested_at__isnull=True)
WATCHED = (Q(leg__in=("", Leg.ENTRY.value)) | Q(group__covered__gt=0)) & NOT_WANTED_BACK
"""An exit waits until its group has something to close, a replacement (`check_at`) until the first order is over."""


def look_at_held() -> int:
    """Look at every held order of this tenant once; return how many were set off.

    Only checked prices count (`checked_prices`): a stale, silent or quarantined market sets nothing off.
    """
    found = Order.objects.filter(WATCHED, state=OrderState.HELD)
    symbols = set(found.order_by().values_list("symbol", flat=True))
    return look_at(read_checked(symbols)) if symbols else 0


def look_at(prices: Mapping[str, CheckedPrice]) -> int:
    """Move the extremes of trailing orders and set off what is met by these checked prices; return how many."""
    for symbol, seen in prices.items():
        _move_extremes(symbol, seen.price)
    found = Order.objects.filter(WATCHED, state=OrderState.HELD, triggered_at__isnull=True, symbol__in=list(prices))
    set_off = 0
    for order in found.order_by("id"):
        seen = prices[order.symbol]
        trigger = trigger_of(order)
        is_due = trigger is not None and is_met(order.kind, order.side, trigger, seen.price)
        if is_due and _fits_mode(order):
            set_off += trigger_order(actor=SYSTEM, order_id=order.pk, price=seen.price, at=seen.at) is not None
    return set_off


def _fits_mode(order: Order) -> bool:
    """Whether the position mode is still the one an order was placed for; else it waits, and a comparison tells it."""
    try:
        if is_perpetual(order.symbol):
            check_mode(order.connection_id, order.position_side)
    except PositionSideNeeded:
        return False
    return True


def trigger_of(order: Order) -> Decimal | None:
    """Return the price that sets an order off now; None for a trailing one that has seen no price yet."""
    if order.kind != Kind.TRAILING_STOP:
        given: Decimal | None = order.stop_price
        return given
    if order.extreme_price is None or order.trail_percent is None:
        return None
    return trail_trigger(order.side, order.extreme_price, order.trail_percent)


def _move_extremes(symbol: str, price: Decimal) -> None:
    rows = Order.objects.filter(WATCHED, state=OrderState.HELD, kind=Kind.TRAILING_STOP, symbol=symbol)
    ids = list(rows.values_list("pk", flat=True))
    if not ids:
        return
    seen = Coalesce(F("extreme_price"), price)
    held = Order.objects.filter(pk__in=ids, state=OrderState.HELD)
    held.filter(side=Side.SELL).update(extreme_price=Greatest(seen, price))
    held.filter(side=Side.BUY).update(extreme_price=Least(seen, price))


@operation("orders.trigger_order", permission=RECORD, trail=False)
def trigger_order(*, actor: Actor, order_id: UUID, price: Decimal, at: datetime) -> Order | None:
    """Set a held order off at a checked price, once: the row that says so is compared and set. None: somebody else did.

    An order of a group is marked, and its group decides when it may be sent (`advance_group`).
    """
    group_id = Order.objects.filter(pk=order_id).values_list("group_id", flat=True).first()
    if group_id is not None:
        lock_group(group_id, actor)
    held = Order.objects.filter(pk=order_id, state=OrderState.HELD, cancel_requested_at__isnull=True)
    waiting = held.filter(triggered_at__isnull=True)
    if not waiting.update(triggered_at=now(), triggered_price=price):
        return None
    order = locked(order_id)
    if order.group_id is not None and order.leg != Leg.ENTRY:
        touch_group(order)
        announce(order)
        return order
    return set_off(order, actor)


def set_off(order: Order, actor: Actor) -> Order:
    """Make a locked, triggered order an intent, as it may be sent now, or end it with the reason why it may not.

    It has no patience: a protective order is sent when the venue is back, however late. Call it as the last thing in
    the transaction.
    """
    spec = get_spec(order.symbol)
    try:
        quantity = order.quantity
        if order.reduce_only:
            quantity = cap_to_position(
                book_id=order.book_id, side=Side(order.side), quantity=quantity, spec=spec, beside=order.pk,
                position_side=order.position_side,
            )  # fmt: skip
    except DomainError as refusal:
        refuse(order, refusal.code, refusal.text, actor)
        book_changes(order, actor)
        announce(order)
        return order
    changes: dict[str, Any] = {"quantity": quantity, "check_at": now()}
    if order.max_slippage_bps is not None and order.triggered_price is not None:
        changes["price"] = worst_price(Side(order.side), order.triggered_price, order.max_slippage_bps, spec)
    move_order(order, "trigger", actor, **changes)
    announce(order)
    return send_after_commit(order)
