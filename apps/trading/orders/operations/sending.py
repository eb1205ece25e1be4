"""Sending: claim in a transaction, send once outside it, record the answer."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.errors import DomainError
from apps.core.operation import operation
from apps.trading.exchanges.errors import ConnectionNotActive, VenueRefused, VenueUnavailable
from apps.trading.exchanges.operations import OrderRequest, Rejected, VenuePort, open_venue
from apps.trading.orders.choices import LATEST_ACCEPTANCE, NOT_SENT, HeldBy, Leg, OrderState, Origin
from apps.trading.orders.live import announce
from apps.trading.orders.models import Order
from apps.trading.orders.operations.margining import check_mode
from apps.trading.orders.operations.mirroring import book_changes
from apps.trading.orders.operations.recording import RECORD, end_unsent, locked, move_order, record_outcome, refuse
from apps.trading.orders.operations.requests import request_of
from apps.trading.orders.operations.settling import settle_order
from apps.trading.orders.queries import get_order
from apps.trading.risk.operations import check_may_send
from kernel.instruments import is_perpetual

SYSTEM = Actor.system("orders")
GIVEN_UP = "It could not be sent in time, so it was given up. Nothing reached the exchange."


@dataclass(frozen=True, slots=True)
class Claimed:
    """An order that this worker, and nobody else, may send once."""

    order_id: UUID
    connection_id: UUID
    request: OrderRequest


@operation("orders.claim_order", permission=RECORD, trail=False)
def claim_order(*, actor: Actor, order_id: UUID) -> Claimed | None:
    """Take an intent for sending, or return None when it is nobody's to send any more.

    After the commit the order counts as possibly at the venue. The moment of the claim is the timestamp of the signed
    request: however long this process sleeps in between, the venue refuses it after the receive window.
    """
    order = locked(order_id)
    if order.state != OrderState.INTENT:
        return None
    moment = now()
    if order.expires_at is not None and moment >= order.expires_at:
        refuse(order, NOT_SENT, GIVEN_UP, actor)
        book_changes(order, actor)
        announce(order)
        return None
    if not may_leave(order, actor):
        return None
    check_at = None if order.origin_kind == Origin.BOT else moment + LATEST_ACCEPTANCE
    move_order(order, "send", actor, sent_at=moment, attempts=order.attempts + 1, check_at=check_at)
    announce(order)
    return Claimed(order.pk, order.connection_id, request_of(order, moment))


def may_leave(order: Order, actor: Actor) -> bool:
    """Ask risk once more, right before sending: what it stops ends with its reason; what is wanted back just ends.

    So does a contract order for the other position mode: it was changed at the exchange meanwhile.
    """
    if order.cancel_requested_at is not None:
        end_unsent(order, actor)
        return False
    try:
        if is_perpetual(order.symbol):
            check_mode(order.connection_id, order.position_side)
        check_may_send(order_id=order.pk)
    except DomainError as refusal:
        refuse(order, refusal.code, refusal.text, actor)
        book_changes(order, actor)
        announce(order)
        return False
    return True


def transmit(*, claimed: Claimed, port: VenuePort) -> Order:
    """Send a claimed order once and record what came of it. Call it outside any transaction, right after the claim."""
    with transaction.atomic(durable=True):
        pass  # raises inside a transaction: what a venue did is never rolled back
    try:
        outcome = port.submit(claimed.request)
    except VenueUnavailable as reason:
        return return_order(actor=SYSTEM, order_id=claimed.order_id, reason=reason.text)
    except VenueRefused as refusal:
        outcome = Rejected("local", refusal.text)
    return record_outcome(actor=SYSTEM, order_id=claimed.order_id, outcome=outcome, answered_at=now())


@operation("orders.return_order", permission=RECORD, trail=False)
def return_order(*, actor: Actor, order_id: UUID, reason: str) -> Order:
    """Make a claimed order an intent again. Only for the one who claimed it, and only if certainly nothing was sent."""
    order = locked(order_id)
    if order.state == OrderState.SENT:
        check_at = None if order.origin_kind == Origin.BOT else now()
        move_order(order, "return", actor, reject_message=reason[:300], check_at=check_at)
        announce(order)
    return order


@operation("orders.abandon_order", permission=RECORD, trail=False)
def abandon_order(*, actor: Actor, order_id: UUID, reason: str) -> Order:
    """Give up an intent that was never sent; an order that was sent stays as it is."""
    order = locked(order_id)
    if order.state == OrderState.INTENT:
        refuse(order, NOT_SENT, reason, actor)
        book_changes(order, actor)
        announce(order)
    return order


def send_order(*, order_id: UUID) -> Order:
    """Send an intent if it is still one, and settle it if the answer was lost. Twice, or by two at once, is once."""
    order = get_order(order_id)
    if order.state != OrderState.INTENT:
        return order
    if is_listed(order):
        from apps.trading.orders.operations.pairing import send_group  # it sends with the words of this module

        assert order.group_id is not None
        send_group(group_id=order.group_id)
        return get_order(order_id)
    try:
        port = open_venue(order.connection_id)
    except ConnectionNotActive as refusal:
        return abandon_order(actor=SYSTEM, order_id=order_id, reason=refusal.text)
    claimed = claim_order(actor=SYSTEM, order_id=order_id)
    if claimed is None:
        return get_order(order_id)
    order = transmit(claimed=claimed, port=port)
    return settle_order(order_id=order_id, port=port) if order.needs_settling else order


def is_listed(order: Order) -> bool:
    """Return whether an order goes to the venue as one of two exits of a list."""
    return order.group_id is not None and order.leg != Leg.ENTRY and order.held_by == HeldBy.VENUE
