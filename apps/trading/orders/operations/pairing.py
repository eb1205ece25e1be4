"""Two exits as one list at the venue: claimed together, sent once, each answered for itself."""

from uuid import UUID

from django.db import transaction

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.operation import operation
from apps.trading.exchanges.errors import ConnectionNotActive, VenueRefused, VenueUnavailable
from apps.trading.exchanges.operations import Outcome, Rejected, VenuePort, open_venue
from apps.trading.orders.choices import LATEST_ACCEPTANCE, NOT_SENT, Leg, OrderState
from apps.trading.orders.client_ids import list_id_of
from apps.trading.orders.live import announce
from apps.trading.orders.operations.mirroring import book_changes
from apps.trading.orders.operations.recording import RECORD, lock_group, move_order, record_outcome, refuse
from apps.trading.orders.operations.requests import request_of
from apps.trading.orders.operations.sending import Claimed, abandon_order, is_listed, may_leave, return_order
from apps.trading.orders.operations.settling import settle_order
from apps.trading.orders.queries import get_group

SYSTEM = Actor.system("orders")
ALONE = "The other exit was taken back before both were sent."


@operation("orders.claim_pair", permission=RECORD, trail=False)
def claim_pair(*, actor: Actor, group_id: UUID) -> tuple[Claimed, Claimed] | None:
    """Take two exits for sending as one list (take profit, stop), or return None when they are not both to be sent."""
    group = lock_group(group_id, actor)
    found = group.orders.select_for_update(of=("self",)).exclude(leg=Leg.ENTRY).order_by("id")
    pair = [order for order in found if is_listed(order) and order.state == OrderState.INTENT]
    stopped = [order for order in pair if not may_leave(order, actor)]
    pair = [order for order in pair if order not in stopped]
    legs = {order.leg: order for order in pair}
    if len(pair) != 2 or len(legs) != 2:
        for order in pair:  # the other one is gone: alone it is no list
            refuse(order, NOT_SENT, ALONE, actor)
            book_changes(order, actor)
            announce(order)
        return None
    moment = now()
    for order in pair:
        move_order(
            order, "send", actor, sent_at=moment, attempts=order.attempts + 1, check_at=moment + LATEST_ACCEPTANCE
        )
        announce(order)
    profit, stop = (
        Claimed(order.pk, order.connection_id, request_of(order, moment))
        for order in (legs[Leg.TAKE_PROFIT], legs[Leg.STOP])
    )
    return profit, stop


def send_group(*, group_id: UUID) -> None:
    """Send the two exits of a group as one list if they still are to be, and settle what is not clear."""
    group = get_group(group_id)
    try:
        port = open_venue(group.connection_id)
    except ConnectionNotActive as refusal:
        for order_id in group.orders.filter(state=OrderState.INTENT).values_list("pk", flat=True):
            abandon_order(actor=SYSTEM, order_id=order_id, reason=refusal.text)
        return
    claimed = claim_pair(actor=SYSTEM, group_id=group_id)
    if claimed is not None:
        _transmit(group_id, claimed, port)


def _transmit(group_id: UUID, claimed: tuple[Claimed, Claimed], port: VenuePort) -> None:
    with transaction.atomic(durable=True):
        pass  # raises inside a transaction: what a venue did is never rolled back
    profit, stop = claimed
    try:
        outcomes: tuple[Outcome, Outcome] = port.submit_pair(profit.request, stop.request, list_id_of(group_id))
    except VenueUnavailable as reason:
        for order in claimed:
            return_order(actor=SYSTEM, order_id=order.order_id, reason=reason.text)
        return
    except VenueRefused as refusal:
        outcomes = Rejected("local", refusal.text), Rejected("local", refusal.text)
    for order, outcome in zip(claimed, outcomes, strict=True):
        done = record_outcome(actor=SYSTEM, order_id=order.order_id, outcome=outcome, answered_at=now())
        if done.needs_settling:
            settle_order(order_id=order.order_id, port=port)
