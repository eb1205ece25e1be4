"""Back-tests side by side."""

from collections.abc import Sequence

from django.urls import reverse

from apps.core.view import Figure
from apps.trading.backtests import queries
from apps.trading.backtests.choices import RunState
from apps.trading.backtests.models import BacktestRun
from apps.trading.backtests.pages.result import figure_of
from apps.trading.backtests.pages.rows import NONE, number, rows_of
from apps.trading.backtests.pages.shown import ComparisonPage, ComparisonRow
from kernel.simulation import DEFINITIONS


def comparison_page(runs: Sequence[BacktestRun]) -> ComparisonPage:
    """Return the page of several back-tests: a column each, a row for each figure."""
    done = [run for run in runs if run.state == RunState.DONE]
    stored = [queries.get_outcome(run).statistics for run in done]
    rows = [
        ComparisonRow(
            label=item.title,
            definition=item.definition,
            figures=[_figure(statistics.get(item.name)) for statistics in stored],
        )
        for item in DEFINITIONS
    ]
    spans = {(run.symbol, run.interval, run.start, run.end) for run in done}
    note = "They do not cover the same market and period: compare with care." if len(spans) > 1 else ""
    return ComparisonPage(reverse("backtests-list"), rows_of(done), rows, note)


def _figure(item: dict[str, str | None] | None) -> Figure:
    return NONE if item is None else figure_of(number(item["value"]), str(item["unit"]))
