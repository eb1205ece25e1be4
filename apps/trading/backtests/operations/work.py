"""What the worker reports. Each write names the lease it was made under; a lost lease changes nothing."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import F

from apps.core import outbox
from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.operation import operation
from apps.core.transitions import transition
from apps.trading.backtests.choices import OPEN_STATES, RUN_STATES, RunState
from apps.trading.backtests.models import BacktestResult, BacktestRun
from apps.trading.backtests.operations.requests import PICK_UP_WITHIN, RUN
from apps.trading.backtests.outcome import Outcome
from kernel.events.strategy import BacktestFinished

LEASE: Final = timedelta(seconds=60)
MOST_ATTEMPTS: Final = 3
WORKER: Final = Actor.system("backtests")
GAVE_UP = ("backtests.gave_up", "The worker died three times over this back-test. Shorten the span and try again.")


class LeaseLost(Exception):
    """Another worker holds the run, or it is over."""


@operation("backtests.claim_run", permission=RUN, trail=False)
def claim_run(*, actor: Actor, run_id: UUID) -> BacktestRun | None:
    """Take the lease of a run that waits or was abandoned; None when there is nothing to do.

    A run that was cancelled meanwhile is closed, one that killed three workers is failed.
    """
    run = BacktestRun.objects.select_for_update().filter(pk=run_id, state__in=OPEN_STATES).first()
    if run is None or (run.state == RunState.RUNNING and run.lease_until >= now()):
        return None
    if run.cancel_requested:
        _close(run, "cancel", actor)
        return None
    if run.lease_epoch >= MOST_ATTEMPTS:
        _close(run, "fail", actor, error_code=GAVE_UP[0], error_message=GAVE_UP[1])
        return None
    taken: dict[str, Any] = {"lease_epoch": F("lease_epoch") + 1, "lease_until": now() + LEASE, "bars_done": 0}
    if run.state == RunState.QUEUED:
        return transition(run, "begin", table=RUN_STATES, expected=run.state, actor=actor, started_at=now(), **taken)
    BacktestRun.objects.filter(pk=run.pk).update(**taken)
    run.refresh_from_db()
    return run


def note_progress(run: BacktestRun, done: int, total: int) -> bool:
    """Write how far a run is and renew its lease; return whether its owner wants it cancelled. Raises LeaseLost."""
    held = BacktestRun.objects.filter(pk=run.pk, state=RunState.RUNNING, lease_epoch=run.lease_epoch)
    with transaction.atomic():
        if not held.update(bars_done=done, bars_total=total, lease_until=now() + LEASE):
            raise LeaseLost
        return bool(held.values_list("cancel_requested", flat=True).get())


@operation("backtests.finish_run", permission=RUN, trail=False)
def finish_run(*, actor: Actor, run: BacktestRun, outcome: Outcome) -> BacktestRun:
    """Store the result and close the run, together. Raises LeaseLost."""
    held = _held(run)
    BacktestResult.objects.create(
        run=held,
        data_hash=outcome.data_hash,
        result_hash=outcome.result_hash,
        facts=outcome.facts,
        statistics=outcome.statistics,
        months=outcome.months,
        series=outcome.series,
        fills=outcome.fills,
        trades=outcome.trades,
    )
    return _close(held, "finish", actor, bars_done=F("bars_total"))


@operation("backtests.fail_run", permission=RUN, trail=False)
def fail_run(*, actor: Actor, run: BacktestRun, code: str, message: str) -> BacktestRun:
    """Close a run that cannot be done, with the reason its owner reads. Raises LeaseLost."""
    return _close(_held(run), "fail", actor, error_code=code[:80], error_message=message[:500])


@operation("backtests.drop_run", permission=RUN, trail=False)
def drop_run(*, actor: Actor, run: BacktestRun) -> BacktestRun:
    """Close a run that its owner called off. Raises LeaseLost."""
    return _close(_held(run), "cancel", actor)


@operation("backtests.give_back_run", permission=RUN, trail=False)
def give_back_run(*, actor: Actor, run_id: UUID) -> None:
    """Let an abandoned run wait for a worker a while before the sweep hands it out again."""
    BacktestRun.objects.filter(pk=run_id, state=RunState.QUEUED).update(lease_until=now() + PICK_UP_WITHIN)


def _held(run: BacktestRun) -> BacktestRun:
    found = BacktestRun.objects.select_for_update().filter(
        pk=run.pk, state=RunState.RUNNING, lease_epoch=run.lease_epoch
    )
    held = found.first()
    if held is None:
        raise LeaseLost
    return held


def _close(run: BacktestRun, event: str, actor: Actor, **changes: Any) -> BacktestRun:
    closed = transition(run, event, table=RUN_STATES, expected=run.state, actor=actor, finished_at=now(), **changes)
    if event != "cancel":
        outbox.publish(
            BacktestFinished(run_id=closed.pk, owner_id=closed.owner_id, state=str(closed.state)), actor=actor
        )
    return closed
