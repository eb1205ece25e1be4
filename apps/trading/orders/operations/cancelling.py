"""Taking orders back. Asking is a row; the venue is told after the commit; its answer, or a question, settles it."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from apps.core import work
from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.context import current_schema
from apps.core.operation import operation
from apps.trading.exchanges.errors import ConnectionNotActive, VenueRefused, VenueUnavailable
from apps.trading.exchanges.operations import Confirmed, Outcome, VenuePort, open_venue
from apps.trading.orders.choices import FINAL, NOT_LEFT, WORK, OrderState, Origin
from apps.trading.orders.errors import OrderAlreadyOver, OrderMissing
from apps.trading.orders.live import announce
from apps.trading.orders.models import Order
from apps.trading.orders.operations.placing import PERSONS, TRADE
from apps.trading.orders.operations.recording import RECORD, end_unsent, keep_watch, locked, move_order, record_outcome
from apps.trading.orders.operations.settling import settle_order
from apps.trading.orders.queries import get_order

SYSTEM = Actor.system("orders")


@operation("orders.cancel_order", permission=TRADE, audited=("order_id",))
def cancel_order(*, actor: Actor, order_id: UUID, reason: str = "") -> Order:
    """Have an order taken back; what is filled stays filled. Asking again while it goes on changes nothing.

    An order that was not sent ends at once; one whose outcome is unknown is settled first. Raises OrderMissing (also
    for somebody else's order) and OrderAlreadyOver.
    """
    order = locked(order_id)
    if actor.kind in PERSONS and order.owner_id != actor.id:
        raise OrderMissing
    if order.is_final:
        raise OrderAlreadyOver(state=order.get_state_display().lower())
    take_back(order, actor)
    return order


def take_back(order: Order, actor: Actor) -> None:
    """Ask for a locked order back, and have the venue told after the commit; asking again changes nothing."""
    if _ask(order, actor) and not order.is_final:
        _tell_after_commit(order)


def _tell_after_commit(order: Order) -> None:
    from apps.trading.orders.tasks import cancel  # the task calls this module

    schema, order_id = current_schema(), str(order.pk)
    transaction.on_commit(lambda: cancel.delay(schema, order_id), robust=True)


@operation("orders.cancel_all", permission=TRADE, audited=("owner_id", "connection_id", "symbol"))
def cancel_all(*, actor: Actor, owner_id: UUID, connection_id: UUID | None = None, symbol: str = "") -> list[UUID]:
    """Have every open order of a customer taken back, on one connection or symbol if given; return which.

    All wishes are one fact. What was not sent ends, and its money is free, right after the commit: an order that is
    wanted back never leaves any more. Raises OrderMissing for somebody else's.
    """
    if actor.kind in PERSONS and owner_id != actor.id:
        raise OrderMissing
    found = Order.objects.filter(owner_id=owner_id).exclude(state__in=FINAL).filter(cancel_requested_at__isnull=True)
    if connection_id is not None:
        found = found.filter(connection_id=connection_id)
    if symbol:
        found = found.filter(symbol=symbol)
    asked = []
    for order_id in list(found.order_by("group_id", "id").values_list("pk", flat=True)):
        order = locked(order_id)
        if not order.is_final and _note_wish(order):
            announce(_ask_venue(order, actor))
            _tell_after_commit(order)
            asked.append(order_id)
    return sorted(asked, reverse=True)


@operation("orders.request_cancel", permission=RECORD, trail=False)
def request_cancel(*, actor: Actor, order_id: UUID) -> Order:
    """Ask for a cancel on behalf of a bot that stops; its step tells the venue. An order that is over stays so."""
    order = locked(order_id)
    if not order.is_final:
        _ask(order, actor)
    return order


def _ask(order: Order, actor: Actor) -> bool:
    """Mark the wish on a locked order, and end it at once if it was not sent; return whether the wish is new."""
    if not _note_wish(order):
        return False
    if order.state in NOT_LEFT:
        end_unsent(order, actor)
    else:
        announce(_ask_venue(order, actor))
    return True


def _note_wish(order: Order) -> bool:
    if order.cancel_requested_at is not None:
        return False
    order.cancel_requested_at = now()
    if order.origin_kind != Origin.BOT:
        order.check_at = now()
    order.save(update_fields=["cancel_requested_at", "check_at"])
    keep_watch(order)
    return True


def _ask_venue(order: Order, actor: Actor) -> Order:
    if order.state in (OrderState.OPEN, OrderState.PARTLY_FILLED):
        move_order(order, "ask_cancel", actor, check_at=order.check_at)
    return order


@operation("orders.want_back", permission=RECORD, trail=False)
def want_back(*, actor: Actor, order_ids: Sequence[UUID]) -> list[UUID]:
    """Mark in one step that orders are wanted back, so that none of them leaves any more; return those that are marked.

    It waits for nobody: an order that somebody works on at this moment is left out, and asked back by itself.
    """
    moment = now()
    rows = Order.objects.filter(pk__in=order_ids).exclude(state__in=FINAL).select_for_update(skip_locked=True)
    found = list(rows.order_by("id").values_list("pk", "cancel_requested_at", "origin_kind"))
    new = [pk for pk, asked_at, _ in found if asked_at is None]
    by_hand = [pk for pk, _, origin in found if origin != Origin.BOT]
    Order.objects.filter(pk__in=new).update(cancel_requested_at=moment)
    Order.objects.filter(pk__in=by_hand).update(check_at=moment)
    if by_hand:
        work.keep(WORK)
    return [pk for pk, _, _ in found]


def transmit_cancel(*, order_id: UUID, port: VenuePort | None = None, answer: Outcome | None = None) -> Order:
    """Tell the venue to take an order back, and settle what is not clear. Safe to repeat: a cancel cannot double.

    An order in flight is settled first: what never arrived needs no cancel. A revoked connection leaves all as it is.
    `answer` is what the venue said when it was told already.
    """
    if isinstance(answer, Confirmed):
        record_outcome(actor=SYSTEM, order_id=order_id, outcome=answer)
        return settle_order(order_id=order_id, port=port)
    order = get_order(order_id)
    try:
        venue = open_venue(order.connection_id) if port is None else port
    except ConnectionNotActive:
        return order
    if order.needs_settling and order.state != OrderState.CANCELLING:
        order = settle_order(order_id=order_id, port=venue)
    order = _begin(actor=SYSTEM, order_id=order_id)
    if order.state != OrderState.CANCELLING:
        return order
    try:
        outcome = venue.cancel(order.symbol, order.client_id)
    except (VenueUnavailable, VenueRefused):
        return settle_order(order_id=order_id, port=venue)
    if isinstance(outcome, Confirmed):
        record_outcome(actor=SYSTEM, order_id=order_id, outcome=outcome)
    # Refused or unclear: it filled, or ended, or is still there. The venue knows.
    return settle_order(order_id=order_id, port=venue)


@operation("orders.begin_cancel", permission=RECORD, trail=False)
def _begin(*, actor: Actor, order_id: UUID) -> Order:
    """Move an order that somebody wants back on: from the book to `cancelling`, to its end if it was never sent."""
    order = locked(order_id)
    if order.cancel_requested_at is None:
        return order
    if order.state in NOT_LEFT:
        end_unsent(order, actor)
    elif order.state in (OrderState.OPEN, OrderState.PARTLY_FILLED):
        move_order(order, "ask_cancel", actor, check_at=now())
        announce(order)
    return order
