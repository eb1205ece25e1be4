"""The worker's side of a back-test: claim, load, simulate in chunks, store. Running it twice does it once."""

import logging
from collections.abc import Callable
from typing import Final
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError

from apps.core.errors import DomainError
from apps.trading.backtests.candles import Material, load_material
from apps.trading.backtests.errors import AmountsTooLarge
from apps.trading.backtests.models import BacktestRun
from apps.trading.backtests.operations import (
    BacktestRequest,
    LeaseLost,
    claim_run,
    drop_run,
    fail_run,
    finish_run,
    note_progress,
)
from apps.trading.backtests.operations.work import WORKER
from apps.trading.backtests.outcome import Outcome, outcome_of
from apps.trading.strategies.queries import get_version
from kernel.simulation import Costs, simulate, statistics

logger = logging.getLogger("outcry.backtests")
CHUNK: Final = 1 << 16
DEFECT: Final = "Something went wrong on our side. Nothing was stored; you can repeat the back-test."
Watcher = Callable[[int, int], None]


class CancelledByOwner(Exception):
    """The owner called the run off."""


def execute(run_id: UUID, *, chunk: int = CHUNK, watch: Watcher | None = None) -> None:
    """Do a back-test if it waits or was abandoned. Every way out leaves the row in a state that says what happened.

    After every `chunk` bars progress is committed, the lease renewed and a cancellation obeyed; `watch(done, total)` is
    called then, too. A simulation keeps no half-way state: it takes milliseconds, so a new worker begins again.
    """
    run = claim_run(actor=WORKER, run_id=run_id)
    if run is None:
        return
    try:
        finish_run(actor=WORKER, run=run, outcome=_simulated(run, chunk, watch))
    except LeaseLost:
        logger.info("another worker has the run", extra={"run": str(run_id)})
    except CancelledByOwner:
        _close(run, lambda: drop_run(actor=WORKER, run=run))
    except DomainError as refusal:
        _fail(run, refusal.code, refusal.text)
    except SoftTimeLimitExceeded:
        _fail(run, "backtests.too_slow", "This took longer than a back-test may. Shorten the span and try again.")
    except (OperationalError, InterfaceError):
        # The database went away: nothing can be written now; when the lease is over another worker begins again.
        raise
    except Exception:
        _fail(run, "core.defect", DEFECT)
        raise


def _simulated(run: BacktestRun, chunk: int, watch: Watcher | None) -> Outcome:
    request = request_of(run)
    document = get_version(run.version_id)
    material = load_material(document, run.symbol, run.start, run.end, run.adjustment)

    def report(done: int, total: int) -> None:
        if watch is not None:
            watch(done, total)
        if note_progress(run, done, total):
            raise CancelledByOwner

    report(0, len(material.bars))
    return simulated(material, request, chunk=chunk, report=report)


def simulated(
    material: Material, request: BacktestRequest, *, chunk: int = CHUNK, report: Watcher | None = None
) -> Outcome:
    """Return what a back-test comes to; nothing but its arguments decides. Raises AmountsTooLarge and BadCosts."""
    costs: Costs = request.costs()
    try:
        result = simulate(
            material.bars,
            material.compiled,
            material.spec,
            costs,
            request.cash,
            start_index=material.start_index,
            on_progress=report,
            chunk=chunk,
        )
    except OverflowError:
        raise AmountsTooLarge(field="cash") from None
    interval = material.compiled.document.timeframe
    figures = statistics(result, interval, bars=material.bars, hours=material.hours, bitcoin=material.bitcoin)
    return outcome_of(material, result, figures)


def request_of(run: BacktestRun) -> BacktestRequest:
    """Return what a run was asked to do."""
    return BacktestRequest(
        version_id=run.version_id,
        symbol=run.symbol,
        start=run.start,
        end=run.end,
        cash=run.cash,
        taker_fee=run.taker_fee,
        slippage_bps=run.slippage_bps,
        adjusted=run.adjustment is not None,
    )


def _fail(run: BacktestRun, code: str, message: str) -> None:
    logger.info("back-test failed", extra={"run": str(run.pk), "code": code})
    _close(run, lambda: fail_run(actor=WORKER, run=run, code=code, message=message))


def _close(run: BacktestRun, write: Callable[[], BacktestRun]) -> None:
    try:
        write()
    except LeaseLost:
        logger.info("another worker has the run", extra={"run": str(run.pk)})
