"""Working a routed order off: one step under the row's lock, at most one child a transaction, sent after its commit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from apps.core import outbox
from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.errors import DomainError
from apps.core.operation import operation
from apps.trading.instruments.queries import get_spec
from apps.trading.orders.choices import NEVER_ACCEPTED, NOT_SENT, Kind, OrderState, Origin, TimeInForce
from apps.trading.orders.errors import OrderAlreadyOver
from apps.trading.orders.models.orders import Order
from apps.trading.orders.operations.cancelling import cancel_order, transmit_cancel
from apps.trading.orders.operations.checking import NewOrder
from apps.trading.orders.operations.placing import PlacedFor, place_for
from apps.trading.orders.operations.recording import AVERAGING, RECORD
from apps.trading.orders.operations.recording import STEP as SMALLEST
from apps.trading.orders.operations.sending import send_order
from apps.trading.orders.routing.choices import (
    BOOK_PATIENCE,
    LATE_AFTER,
    MOST_ROUNDS,
    OVER,
    PartState,
    RouteStatus,
    said_of,
)
from apps.trading.orders.routing.market import Account, accounts_of, see
from apps.trading.orders.routing.models import RoutedOrder
from apps.trading.orders.routing.operations.placing import locked_route
from apps.trading.orders.routing.operations.planning import reason_of
from apps.trading.orders.routing.parts import RoutedPart, decided, read_parts, write_parts
from apps.trading.orders.routing.queries import list_children
from apps.trading.positions.choices import Purpose
from apps.trading.positions.operations import open_book
from kernel.events.execution import RouteEnded
from kernel.execution import route
from kernel.instruments import Side

SYSTEM = Actor.system("orders")
MOST_STEPS = 200
"""Steps in one go; the sweep goes on after them."""
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Stepped:
    """What a step did: a child to send, a child to take back, or another decision to go on with."""

    placed: UUID | None = None
    taken_back: UUID | None = None
    goes_on: bool = False

    def __bool__(self) -> bool:
        return self.goes_on or self.placed is not None or self.taken_back is not None


def advance_route(*, route_id: UUID) -> RoutedOrder:
    """Bring a routed order as far as it goes now; call it outside any transaction, in a process that may trade.

    Safe to repeat, to run at once and to die at any point: a child and the part that counts it are committed together,
    its client id follows from its number. All parts of a round are stored before this process sends the first; other
    workers send them at the same time.
    """
    for _ in range(MOST_ROUNDS + 1):
        placed = []
        for _ in range(MOST_STEPS):
            done = step_route(actor=SYSTEM, route_id=route_id)
            if done.placed is not None:
                placed.append(done.placed)
            if done.taken_back is not None:
                transmit_cancel(order_id=done.taken_back)
            if not done:
                break
        for order_id in placed:
            send_order(order_id=order_id)
        if not placed:
            break
    return RoutedOrder.objects.get(pk=route_id)


@operation("orders.step_route", permission=RECORD, trail=False)
def step_route(*, actor: Actor, route_id: UUID) -> Stepped:
    """Take one step: place the next part, take one back, decide on what is left, or end it.

    Of one that is over, only what was booked late is counted.
    """
    row = locked_route(route_id)
    parts, children = read_parts(row.parts), list_children(row.pk)
    if row.is_over:
        _take_in_late(row, children)
        return Stepped()
    _note_refusals(parts, children)
    done = _take_back(parts, children) if row.status == RouteStatus.ENDING else _place_next(row, parts)
    if not done and all(child.is_final and not child.needs_settling for child in children):
        done = _decide(row, parts, children)
    _measure(row, children)
    row.parts, row.advanced_at = write_parts(parts), now()
    has_ended = row.status in OVER
    row.ended_at = now() if has_ended else None
    row.save()
    if has_ended:
        outbox.publish(_ended(row), actor=actor)
    return done


def _note_refusals(parts: Sequence[RoutedPart], children: Sequence[Order]) -> None:
    """Keep of each child that was refused why: its account gets no part of a later round.

    One that never reached its exchange was not refused there: its account may get another part.
    """
    known = {child.sequence: child for child in children if child.state == OrderState.REJECTED}
    for part in parts:
        if part.state is PartState.PLACED and part.number in known:
            child = known[part.number]
            never_there = child.reject_code in (NEVER_ACCEPTED, NOT_SENT)
            part.state = PartState.LATE if never_there else PartState.REFUSED
            part.refusal = child.reject_message


def _place_next(row: RoutedOrder, parts: Sequence[RoutedPart]) -> Stepped:
    """Place the first part that waits; what is refused keeps its reason, and the next one is tried."""
    for part in parts:
        if part.state is not PartState.WAITING:
            continue
        if now() - row.round_at > LATE_AFTER:
            part.state = PartState.LATE
            continue
        try:
            with transaction.atomic():
                child = _place(row, part)
        except DomainError as refusal:
            part.state, part.refusal = PartState.REFUSED, refusal.text[:300]
            continue
        part.state = PartState.PLACED
        return Stepped(placed=child.pk)
    return Stepped()


def _place(row: RoutedOrder, part: RoutedPart) -> Order:
    assert part.number is not None
    book = open_book(
        actor=SYSTEM, owner_id=row.owner_id, connection_id=part.connection_id, purpose=Purpose.MANUAL
    )  # fmt: skip
    wanted = PlacedFor(
        owner_id=row.owner_id,
        connection_id=part.connection_id,
        book_id=book.pk,
        origin_kind=Origin.ROUTE,
        origin_id=row.pk,
        sequence=part.number,
        order=NewOrder(
            symbol=row.symbol,
            side=Side(row.side),
            kind=Kind.LIMIT,
            quantity=part.quantity,
            price=part.worst,
            time_in_force=TimeInForce.IOC.value,
        ),
        wanted_price=part.best,
    )
    return place_for(actor=SYSTEM, wanted=wanted)


def _take_back(parts: Sequence[RoutedPart], children: Sequence[Order]) -> Stepped:
    """Drop what was not placed, and ask for one child back that is not over."""
    for part in parts:
        if part.state is PartState.WAITING:
            part.state = PartState.DROPPED
    for child in children:
        if child.is_final or child.cancel_requested_at is not None:
            continue
        try:
            cancel_order(actor=SYSTEM, order_id=child.pk, reason="its routed order is cancelled")
        except OrderAlreadyOver:
            continue
        return Stepped(taken_back=child.pk)
    return Stepped()


def _decide(row: RoutedOrder, parts: list[RoutedPart], children: Sequence[Order]) -> Stepped:
    """With every child over: end it, wait for newer books, or share out what is left once more."""
    left = row.quantity - sum((child.filled for child in children), ZERO)
    if left <= 0:
        return _end(row, "complete", left)
    if row.status == RouteStatus.ENDING:
        return _end(row, "cancelled", left)
    refused = {part.connection_id for part in parts if part.state is PartState.REFUSED}
    named = [UUID(each) for each in row.connection_ids]
    able = [each for each in accounts_of(row.owner_id, row.mode, named) if each.pk not in refused]
    if not able:
        return _end(row, "refused" if refused else "accounts", left)
    if row.round >= MOST_ROUNDS:
        return _end(row, "rounds", left)
    traded = _traded_at(children)
    seen = see(row.owner_id, row.symbol, Side(row.side), able, newer_than=traded)
    if _should_wait(seen, traded):
        return Stepped()
    spec = get_spec(row.symbol)
    found = route(Side(row.side), spec.floor_quantity(left), [each.venue for each in seen], limit=row.worst_price)
    numbered = max((part.number for part in parts if part.number is not None), default=-1) + 1
    words = [said_of(part.limited, part.quantity, found.missing) for part in found.parts]
    more = decided(row.round + 1, numbered, zip(seen, found.parts, words, strict=True))
    parts.extend(more)
    if not any(part.number is not None for part in more):
        return _end(row, reason_of(found), left)
    row.round, row.round_at = row.round + 1, now()
    return Stepped(goes_on=True)


def _traded_at(children: Sequence[Order]) -> dict[str, datetime]:
    """Return when the last child at each exchange ended."""
    ended: dict[str, datetime] = {}
    for child in children:
        venue = child.connection.venue.code
        if child.ended_at is not None:
            ended[venue] = max(child.ended_at, ended.get(venue, child.ended_at))
    return ended


def _should_wait(seen: Sequence[Account], traded: dict[str, datetime]) -> bool:
    """Return whether a book is still from before our own last trade there, and may yet come anew."""
    old = [each.connection.venue.code for each in seen if each.book is not None and not each.venue.is_fresh]
    return any(now() - traded[venue] < BOOK_PATIENCE for venue in old)


def _end(row: RoutedOrder, why: str, left: Decimal) -> Stepped:
    row.why = why
    if left <= 0:
        row.status = RouteStatus.DONE
    elif left < row.quantity:
        row.status = RouteStatus.PARTLY
    else:
        row.status = RouteStatus.REFUSED if why == "refused" else RouteStatus.UNFILLED
    return Stepped()


def _take_in_late(row: RoutedOrder, children: Sequence[Order]) -> None:
    """Count what an exchange booked after it had said that a child is over."""
    before = row.filled
    _measure(row, children)
    if row.filled == before:
        return
    row.status = RouteStatus.DONE if row.filled >= row.quantity else RouteStatus.PARTLY
    row.why = "complete" if row.status == RouteStatus.DONE else row.why
    row.save()


def _measure(row: RoutedOrder, children: Sequence[Order]) -> None:
    """Set what was filled, at what mean price, with which fees, and how much better than on one account."""
    spec = get_spec(row.symbol)
    filled = worth = paid = ZERO
    fees: dict[str, Decimal] = {}
    is_counted = True
    for child in children:
        price = child.average_price or ZERO
        filled = AVERAGING.add(filled, child.filled)
        worth = AVERAGING.add(worth, AVERAGING.multiply(child.filled, price))
        for asset, text in child.fees.items():
            fee = Decimal(text)
            fees[asset] = fees.get(asset, ZERO) + fee
            if asset not in (spec.base, spec.quote):
                is_counted = False
            paid = AVERAGING.add(paid, fee if asset == spec.quote else AVERAGING.multiply(fee, price))
    row.filled = filled
    row.average_price = AVERAGING.divide(worth, filled).quantize(SMALLEST, context=AVERAGING) if filled else None
    row.fees = {asset: f"{fee.normalize():f}" for asset, fee in fees.items()}
    row.saved = None
    if filled and is_counted and row.single_net is not None:
        alone = AVERAGING.multiply(row.single_net, filled)
        better = alone - (worth + paid) if row.side == Side.BUY else (worth - paid) - alone
        row.saved = better.quantize(SMALLEST, context=AVERAGING)


def _ended(row: RoutedOrder) -> RouteEnded:
    return RouteEnded(
        route_id=row.pk,
        owner_id=row.owner_id,
        symbol=row.symbol,
        quantity=row.quantity,
        filled=row.filled,
        status=row.status,
        why=row.why,
    )
