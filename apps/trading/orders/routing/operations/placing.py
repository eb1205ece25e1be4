"""Storing the intent of a routed order, and cancelling it."""

from uuid import UUID

from django.db import transaction

from apps.core import outbox, work
from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.context import current_schema
from apps.core.operation import operation
from apps.trading.exchanges.errors import ConnectionMissing
from apps.trading.orders.choices import Kind, TimeInForce
from apps.trading.orders.errors import ConfirmationNeeded
from apps.trading.orders.operations.checking import NewOrder
from apps.trading.orders.operations.placing import PERSONS, TRADE
from apps.trading.orders.operations.safety import check_amounts, confirmation_limit, worth_of
from apps.trading.orders.routing.choices import WORK, RouteStatus
from apps.trading.orders.routing.errors import RouteMissing, RouteOver
from apps.trading.orders.routing.models import RoutedOrder
from apps.trading.orders.routing.operations.planning import EXACT, STEP, RoutePlan, RouteWish, plan_route, require_parts
from apps.trading.orders.routing.parts import decided, write_parts
from kernel.events.execution import RouteStarted


@operation("orders.place_route", permission=TRADE, audited=("owner_id", "wish"))
def place_route(*, actor: Actor, owner_id: UUID, wish: RouteWish, confirmed: bool = False) -> RoutedOrder:
    """Store an order over several accounts with its first decision; each part is checked and reserved as it is placed.

    Raises what `plan_route` raises, NothingToRoute when no account gets a part, ConfirmationNeeded, OrderTooLarge and
    DayLimitReached for real money: the whole counts as one order there.
    """
    if actor.kind in PERSONS and actor.id != owner_id:
        raise ConnectionMissing
    plan = plan_route(owner_id=owner_id, wish=wish)
    worst = require_parts(plan)
    order = whole_order(plan)
    worth = worth_of(order, None)
    limit = None if confirmed or actor.kind not in PERSONS else confirmation_limit(owner_id, wish.mode, worth)
    if limit is not None:
        raise ConfirmationNeeded(worth=f"{worth:,.2f}", quote=plan.spec.quote, limit=f"{limit:,.2f}")
    check_amounts(owner_id, wish.mode, order, plan.spec, worth)
    single = plan.single
    row = RoutedOrder(
        owner_id=owner_id,
        mode=wish.mode,
        connection_ids=[str(each) for each in wish.connection_ids],
        symbol=wish.symbol,
        side=wish.side.value,
        quantity=wish.quantity,
        limit_price=wish.limit_price,
        worst_price=worst,
        round_at=now(),
        parts=write_parts(decided(1, 0, [(each.account, each.part, each.words) for each in plan.parts])),
        expected_price=None if plan.average is None else plan.average.quantize(STEP, context=EXACT),
    )
    if single is not None and single.single.unit_net is not None:
        row.single_connection = single.account.connection
        row.single_net = single.single.unit_net.quantize(STEP, context=EXACT)
    row.save(force_insert=True)
    outbox.publish(
        RouteStarted(
            route_id=row.pk, owner_id=owner_id, symbol=row.symbol, side=row.side, quantity=row.quantity
        ),
        actor=actor,
    )  # fmt: skip
    wake(row)
    return row


@operation("orders.cancel_route", permission=TRADE, audited=("route_id",))
def cancel_route(*, actor: Actor, route_id: UUID, reason: str = "") -> RoutedOrder:
    """Send no more parts; what is filled stays filled. Repeating is harmless. Raises RouteMissing and RouteOver."""
    row = locked_route(route_id)
    if actor.kind in PERSONS and row.owner_id != actor.id:
        raise RouteMissing
    if row.is_over:
        raise RouteOver
    row.status = RouteStatus.ENDING
    row.save(update_fields=["status"])
    wake(row)
    return row


def whole_order(plan: RoutePlan) -> NewOrder:
    """Return the whole of a plan as one order at its worst price: what limits of real money count."""
    wish = plan.wish
    return NewOrder(
        symbol=wish.symbol,
        side=wish.side,
        kind=Kind.LIMIT,
        quantity=wish.quantity,
        price=plan.worst,
        time_in_force=TimeInForce.IOC.value,
    )


def locked_route(route_id: UUID) -> RoutedOrder:
    """Return a routed order whose row is locked until the end of the transaction, or raise RouteMissing."""
    found = RoutedOrder.objects.select_for_update(of=("self",)).filter(pk=route_id).first()
    if found is None:
        raise RouteMissing
    return found


def wake(row: RoutedOrder) -> None:
    """Have a trading worker look after the commit; the sweep does it when that message is lost."""
    from apps.trading.orders.routing.tasks import advance  # the task calls the operations

    work.keep(WORK)
    schema, route_id = current_schema(), str(row.pk)
    transaction.on_commit(lambda: advance.delay(schema, route_id), robust=True)
