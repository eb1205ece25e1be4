"""Recording what a venue said. Each fact once, in any order, from any process: the order's row is the lock."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Context, Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core import outbox, work
from apps.core.actors import Actor, ActorKind
from apps.core.clock import from_ms, now
from apps.core.context import current_schema
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.core.transitions import transition
from apps.trading.exchanges.operations import (
    Confirmed,
    Outcome,
    Rejected,
    VenueFill,
    VenueOrder,
    VenueStatus,
)
from apps.trading.instruments.queries import get_spec
from apps.trading.orders.choices import (
    FINAL,
    HELD_WORK,
    IN_FLIGHT,
    ORDER_STATES,
    WORK,
    GroupKind,
    HeldBy,
    IncidentKind,
    Kind,
    Leg,
    OrderState,
    Origin,
)
from apps.trading.orders.errors import OrderMissing
from apps.trading.orders.live import announce
from apps.trading.orders.models import Fill, Order, OrderGroup
from apps.trading.orders.operations.incidents import note_incident
from apps.trading.orders.operations.mirroring import Executions, book_changes, mirror_of, mirrored
from apps.trading.positions.choices import PositionSide
from apps.trading.positions.operations import FillFacts, apply_fill, fill_id_of, nudge
from apps.trading.positions.queries import find_contracts, sum_result
from kernel.events.trading import OrderClosed, OrderFilled
from kernel.instruments import InstrumentSpec, Side, is_perpetual, market_of

RECORD = declare("orders.record", "Record what a venue says of orders (done by the product itself)")
SYSTEM = Actor.system("orders")
EXITS = (Leg.TAKE_PROFIT.value, Leg.STOP.value)
FALLS_BACK = (OrderState.INTENT.value, *IN_FLIGHT)
AVERAGING = Context(prec=80)
STEP = Decimal(1).scaleb(-18)


@operation("orders.record_outcome", permission=RECORD, trail=False)
def record_outcome(*, actor: Actor, order_id: UUID, outcome: Outcome, answered_at: datetime | None = None) -> Order:
    """Record the answer to sending, cancelling or asking. Late, repeated and stale answers change nothing wrongly.

    Confirmed: the venue's order and its fills are taken over. Rejected: the order is refused if it is in flight (of an
    order that is known to be at the venue the answer says nothing). Unknown: an order that was sent is lost from sight
    and must be settled.
    """
    order = locked(order_id)
    new: Executions | None = None
    _note_answer(order, outcome, answered_at)
    if isinstance(outcome, Confirmed):
        new = _confirm(order, outcome.order, outcome.fills, actor)
    elif isinstance(outcome, Rejected):
        if order.state in IN_FLIGHT:
            refuse(order, outcome.code, outcome.message, actor)
    elif order.state == OrderState.SENT:
        move_order(order, "lose", actor, reject_message=outcome.reason[:300], check_at=now())
    book_changes(order, actor, new)
    announce(order)
    return order


def _note_answer(order: Order, outcome: Outcome, answered_at: datetime | None) -> None:
    """Note when the venue answered first (silence is no answer), and its id of the order."""
    told = []
    if answered_at is not None and order.answered_at is None and isinstance(outcome, Confirmed | Rejected):
        order.answered_at = answered_at
        told.append("answered_at")
    if isinstance(outcome, Confirmed) and not order.venue_order_id:
        order.venue_order_id = outcome.order.venue_order_id
        told.append("venue_order_id")
    if told:
        order.save(update_fields=told)


@operation("orders.record_fills", permission=RECORD, trail=False)
def record_fills(*, actor: Actor, order_id: UUID, fills: Sequence[VenueFill]) -> Order:
    """Book executions of an order that are not booked yet; a fill proves that the venue accepted the order."""
    order = locked(order_id)
    if fills and not order.venue_order_id:
        order.venue_order_id = fills[0].venue_order_id
        order.save(update_fields=["venue_order_id"])
    new = _book(order, fills, actor)
    if new is not None:
        _follow(order, VenueStatus.PARTLY_FILLED, order.filled, actor)
        book_changes(order, actor, new)
        announce(order)
    return order


def locked(order_id: UUID) -> Order:
    """Return an order whose row is locked until the end of the transaction, or raise OrderMissing.

    The group of an order is locked before it: everything that happens to a group's orders happens one after the other.
    """
    group_id = Order.objects.filter(pk=order_id).values_list("group_id", flat=True).first()
    if group_id is not None:
        OrderGroup.objects.select_for_update().get(pk=group_id)
    found = (
        Order.objects.select_for_update(of=("self",)).select_related("connection__venue").filter(pk=order_id).first()
    )
    if found is None:
        raise OrderMissing
    return found


def lock_group(group_id: UUID, actor: Actor) -> OrderGroup:
    """Return a group whose row is locked, or raise OrderMissing (for a person also for somebody else's)."""
    group = OrderGroup.objects.select_for_update().filter(pk=group_id).first()
    if group is None or (actor.kind in (ActorKind.CUSTOMER, ActorKind.API_KEY) and group.owner_id != actor.id):
        raise OrderMissing
    return group


def end_unsent(order: Order, actor: Actor) -> None:
    """End a locked order that never left, as it is wanted back, and free what it reserved."""
    move_order(order, "end", actor)
    book_changes(order, actor)
    announce(order)


def refuse(order: Order, code: str, message: str, actor: Actor) -> None:
    """End a locked order that the venue provably does not have; the caller books its changes.

    An exit of a bracket, or one that took another one's place, goes on: the platform holds it again, because the
    position is still there.
    """
    protects = order.leg in EXITS and (_is_bracket(order) or order.replaces_id is not None)
    if protects and order.held_by == HeldBy.VENUE and order.state in FALLS_BACK:
        facts = {"held_by": HeldBy.PLATFORM, "reject_code": code[:32], "reject_message": message[:300]}
        if order.kind == Kind.LIMIT:  # as a limit it stood in the venue's list; held, it waits for its price
            facts |= {"kind": Kind.TAKE_PROFIT_LIMIT, "stop_price": order.price}
        move_order(order, "hold", actor, check_at=None, **facts)
        OrderGroup.objects.filter(orders=order).update(is_native=False)
        work.keep(HELD_WORK)
        return
    move_order(order, "refuse", actor, reject_code=code[:32], reject_message=message[:300])


def _is_bracket(order: Order) -> bool:
    return order.group is not None and order.group.kind == GroupKind.BRACKET


def _take_over_size(order: Order, view: VenueOrder) -> None:
    """A resting order that the venue says is smaller was amended there: it is as large as the venue says."""
    if order.kind == Kind.LIMIT and 0 < view.quantity < order.quantity and view.quantity >= order.filled:
        order.quantity = view.quantity
        order.save(update_fields=["quantity"])


def _confirm(order: Order, view: VenueOrder, fills: Sequence[VenueFill], actor: Actor) -> Executions | None:
    _take_over_size(order, view)
    new = _book(order, fills, actor)
    _follow(order, view.status, view.filled, actor)
    return new


def store_fills(order: Order, fills: Sequence[VenueFill], actor: Actor) -> Executions | None:
    """Store and book fills of a locked order that are new; the caller hands what this returns to `book_changes`."""
    return _book(order, fills, actor)


def _book(order: Order, fills: Sequence[VenueFill], actor: Actor) -> Executions | None:
    """Store fills that are new and book each into the position; return them for `book_changes`, None without any."""
    known = set(order.fills.values_list("trade_id", flat=True))
    new = {fill.trade_id: fill for fill in fills if fill.trade_id not in known}
    if not new:
        return None
    rows: list[Fill] = []
    connection = order.connection
    spec = get_spec(order.symbol)
    contracts = find_contracts(connection.pk) if is_perpetual(order.symbol) else None
    for fill in new.values():
        row = Fill.objects.create(
            order=order,
            connection_id=connection.pk,
            venue=connection.venue.code,
            symbol=order.symbol,
            trade_id=fill.trade_id,
            side=order.side,
            quantity=fill.quantity,
            price=fill.price,
            fee=fill.fee,
            fee_asset=fill.fee_asset,
            is_maker=fill.is_maker,
            at=from_ms(fill.at_ms),
            **_id_of(order, fill, contracts),
        )
        apply_fill(actor=SYSTEM, book_id=order.book_id, fill=_facts(row, order, spec))
        outbox.publish(_filled(order, row), actor=actor)
        rows.append(row)
    _sum_up(order)
    touch_group(order)
    if contracts is not None:  # the wallet's changes are booked as the venue lists them
        nudge(contracts.pk)
        return Executions(mirror_of(connection), ())
    return Executions(mirror_of(connection), mirrored(rows, spec))


def _id_of(order: Order, fill: VenueFill, contracts: Any) -> dict[str, UUID]:
    """An execution of a contract is seen in the account's list, too: it has the same id from both sides."""
    if contracts is None:
        return {}
    return {"id": fill_id_of(contracts.pk, market_of(order.symbol), fill.trade_id, order.side, fill.at_ms)}


def _facts(row: Fill, order: Order, spec: InstrumentSpec) -> FillFacts:
    return FillFacts(
        fill_id=row.pk,
        symbol=market_of(row.symbol),
        base=spec.base,
        quote=spec.quote,
        position_side=PositionSide(order.position_side),
        is_contract=is_perpetual(row.symbol),
        side=Side(row.side),
        quantity=row.quantity,
        price=row.price,
        fee=row.fee,
        fee_asset=row.fee_asset,
        at=row.at,
    )


def _filled(order: Order, row: Fill) -> OrderFilled:
    return OrderFilled(
        order_id=order.pk,
        owner_id=order.owner_id,
        origin_kind=order.origin_kind,
        origin_id=order.origin_id,
        fill_id=row.pk,
        symbol=row.symbol,
        side=row.side,
        quantity=row.quantity,
        price=row.price,
        fee=row.fee,
        fee_asset=row.fee_asset,
    )


def _sum_up(order: Order) -> None:
    """Set the order's totals from its fills."""
    rows = list(order.fills.all())
    filled = value = Decimal(0)
    fees: dict[str, Decimal] = {}
    for row in rows:
        filled = AVERAGING.add(filled, row.quantity)
        value = AVERAGING.add(value, AVERAGING.multiply(row.quantity, row.price))
        if row.fee:
            fees[row.fee_asset] = AVERAGING.add(fees.get(row.fee_asset, Decimal(0)), row.fee)
    order.filled = filled
    order.average_price = AVERAGING.divide(value, filled).quantize(STEP, context=AVERAGING)
    order.fees = {asset: f"{amount.normalize():f}" for asset, amount in sorted(fees.items())}
    order.first_fill_at = min(row.at for row in rows)
    order.realised = sum_result([row.pk for row in rows])
    order.save(update_fields=["filled", "average_price", "fees", "first_fill_at", "realised"])


def _follow(order: Order, status: VenueStatus, reported: Decimal, actor: Actor) -> None:
    """Move an order to where its fills and the venue's word put it."""
    more = {"reported_filled": reported} if reported > order.reported_filled else {}
    order.reported_filled = max(reported, order.reported_filled)
    event = _event(order, status)
    if event is None:
        changed = list(more)
        if order.is_final and order.check_at is not None and not order.needs_settling:  # its missing fills came
            order.check_at = None
            changed.append("check_at")
        if changed:
            order.save(update_fields=changed)
        return
    if order.state == OrderState.REJECTED:
        note_incident(
            connection_id=order.connection_id,
            kind=IncidentKind.REVIVED_ORDER,
            subject=order.client_id,
            expected=order.reject_code,
            found=status.value,
        )
    move_order(order, event, actor, **more)


def _event(order: Order, status: VenueStatus) -> str | None:
    """Return the move that the venue's word asks for, or None where it says nothing new or is stale."""
    state = order.state
    if order.filled >= order.quantity:
        return None if state == OrderState.FILLED else "complete"
    if status is VenueStatus.REJECTED:
        return "refuse" if state in IN_FLIGHT else None
    if status is VenueStatus.CANCELLED:
        return None if state in (OrderState.CANCELLED, OrderState.FILLED) else "end"
    # Open, or said to be filled while fills are missing here: it is at the venue.
    if state in (OrderState.CANCELLED, OrderState.FILLED, OrderState.CANCELLING):
        return None
    wanted = OrderState.PARTLY_FILLED if order.filled else OrderState.OPEN
    if state == wanted:
        return None
    return "fill_partly" if wanted is OrderState.PARTLY_FILLED else "rest"


def move_order(order: Order, event: str, actor: Actor, **changes: Any) -> None:
    """Move a locked order by an event of its state table; its end is published. The caller books its changes."""
    target = ORDER_STATES.target(event, order.state)
    if target in FINAL:
        changes = {"ended_at": now(), "check_at": _next_check(order), **changes}
    elif "check_at" not in changes:
        changes["check_at"] = _next_check(order)
    transition(order, event, table=ORDER_STATES, expected=order.state, actor=actor, **changes)
    keep_watch(order)
    touch_group(order)
    if target in FINAL:
        _wake_replacement(order)
        outbox.publish(_closed(order), actor=actor)


def keep_watch(order: Order) -> None:
    """Have the sweep look into this tenant while an order by hand waits; call it wherever `check_at` was set.

    Bots look after their own orders, and stand in the index of work themselves.
    """
    if order.check_at is not None and order.origin_kind != Origin.BOT:
        work.keep(WORK)


def _wake_replacement(order: Order) -> None:
    """Have the order that replaces a locked one set off after the commit; the sweep is the net."""
    waiting = Order.objects.filter(replaces_id=order.pk, state=OrderState.HELD, check_at__isnull=False)
    found = waiting.values_list("pk", flat=True).first()
    if found is not None:
        from apps.trading.orders.tasks import replace  # the task calls the operations

        schema, text = current_schema(), str(found)
        transaction.on_commit(lambda: replace.delay(schema, text), robust=True)


def touch_group(order: Order) -> None:
    """Have the group of a changed order looked at after the commit; the sweep is the net."""
    if order.group_id is None:
        return
    from apps.trading.orders.tasks import advance_group  # the task calls the operations

    OrderGroup.objects.filter(pk=order.group_id).update(check_at=now())
    work.keep(WORK)
    schema, group_id = current_schema(), str(order.group_id)
    transaction.on_commit(lambda: advance_group.delay(schema, group_id), robust=True)


def _next_check(order: Order) -> datetime | None:
    """Return when the venue must be asked again: at once while it reports more than is booked."""
    return now() if order.reported_filled > order.filled else None


def _closed(order: Order) -> OrderClosed:
    return OrderClosed(
        order_id=order.pk,
        owner_id=order.owner_id,
        origin_kind=order.origin_kind,
        origin_id=order.origin_id,
        state=order.state,
        filled=order.filled,
        reject_code=order.reject_code,
    )
