"""Finding out what became of an order: by asking for its client id, never by sending again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.operation import operation
from apps.trading.exchanges.errors import VenueRefused, VenueUnavailable
from apps.trading.exchanges.operations import Confirmed, VenueFill, VenueOrder, VenuePort, open_venue
from apps.trading.orders.choices import (
    AT_VENUE,
    IN_FLIGHT,
    LATEST_ACCEPTANCE,
    NEVER_ACCEPTED,
    IncidentKind,
    OrderState,
)
from apps.trading.orders.live import announce
from apps.trading.orders.models import FillCursor, Order
from apps.trading.orders.operations.incidents import note_incident
from apps.trading.orders.operations.mirroring import book_changes
from apps.trading.orders.operations.recording import RECORD, keep_watch, locked, record_outcome, refuse
from apps.trading.orders.queries import get_order

SYSTEM = Actor.system("orders")
FIRST_WAIT, LONGEST_WAIT = timedelta(milliseconds=200), timedelta(seconds=5)
PAGE = 1_000
MISSING_AFTER = 20
"""So many questions without the missing executions are an incident (and the questions go on)."""
DEAD = "The exchange never accepted it: its time to arrive has passed, and the exchange does not know it."


def settle_order(*, order_id: UUID, port: VenuePort | None = None, ask_anyway: bool = False) -> Order:
    """Ask the venue what became of an order whose outcome or fills are not known, and record the answer.

    "Not found" ends an order only when the question was asked after the last moment at which the venue could have
    accepted it; before that, and when the venue does not answer, the order stays as it is and is asked about again
    (`check_at`). An order the venue had confirmed never ends by "not found". Safe to repeat and to run at once. With
    `ask_anyway` an order that is open and clear is asked about, too.
    """
    order = get_order(order_id)
    if not order.needs_settling and not (ask_anyway and order.state in AT_VENUE):
        return _let_rest(actor=SYSTEM, order_id=order_id) if order.is_final and order.check_at is not None else order
    venue = open_venue(order.connection_id) if port is None else port
    asked_at = now()
    try:
        found = venue.query(order.symbol, order.client_id)
        if found is None:
            return _not_found(actor=SYSTEM, order_id=order_id, asked_at=asked_at)
        fills = missing_fills(venue, order, found)
    except (VenueUnavailable, VenueRefused) as reason:
        return _ask_later(actor=SYSTEM, order_id=order_id, reason=reason.text)
    recorded = record_outcome(actor=SYSTEM, order_id=order_id, outcome=Confirmed(found, tuple(fills)))
    if recorded.needs_settling:
        return _ask_later(actor=SYSTEM, order_id=order_id, reason="")
    return recorded


def missing_fills(port: VenuePort, order: Order, view: VenueOrder) -> Sequence[VenueFill]:
    """Return the executions of a venue's order if it reports more than we have booked.

    Raises VenueUnavailable and VenueRefused.
    """
    if view.filled <= order.filled:
        return ()
    cursor = FillCursor.objects.filter(connection_id=order.connection_id, symbol=order.symbol).first()
    since = None if cursor is None else cursor.trade_id
    found: list[VenueFill] = []
    while True:
        page = port.fills(order.symbol, since)
        found += [fill for fill in page if fill.venue_order_id == view.venue_order_id]
        if len(page) < PAGE or since == page[-1].trade_id:
            return found
        since = page[-1].trade_id


@operation("orders.not_found", permission=RECORD, trail=False)
def _not_found(*, actor: Actor, order_id: UUID, asked_at: datetime) -> Order:
    order = locked(order_id)
    if order.state in IN_FLIGHT:
        assert order.sent_at is not None  # the database checks it
        if asked_at >= order.sent_at + LATEST_ACCEPTANCE:
            refuse(order, NEVER_ACCEPTED, DEAD, actor)
            book_changes(order, actor)
            announce(order)
            return order
    elif order.needs_settling:
        note_incident(
            connection_id=order.connection_id,
            kind=IncidentKind.MISSING_ORDER,
            subject=order.client_id,
            expected=order.state,
            found="not found",
        )
    _postpone(order)
    return order


@operation("orders.let_rest", permission=RECORD, trail=False)
def _let_rest(*, actor: Actor, order_id: UUID) -> Order:
    """Take an order that is over and whole off the list of those to ask about."""
    order = locked(order_id)
    if order.is_final and order.check_at is not None and not order.needs_settling:
        order.check_at = None
        order.save(update_fields=["check_at"])
    return order


@operation("orders.ask_later", permission=RECORD, trail=False)
def _ask_later(*, actor: Actor, order_id: UUID, reason: str) -> Order:
    order = locked(order_id)
    if not order.needs_settling:
        return order
    if reason and order.state in (OrderState.SENT, OrderState.UNKNOWN):
        order.reject_message = reason[:300]
        order.save(update_fields=["reject_message"])
    if order.reported_filled > order.filled and order.checks >= MISSING_AFTER:
        note_incident(
            connection_id=order.connection_id,
            kind=IncidentKind.MISSING_FILLS,
            subject=order.client_id,
            expected=f"{order.reported_filled.normalize():f}",
            found=f"{order.filled.normalize():f}",
        )
    _postpone(order)
    return order


def _postpone(order: Order) -> None:
    order.checks += 1
    order.check_at = now() + min(FIRST_WAIT * 2 ** min(order.checks - 1, 10), LONGEST_WAIT)
    order.save(update_fields=["checks", "check_at"])
    keep_watch(order)
