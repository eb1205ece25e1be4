"""Lines about back-tests: for their own list and for the strategy pages."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.urls import reverse

from apps.core.view import Figure, State, result
from apps.trading.backtests import queries
from apps.trading.backtests.choices import RunState
from apps.trading.backtests.models import BacktestRun
from apps.trading.backtests.pages.shown import BacktestRow
from apps.trading.strategies.queries import LastResult

NONE = Figure("–")
SHOWN_ON_STRATEGY = 10
STATES = {
    RunState.QUEUED: State("wait", "Waiting"),
    RunState.RUNNING: State("wait", "Running"),
    RunState.DONE: State("good", "Done"),
    RunState.FAILED: State("danger", "Failed"),
    RunState.CANCELLED: State("off", "Cancelled"),
}


def day(at: datetime) -> str:
    """Return a day as pages write it."""
    return f"{at.day} {at:%b %Y}"


def period(run: BacktestRun) -> str:
    """Return the span of a run, last day included."""
    return f"{day(run.start)} to {day(run.end - timedelta(milliseconds=1))}"


def title(run: BacktestRun) -> str:
    """Return the name of a run: strategy, version, market."""
    return f"{run.version.strategy.name} v{run.version.number}, {run.symbol}"


def number(text: str | None) -> Decimal | None:
    """Return a stored figure."""
    return None if text is None else Decimal(text)


def rows_of(runs: Sequence[BacktestRun]) -> list[BacktestRow]:
    """Return lines for runs."""
    figures = queries.list_figures(runs)
    return [_row(run, figures.get(run.pk, {})) for run in runs]


def _row(run: BacktestRun, figures: Mapping[str, str | None]) -> BacktestRow:
    def of(name: str, sign: int = 1) -> Figure:
        value = number(figures.get(name))
        return NONE if value is None else result(sign * value, 1)

    return BacktestRow(
        id=str(run.pk),
        name=f"{run.version.strategy.name} v{run.version.number}",
        url=reverse("backtests-detail", args=[run.pk]),
        period=f"{run.symbol} {run.interval}, {period(run)}",
        result=of("total_return"),
        holding=of("holding_return"),
        worst_fall=Figure(of("max_drawdown", -1).text),
        trades=figures.get("trades") or "–",
        state=STATES[RunState(run.state)],
    )


def rows_of_strategy(owner_id: UUID, strategy_id: UUID) -> list[BacktestRow]:
    """Return lines for the newest back-tests of a strategy, all versions."""
    return rows_of(list(queries.list_runs(owner_id).filter(version__strategy_id=strategy_id)[:SHOWN_ON_STRATEGY]))


def results_of(owner_id: UUID, version_ids: Collection[UUID]) -> dict[UUID, LastResult]:
    """Return the newest result of each version that has one."""
    runs = queries.list_newest_done(owner_id, version_ids)
    figures = queries.list_figures(runs)
    return {
        run.version_id: LastResult(
            symbol=run.symbol,
            result=result(number(figures[run.pk]["total_return"]), 1),
            holding=result(number(figures[run.pk]["holding_return"]), 1),
            url=reverse("backtests-detail", args=[run.pk]),
        )
        for run in runs
    }
