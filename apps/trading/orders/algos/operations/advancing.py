"""Working an algorithm off: one step under the row's lock, at most one child a transaction, sent after its commit."""

from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from apps.core import outbox
from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.errors import DomainError
from apps.core.operation import operation
from apps.trading.instruments.queries import get_spec
from apps.trading.orders.algos.choices import AlgoStatus
from apps.trading.orders.algos.live import announce
from apps.trading.orders.algos.market import (
    child_of,
    moment_ms,
    orders_of,
    plan_of,
    read_volume,
    seen_of,
    state_of,
    write_state,
)
from apps.trading.orders.algos.models import AlgoOrder
from apps.trading.orders.algos.operations.starting import locked_algo
from apps.trading.orders.algos.shown import seen_of as what_is_seen
from apps.trading.orders.choices import Kind, Origin, TimeInForce
from apps.trading.orders.errors import OrderAlreadyOver
from apps.trading.orders.models import Order
from apps.trading.orders.operations.cancelling import cancel_order, transmit_cancel
from apps.trading.orders.operations.checking import NewOrder
from apps.trading.orders.operations.placing import PlacedFor, place_for
from apps.trading.orders.operations.recording import AVERAGING, RECORD
from apps.trading.orders.operations.recording import STEP as SMALLEST
from apps.trading.orders.operations.sending import send_order
from kernel.events.execution import AlgoEnded, AlgoPaused
from kernel.execution import Place, Plan, State, Status, participation_bps, schedule_error, step, turn_down, volume_lots
from kernel.instruments import INTERVALS, VOLUME_SCALE, InstrumentSpec, Side

SYSTEM = Actor.system("orders")
MOST_STEPS = 20
"""Steps in one go; the sweep goes on after them."""
CANDLE = INTERVALS["5m"]


@dataclass(frozen=True, slots=True)
class Done:
    """What a step asked for: a child to send, children to take back."""

    placed: UUID | None = None
    taken_back: tuple[UUID, ...] = ()

    def __bool__(self) -> bool:
        return self.placed is not None or bool(self.taken_back)


def advance_algo(*, algo_id: UUID) -> AlgoOrder:
    """Bring an algorithm as far as it goes now; call it outside any transaction, in a process that may trade.

    Safe to repeat, to run at once and to die at any point: the child and the state that counts it are committed
    together, and the child's client id follows from its number.
    """
    for _ in range(MOST_STEPS):
        done = step_algo(actor=SYSTEM, algo_id=algo_id)
        if not done:
            break
        if done.placed is not None:
            send_order(order_id=done.placed)
        for order_id in done.taken_back:
            transmit_cancel(order_id=order_id)
    return AlgoOrder.objects.get(pk=algo_id)


@operation("orders.step_algo", permission=RECORD, trail=False)
def step_algo(*, actor: Actor, algo_id: UUID) -> Done:
    """Take one step of an algorithm: what is known goes into the kernel, its answer into rows."""
    row = locked_algo(algo_id)
    was, shown = AlgoStatus(row.status), what_is_seen(row)
    spec, plan = get_spec(row.symbol), plan_of(row)
    orders = orders_of(row)
    moment = moment_ms(row.symbol, row.clock)
    _read_market(row, moment)
    seen = seen_of(row, spec)
    children = [child_of(order, spec) for order in orders]
    state, intents = step(plan, state_of(row), seen, children, moment)
    done = Done()
    for intent in intents:
        if isinstance(intent, Place):
            price = spec.price(seen.ask if plan.side is Side.BUY else seen.bid)
            row.child_ms = [*row.child_ms[: intent.number], moment]
            state, done = _place(row, intent, spec, state, price)
        else:
            done = Done(None, (*done.taken_back, *_take_back(orders[intent.number])))
    write_state(row, state)
    _measure(row, plan, spec, orders, moment)
    row.advanced_at = now()
    if state.status is Status.DONE and row.ended_at is None:
        row.ended_at = now()
    row.save()
    if what_is_seen(row) != shown:
        announce(row)
    _tell(row, was, actor)
    return done


def _place(row: AlgoOrder, child: Place, spec: InstrumentSpec, state: State, price: Decimal) -> tuple[State, Done]:
    wanted = PlacedFor(
        owner_id=row.owner_id,
        connection_id=row.connection_id,
        book_id=row.book_id,
        origin_kind=Origin.ALGO,
        origin_id=row.pk,
        sequence=child.number,
        order=_order(row, child, spec),
        wanted_price=price,
    )
    try:
        with transaction.atomic():
            return state, Done(place_for(actor=SYSTEM, wanted=wanted).pk)
    except DomainError as refusal:
        row.last_refusal = refusal.text[:300]
        return turn_down(state), Done()


def _order(row: AlgoOrder, child: Place, spec: InstrumentSpec) -> NewOrder:
    """Return the order of a child: at market, what fills at once up to the cap, or resting at its price."""
    at_market = NewOrder(
        symbol=row.symbol,
        side=Side(row.side),
        kind=Kind.MARKET,
        quantity=spec.quantity(child.lots),
        reduce_only=row.reduce_only,
        position_side=row.position_side,
    )
    if not child.limit_ticks:
        return at_market
    force = TimeInForce.GTC if child.rests else TimeInForce.IOC
    return replace(at_market, kind=Kind.LIMIT, price=spec.price(child.limit_ticks), time_in_force=force.value)


def _take_back(order: Order) -> tuple[UUID, ...]:
    if order.cancel_requested_at is not None:
        return ()
    try:
        cancel_order(actor=SYSTEM, order_id=order.pk, reason="the algorithm takes it back")
    except OrderAlreadyOver:
        return ()
    return (order.pk,)


def _read_market(row: AlgoOrder, moment: int) -> None:
    """Add the candles that closed since the last look."""
    until = moment // CANDLE * CANDLE
    if until > row.market_until_ms and not row.is_over:
        row.volume += read_volume(row.symbol, row.market_until_ms, until)
        row.market_until_ms = until


def _measure(row: AlgoOrder, plan: Plan, spec: InstrumentSpec, orders: list[Order], moment: int) -> None:
    """Set what was filled and how well the plan was kept."""
    filled = worth = Decimal(0)
    for order in orders:
        filled = AVERAGING.add(filled, order.filled)
        worth = AVERAGING.add(worth, AVERAGING.multiply(order.filled, order.average_price or Decimal(0)))
    row.filled = filled
    row.average_price = AVERAGING.divide(worth, filled).quantize(SMALLEST, context=AVERAGING) if filled else None
    row.share_bps = participation_bps(
        spec.lots(spec.floor_quantity(filled)), volume_lots(int(row.volume * VOLUME_SCALE), spec)
    )
    if plan.weights:
        lots = [
            (row.child_ms[order.sequence], spec.lots(spec.floor_quantity(order.filled)))
            for order in orders
            if order.filled
        ]
        found = schedule_error(plan, lots, moment)
        row.schedule_error_bps = found.worst_bps


def _tell(row: AlgoOrder, was: AlgoStatus, actor: Actor) -> None:
    if row.status == was:
        return
    if row.status == AlgoStatus.PAUSED:
        outbox.publish(AlgoPaused(algo_id=row.pk, owner_id=row.owner_id, why=row.why), actor=actor)
    elif row.is_over:
        outbox.publish(
            AlgoEnded(
                algo_id=row.pk,
                owner_id=row.owner_id,
                symbol=row.symbol,
                quantity=row.quantity,
                filled=row.filled,
                why=row.why,
            ),
            actor=actor,
        )
