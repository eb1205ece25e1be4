"""Bringing a portfolio to its weights: worked out and shown first, then one order a transaction, sales before buys."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from apps.core import work
from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.context import current_schema
from apps.core.errors import DomainError
from apps.core.operation import operation
from apps.core.transitions import transition
from apps.trading.exchanges.choices import ConnectionState, Mode
from apps.trading.instruments.errors import UnknownSymbol
from apps.trading.instruments.queries import get_instrument
from apps.trading.orders.choices import Kind, Origin
from apps.trading.orders.errors import OrderAlreadyOver
from apps.trading.orders.operations import NewOrder, PlacedFor, cancel_order, place_for
from apps.trading.orders.queries import list_final
from apps.trading.portfolios import queries, rebalancing
from apps.trading.portfolios.choices import PLAN_STATES, REBALANCING, LineState, PlanState
from apps.trading.portfolios.errors import PlanImpossible, PlanMissing, TargetsInvalid
from apps.trading.portfolios.models import RebalanceLine, RebalancePlan, TargetWeight
from apps.trading.portfolios.operations.flows import locked
from apps.trading.portfolios.operations.permissions import MANAGE, RUN
from apps.trading.positions.choices import Purpose
from kernel.instruments import Side

MOST_TARGETS, MOST_PERCENT = 30, Decimal(99)
GOOD_FOR = timedelta(minutes=5)
STEP = Decimal("0.0001")
SYSTEM = Actor.system("portfolios")


@operation("portfolios.set_targets", permission=MANAGE, audited=("portfolio_id",))
def set_targets(
    *, actor: Actor, owner_id: UUID, portfolio_id: UUID, targets: Mapping[str, Decimal]
) -> dict[str, Decimal]:
    """Replace the target weights (percent by asset, at most 99 together: the rest stays for fees and price moves).

    Raises PortfolioMissing and TargetsInvalid.
    """
    row = locked(portfolio_id, owner_id)
    if len(targets) > MOST_TARGETS:
        raise TargetsInvalid(field="targets", why=f"at most {MOST_TARGETS} assets")
    for asset, percent in targets.items():
        if not percent.is_finite() or not 0 <= percent <= MOST_PERCENT or percent.quantize(STEP) != percent:
            raise TargetsInvalid(field="targets", why=f"{asset[:16]} needs 0 to 99 % with at most four decimals")
        try:
            get_instrument(f"{asset}{row.currency}")
        except UnknownSymbol:
            raise TargetsInvalid(field="targets", why=f"there is no market {asset[:16]}/{row.currency}") from None
    if sum(targets.values(), Decimal(0)) > MOST_PERCENT:
        raise TargetsInvalid(field="targets", why="they are more than 99 % together")
    TargetWeight.objects.filter(portfolio=row).delete()
    TargetWeight.objects.bulk_create(
        TargetWeight(portfolio=row, asset=asset, percent=percent) for asset, percent in sorted(targets.items())
    )
    return dict(targets)


@operation("portfolios.preview_rebalance", permission=MANAGE, audited=("portfolio_id",))
def preview_rebalance(*, actor: Actor, owner_id: UUID, portfolio_id: UUID) -> RebalancePlan:
    """Work out a rebalancing through the first book by hand of the portfolio. Nothing is ordered.

    Raises PortfolioMissing, PriceMissing and PlanImpossible.
    """
    row = locked(portfolio_id, owner_id)
    if not rebalancing.list_targets(row):
        raise PlanImpossible(why="it has no target weights")
    members = queries.list_members(row).filter(purpose=Purpose.MANUAL, connection__state=ConnectionState.ACTIVE.value)
    book = members.first()
    if book is None:
        raise PlanImpossible(why="it has no book by hand of an account that works")
    value, lines = rebalancing.work_out(row, book.connection.venue.code, book.connection_id)
    possible = [line for line in lines if not line.reason]
    plan = RebalancePlan.objects.create(
        portfolio=row, book_id=book.pk, value=value, fees=sum((line.fee for line in possible), Decimal(0))
    )
    RebalanceLine.objects.bulk_create(
        RebalanceLine(
            plan=plan,
            number=number,
            asset=line.asset,
            symbol=line.symbol,
            side=line.side.value,
            quantity=line.quantity,
            price=line.price,
            worth=line.worth,
            fee=line.fee,
            drift=line.drift.quantize(STEP),
            state=LineState.REFUSED if line.reason else LineState.WAITING,
            reason=line.reason,
        )
        for number, line in enumerate(lines, start=1)
    )
    return plan


@operation("portfolios.start_rebalance", permission=MANAGE, audited=("plan_id",))
def start_rebalance(*, actor: Actor, owner_id: UUID, plan_id: UUID) -> RebalancePlan:
    """Order what a preview says; one that runs already stays. Paper only: live orders are confirmed one by one.

    Raises PlanMissing, PlanImpossible (old, live, nothing to order, another one runs) and MoveNotAllowed.
    """
    plan = rebalancing.get_plan(plan_id, owner_id)
    row = locked(plan.portfolio_id, owner_id)
    if plan.state == PlanState.RUNNING:
        return plan
    PLAN_STATES.target("start", plan.state)
    if row.mode != Mode.PAPER:
        raise PlanImpossible(why="live orders are confirmed one by one, on the ticket, or once for a schedule")
    return begin(actor, plan)


def begin(actor: Actor, plan: RebalancePlan) -> RebalancePlan:
    """Order a fresh preview of a locked portfolio; who may is asked before. Raises PlanImpossible."""
    if plan.created_at < now() - GOOD_FOR:
        raise PlanImpossible(why="the preview is older than five minutes; work it out anew")
    if RebalancePlan.objects.filter(portfolio_id=plan.portfolio_id, state=PlanState.RUNNING).exists():
        raise PlanImpossible(why="another rebalancing is under way")
    if not plan.lines.filter(state=LineState.WAITING).exists():
        raise PlanImpossible(why="no line of the preview can be ordered")
    transition(plan, "start", table=PLAN_STATES, expected=plan.state, actor=actor, started_at=now())
    work.keep(REBALANCING)
    enqueue(plan.pk)
    return plan


@operation("portfolios.cancel_rebalance", permission=MANAGE, audited=("plan_id",))
def cancel_rebalance(*, actor: Actor, owner_id: UUID, plan_id: UUID) -> RebalancePlan:
    """Call a rebalancing off: nothing more is ordered, open orders are taken back. What is filled stays filled.

    Raises PlanMissing and MoveNotAllowed (it is over).
    """
    plan = rebalancing.get_plan(plan_id, owner_id)
    if plan.state == PlanState.CANCELLED:
        return plan
    transition(plan, "call_off", table=PLAN_STATES, expected=plan.state, actor=actor, ended_at=now())
    plan.lines.filter(state=LineState.WAITING).update(state=LineState.DROPPED, reason="The rebalancing was called off.")
    enqueue(plan.pk)
    return plan


def advance_rebalance(*, plan_id: UUID) -> None:
    """Do what a rebalancing lacks, one order a transaction; of one called off, take its orders back.

    Run twice, or at once, it places the same orders: plan and number of a line are its client id. Raises PlanMissing.
    """
    plan = RebalancePlan.objects.filter(pk=plan_id).first()
    if plan is None:
        raise PlanMissing
    if plan.state == PlanState.CANCELLED:
        for order_id in plan.lines.filter(order_id__isnull=False).values_list("order_id", flat=True):
            _take_back(order_id)
    while place_line(actor=SYSTEM, plan_id=plan_id):
        pass


@operation("portfolios.place_line", permission=RUN, trail=False)
def place_line(*, actor: Actor, plan_id: UUID) -> bool:
    """Place the next line of a running rebalancing; return whether there may be another.

    Buys wait until all sales are over; a refused line says why. With nothing left and all orders over, it is done.
    """
    plan = RebalancePlan.objects.select_for_update().select_related("portfolio", "book").get(pk=plan_id)
    if plan.state != PlanState.RUNNING:
        return False
    lines = list(plan.lines.order_by("number"))
    waiting = [line for line in lines if line.state == LineState.WAITING]
    under_way = _under_way(lines)
    is_selling = any(line.side == Side.SELL.value for line in under_way)
    ready = [line for line in waiting if line.side == Side.SELL.value or not is_selling]
    if ready:
        _place(actor, plan, ready[0])
        return len(ready) > 1
    if not under_way:
        transition(plan, "finish", table=PLAN_STATES, expected=plan.state, actor=actor, ended_at=now())
    return False


def _place(actor: Actor, plan: RebalancePlan, line: RebalanceLine) -> None:
    order = NewOrder(symbol=line.symbol, side=Side(line.side), kind=Kind.MARKET, quantity=line.quantity)
    wanted = PlacedFor(
        owner_id=plan.portfolio.owner_id,
        connection_id=plan.book.connection_id,
        book_id=plan.book_id,
        origin_kind=Origin.REBALANCE,
        origin_id=plan.pk,
        sequence=line.number,
        order=order,
        wanted_price=line.price,
    )
    try:
        with transaction.atomic():
            line.order_id = place_for(actor=actor, wanted=wanted).pk
        line.state = LineState.PLACED
    except DomainError as refusal:
        line.state, line.reason = LineState.FAILED, refusal.text[:300]
    line.save(update_fields=["state", "reason", "order_id"])


def _under_way(lines: Sequence[RebalanceLine]) -> list[RebalanceLine]:
    """The lines that wait, or whose order is not over."""
    ordered = [line for line in lines if line.state == LineState.PLACED and line.order_id is not None]
    over = list_final(line.order_id for line in ordered if line.order_id is not None) if ordered else set()
    placed = {line.pk for line in ordered if line.order_id not in over}
    return [line for line in lines if line.state == LineState.WAITING or line.pk in placed]


def _take_back(order_id: UUID | None) -> None:
    if order_id is None:
        return
    try:
        cancel_order(actor=SYSTEM, order_id=order_id, reason="The rebalancing was called off.")
    except OrderAlreadyOver:
        return


def enqueue(plan_id: UUID) -> None:
    """Have a worker look at a rebalancing after the commit."""
    from apps.trading.portfolios.tasks import advance  # the task calls the operations

    schema, key = current_schema(), str(plan_id)
    transaction.on_commit(lambda: advance.delay(schema, key), robust=True)
