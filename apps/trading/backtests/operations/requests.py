"""Asking for a back-test and calling it off."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import transaction

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.context import current_schema
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.core.transitions import transition
from apps.trading.backtests import queries
from apps.trading.backtests.candles import load_material, newest_adjustment
from apps.trading.backtests.choices import RUN_STATES, RunState
from apps.trading.backtests.errors import AlreadyOver, BadCosts, TooManyOpen
from apps.trading.backtests.models import BacktestRun
from apps.trading.strategies.queries import get_version_row
from kernel.simulation import Costs

RUN = declare("backtests.run", "Start and cancel own back-tests")
MOST_OPEN: Final = 10
LEAST_CASH, MOST_CASH = Decimal(1), Decimal(10) ** 9
PICK_UP_WITHIN: Final = timedelta(seconds=60)

_queue: list[Callable[[str, UUID], None]] = []


@dataclass(frozen=True, slots=True)
class BacktestRequest:
    """What to simulate: open times [start, end), cash in quote, the fee as a share (0.001 is 0.1 %)."""

    version_id: UUID
    symbol: str
    start: datetime
    end: datetime
    cash: Decimal
    taker_fee: Decimal
    slippage_bps: Decimal
    adjusted: bool = False
    """Whether candles are read as they are after splits and dividends."""

    def costs(self) -> Costs:
        """Return the costs; raise BadCosts when they or the cash are out of bounds."""
        if not LEAST_CASH <= self.cash <= MOST_CASH or self.cash != round(self.cash, 8):
            raise BadCosts(field="cash", reason=f"Start with {LEAST_CASH} to {MOST_CASH:,}, with at most 8 decimals.")
        try:
            return Costs(taker_fee=self.taker_fee, slippage_bps=self.slippage_bps)
        except ValueError as error:
            field = "slippage_bps" if "slippage" in str(error) else "taker_fee"
            raise BadCosts(field=field, reason="Costs are 0 to 10 % a side, with at most 6 decimals.") from None


def on_queued(function: Callable[[str, UUID], None]) -> None:
    """Register what hands a run (schema, id) to the workers."""
    _queue[:] = [function]


def enqueue(schema: str, run_id: UUID) -> None:
    """Hand a run to the workers."""
    for function in _queue:
        function(schema, run_id)


@operation("backtests.start_backtest", permission=RUN)
def start_backtest(*, actor: Actor, owner_id: UUID, request: BacktestRequest) -> BacktestRun:
    """Store a back-test and hand it to the workers once it is committed; return the row.

    Everything that can be refused is refused here: VersionMissing, UnknownSymbol, UnknownInterval, EmptySpan,
    SpanTooLong, NoCandles, TooFewCandles, BadCosts, TooManyOpen.
    """
    version = get_version_row(request.version_id, owner_id=owner_id)
    document = version.parsed()
    request.costs()
    adjustment = newest_adjustment(request.symbol) if request.adjusted else None
    load_material(document, request.symbol, request.start, request.end, adjustment)
    if queries.count_open(owner_id) >= MOST_OPEN:
        raise TooManyOpen(most=MOST_OPEN)
    run = BacktestRun.objects.create(
        owner_id=owner_id,
        version=version,
        document_hash=version.document_hash,
        symbol=request.symbol,
        interval=document.timeframe,
        start=request.start,
        end=request.end,
        cash=request.cash,
        taker_fee=request.taker_fee,
        slippage_bps=request.slippage_bps,
        adjustment=adjustment,
        lease_until=now() + PICK_UP_WITHIN,
    )
    schema = current_schema()
    # If the broker is away the row stays, and the sweep hands it over later.
    transaction.on_commit(lambda: enqueue(schema, run.pk), robust=True)
    return run


@operation("backtests.cancel_backtest", permission=RUN, audited=("run_id",))
def cancel_backtest(*, actor: Actor, owner_id: UUID, run_id: UUID) -> BacktestRun:
    """Call a back-test off: at once while it waits, at the next chunk while it runs. Repeating it changes nothing.

    Raises BacktestMissing and AlreadyOver.
    """
    run = BacktestRun.objects.select_for_update().get(pk=queries.get_run(run_id, owner_id).pk)
    if run.state == RunState.QUEUED:
        return transition(
            run, "cancel", table=RUN_STATES, expected=run.state, actor=actor, cancel_requested=True, finished_at=now()
        )
    if run.state == RunState.RUNNING:
        BacktestRun.objects.filter(pk=run.pk).update(cancel_requested=True)
        run.refresh_from_db()
        return run
    if run.state != RunState.CANCELLED:
        raise AlreadyOver(state=run.state)
    return run
