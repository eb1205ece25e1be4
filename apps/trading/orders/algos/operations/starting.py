"""Starting, pausing, resuming and cancelling algorithms."""

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core import outbox, work
from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.context import current_schema
from apps.core.ids import uuid7
from apps.core.operation import operation
from apps.trading.exchanges.choices import ConnectionState
from apps.trading.exchanges.errors import ConnectionMissing
from apps.trading.exchanges.queries import get_connection
from apps.trading.instruments.queries import get_spec
from apps.trading.market_data.queries import BASE_INTERVAL, latest_bars
from apps.trading.orders.algos.choices import WORK, AlgoClock, AlgoKind, CatchUpRule, RestRule
from apps.trading.orders.algos.errors import AlgoDoesNotFit, AlgoMissing, AlgoOver
from apps.trading.orders.algos.live import announce
from apps.trading.orders.algos.market import clock_of, moment_ms, plan_of, state_of, write_state
from apps.trading.orders.algos.models import AlgoOrder
from apps.trading.orders.choices import Kind, Origin
from apps.trading.orders.errors import VenueNotActive
from apps.trading.orders.operations.checking import NewOrder
from apps.trading.orders.operations.margining import check_contract
from apps.trading.orders.operations.placing import PERSONS, TRADE
from apps.trading.orders.operations.reducing import cap_to_position
from apps.trading.positions.choices import Purpose
from apps.trading.positions.operations import open_book
from apps.trading.positions.queries import get_mark
from kernel.events.execution import AlgoPaused, AlgoStarted
from kernel.execution import Plan, State, Status, cancel, pause, resume, volume_curve
from kernel.instruments import INTERVALS, InstrumentSpec, OffGridError, Side, is_perpetual, market_of

SYSTEM = Actor.system("orders")
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=7)
MOST_SLICES = 500
PAST_CANDLES = 7 * 288
"""Candles of 5 minutes that a volume curve is made of: a week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgoWish:
    """What is wanted: quantity in base, prices in quote, shares in basis points.

    `duration` for all but icebergs, which may do without; `slices` for TWAP and VWAP. `participation_bps` is POV's
    share, and a cap for the others (0: none). `limit_price` is the worst price, an iceberg's own; `display_quantity`
    what an iceberg shows. `guard_bps` stops it while it works (0: no guard). `seed` None: one is drawn from
    the order's key. `reduce_only` and `position_side` are those of each child.
    """

    symbol: str
    side: Side
    algo: AlgoKind
    quantity: Decimal
    duration: timedelta | None = None
    slices: int = 0
    participation_bps: int = 0
    limit_price: Decimal | None = None
    display_quantity: Decimal | None = None
    guard_bps: int = 0
    time_jitter_bps: int = 0
    size_jitter_bps: int = 0
    seed: int | None = None
    catch_up: CatchUpRule = CatchUpRule.AT_ONCE
    rest: RestRule = RestRule.FINISH
    reduce_only: bool = False
    position_side: str = ""


@operation("orders.start_algo", permission=TRADE, audited=("owner_id", "connection_id", "wish"))
def start_algo(*, actor: Actor, owner_id: UUID, connection_id: UUID, wish: AlgoWish) -> AlgoOrder:
    """Store a parent order and have it worked off; each child is checked, reserved and sent like any order.

    One that only reduces is no larger than the position, or refused (NothingToReduce). Raises ConnectionMissing,
    VenueNotActive, UnknownSymbol, AlgoDoesNotFit and, of contracts, what `check_contract` raises.
    """
    if actor.kind in PERSONS and actor.id != owner_id:
        raise ConnectionMissing
    connection = get_connection(connection_id, owner_id=owner_id)
    if connection.state != ConnectionState.ACTIVE:
        raise VenueNotActive(state=ConnectionState(connection.state).label.lower())
    spec, mark = get_spec(wish.symbol), get_mark(wish.symbol)
    purpose = Purpose.CONTRACT if is_perpetual(wish.symbol) else Purpose.MANUAL
    book = open_book(actor=SYSTEM, owner_id=owner_id, connection_id=connection_id, purpose=purpose)
    check_wish(wish, spec, None if mark is None else mark.price)
    wish = _fitted(wish, spec, book.pk, connection)
    clock = clock_of(wish.symbol, is_paper=connection.mode == "paper")
    row = draft_of(wish, clock, moment_ms(wish.symbol, clock))
    row.owner_id, row.connection, row.book = owner_id, connection, book
    row.arrival_price = None if mark is None else mark.price
    row.guard_price = row.arrival_price if wish.guard_bps else None
    checked_plan(row)
    row.save(force_insert=True)
    outbox.publish(_started(row), actor=actor)
    announce(row)
    _wake(row)
    return row


@operation("orders.pause_algo", permission=TRADE, audited=("algo_id",))
def pause_algo(*, actor: Actor, algo_id: UUID) -> AlgoOrder:
    """Send no more children until it is resumed; what rests is taken back, and time goes on. Repeating is harmless.

    Raises AlgoMissing and AlgoOver.
    """
    row = _for(actor, algo_id)
    was = row.status
    _move(row, pause(state_of(row)))
    if row.status == Status.PAUSED != was:
        outbox.publish(AlgoPaused(algo_id=row.pk, owner_id=row.owner_id, why=row.why), actor=actor)
    return row


@operation("orders.resume_algo", permission=TRADE, audited=("algo_id",))
def resume_algo(*, actor: Actor, algo_id: UUID) -> AlgoOrder:
    """Go on; what was missed is caught up by the rule of its wish. Raises AlgoMissing and AlgoOver."""
    row = _for(actor, algo_id)
    _move(row, resume(state_of(row)))
    return row


@operation("orders.cancel_algo", permission=TRADE, audited=("algo_id",))
def cancel_algo(*, actor: Actor, algo_id: UUID, reason: str = "") -> AlgoOrder:
    """End it: what rests is taken back, what is filled stays filled. Raises AlgoMissing and AlgoOver."""
    row = _for(actor, algo_id)
    _move(row, cancel(state_of(row)))
    return row


def locked_algo(algo_id: UUID) -> AlgoOrder:
    """Return an algorithm whose row is locked until the end of the transaction, or raise AlgoMissing."""
    found = AlgoOrder.objects.select_for_update(of=("self",)).filter(pk=algo_id).first()
    if found is None:
        raise AlgoMissing
    return found


def _for(actor: Actor, algo_id: UUID) -> AlgoOrder:
    row = locked_algo(algo_id)
    if actor.kind in PERSONS and row.owner_id != actor.id:
        raise AlgoMissing
    if row.is_over:
        raise AlgoOver
    return row


def _move(row: AlgoOrder, state: State) -> None:
    write_state(row, state)
    row.save()
    announce(row)
    _wake(row)


def _wake(row: AlgoOrder) -> None:
    """Have a trading worker look after the commit; the sweep does it when that message is lost."""
    from apps.trading.orders.algos.tasks import advance  # the task calls the operations

    work.keep(WORK)
    schema, algo_id = current_schema(), str(row.pk)
    transaction.on_commit(lambda: advance.delay(schema, algo_id), robust=True)


def checked_plan(row: AlgoOrder) -> Plan:
    """Return the kernel's plan of a row. Raises AlgoDoesNotFit."""
    try:
        return plan_of(row)
    except OffGridError as reason:
        raise AlgoDoesNotFit(reason=f"It is off the exchange's grid: {reason}.") from reason
    except ValueError as reason:
        raise AlgoDoesNotFit(reason=f"This cannot be worked off: {reason}.") from reason


def check_wish(wish: AlgoWish, spec: InstrumentSpec, price: Decimal | None) -> None:
    """Refuse what cannot be worked off at a market price (None: unknown). Raises AlgoDoesNotFit and those of orders."""
    broken = spec.check_order(wish.quantity, wish.limit_price, market_price=price)
    too_large = wish.quantity > spec.max_quantity and wish.quantity % spec.lot == 0
    if broken is not None and not too_large:
        from apps.trading.orders.operations.checking import refusal_of

        raise refusal_of(broken, spec)
    if wish.algo == AlgoKind.ICEBERG:
        if wish.limit_price is None or wish.display_quantity is None:
            raise AlgoDoesNotFit(field="limit_price", reason="An iceberg needs a price and a visible quantity.")
    elif wish.duration is None:
        raise AlgoDoesNotFit(field="duration", reason="Say how long it may take.")
    if wish.duration is not None and not SHORTEST <= wish.duration <= LONGEST:
        raise AlgoDoesNotFit(field="duration", reason="It may take from a minute to 7 days.")
    is_sliced = wish.algo in (AlgoKind.TWAP, AlgoKind.VWAP)
    if is_sliced and not 1 <= wish.slices <= MOST_SLICES:
        raise AlgoDoesNotFit(field="slices", reason=f"Choose 1 to {MOST_SLICES} parts.")


def _fitted(wish: AlgoWish, spec: InstrumentSpec, book_id: UUID, connection: Any) -> AlgoWish:
    """Return a wish that the account takes: its position side, and no more than there is to reduce."""
    child = NewOrder(
        symbol=wish.symbol, side=wish.side, kind=Kind.MARKET, quantity=wish.quantity, position_side=wish.position_side
    )
    if is_perpetual(wish.symbol):
        check_contract(child, book_id, connection, Origin.ALGO)
    elif wish.position_side:
        raise AlgoDoesNotFit(field="position_side", reason="Only contracts have a position side.")
    if not wish.reduce_only:
        return wish
    most = cap_to_position(
        book_id=book_id, side=wish.side, quantity=wish.quantity, spec=spec, position_side=wish.position_side
    )
    return replace(wish, quantity=most)


def draft_of(wish: AlgoWish, clock: AlgoClock, start: int) -> AlgoOrder:
    """Return the row of a wish that starts at a moment of its clock in ms; it is not stored."""
    algo_id = uuid7()
    length = 0 if wish.duration is None else int(wish.duration.total_seconds() * 1000)
    return AlgoOrder(
        pk=algo_id,
        symbol=wish.symbol,
        side=wish.side.value,
        algo=wish.algo,
        reduce_only=wish.reduce_only,
        position_side=wish.position_side,
        quantity=wish.quantity,
        limit_price=wish.limit_price,
        display_quantity=wish.display_quantity,
        guard_bps=wish.guard_bps,
        participation_bps=wish.participation_bps,
        weights=_weights(wish, start, length),
        clock=clock,
        start_ms=start,
        end_ms=start + length if length else 0,
        time_jitter_bps=wish.time_jitter_bps,
        size_jitter_bps=wish.size_jitter_bps,
        seed=algo_id.int % 2**63 if wish.seed is None else wish.seed,
        catch_up=wish.catch_up,
        rest=wish.rest,
        market_until_ms=-(-start // INTERVALS[BASE_INTERVAL]) * INTERVALS[BASE_INTERVAL],
        advanced_at=now(),
    )


def _weights(wish: AlgoWish, start: int, length: int) -> list[int]:
    if wish.algo == AlgoKind.TWAP:
        return [1] * wish.slices
    if wish.algo != AlgoKind.VWAP:
        return []
    past = latest_bars(market_of(wish.symbol), BASE_INTERVAL, PAST_CANDLES, end_ms=start)
    volumes, times = [int(v) for v in past.volume], [int(t) for t in past.ts]
    curve = volume_curve(volumes, times, first_ms=start, slice_ms=max(1, length // wish.slices), slices=wish.slices)
    return list(curve)


def _started(row: AlgoOrder) -> AlgoStarted:
    return AlgoStarted(
        algo_id=row.pk, owner_id=row.owner_id, algo=row.algo, symbol=row.symbol, side=row.side, quantity=row.quantity
    )
