"""Reading back-tests."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.trading.backtests.choices import OPEN_STATES, RunState
from apps.trading.backtests.errors import BacktestMissing, BacktestNotDone
from apps.trading.backtests.models import BacktestResult, BacktestRun
from apps.trading.backtests.outcome import StoredOutcome


def list_runs(owner_id: UUID) -> QuerySet[BacktestRun]:
    """Return a person's back-tests with their versions, newest first."""
    return BacktestRun.objects.filter(owner_id=owner_id).select_related("version__strategy").order_by("-id")


def get_run(run_id: UUID, owner_id: UUID) -> BacktestRun:
    """Return a back-test of a person, or raise BacktestMissing."""
    found = list_runs(owner_id).filter(pk=run_id).first()
    if found is None:
        raise BacktestMissing
    return found


def list_chosen_runs(run_ids: Collection[UUID], owner_id: UUID) -> list[BacktestRun]:
    """Return those of the named back-tests that are the person's, oldest first."""
    return list(list_runs(owner_id).filter(pk__in=run_ids).order_by("id"))


def get_outcome(run: BacktestRun) -> StoredOutcome:
    """Return the result of a back-test, or raise BacktestNotDone."""
    found = BacktestResult.objects.filter(run=run).first()
    if found is None:
        raise BacktestNotDone(state=run.state)
    return StoredOutcome(found)


def list_figures(runs: Collection[BacktestRun]) -> dict[UUID, dict[str, str | None]]:
    """Return the figures of the finished ones among `runs`: id of the run → name → value as text."""
    found = BacktestResult.objects.filter(run__in=runs).values_list("run_id", "statistics")
    return {run_id: {item["name"]: item["value"] for item in statistics} for run_id, statistics in found}


def list_newest_done(owner_id: UUID, version_ids: Collection[UUID]) -> Sequence[BacktestRun]:
    """Return the newest finished back-test of each version that has one."""
    done = BacktestRun.objects.filter(owner_id=owner_id, version__in=version_ids, state=RunState.DONE)
    return list(done.order_by("version_id", "-id").distinct("version_id"))


def count_open(owner_id: UUID) -> int:
    """Return how many back-tests of a person wait or run."""
    return BacktestRun.objects.filter(owner_id=owner_id, state__in=OPEN_STATES).count()


def list_abandoned(at: datetime) -> list[UUID]:
    """Return the back-tests of this schema that wait or run without a worker that still shows signs of life."""
    silent = BacktestRun.objects.filter(Q(state__in=OPEN_STATES), lease_until__lt=at).order_by("lease_until")
    return list(silent.values_list("pk", flat=True)[:100])
