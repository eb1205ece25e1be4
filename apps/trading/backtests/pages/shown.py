"""The plain values of the back-test pages; the templates name them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import forms

from apps.core.view import Attention, Chart, Curve, Fact, Figure, LegendItem, Page, Stat, State
from apps.trading.backtests.shapes import Scatter, Spread


@dataclass(frozen=True, slots=True)
class BacktestRow:
    """A line of a table of back-tests."""

    id: str
    name: str
    url: str
    period: str
    result: Figure
    holding: Figure
    worst_fall: Figure
    trades: str
    state: State


@dataclass(frozen=True, slots=True)
class BacktestsPage:
    """The list."""

    new_url: str
    compare_url: str
    backtests: Sequence[BacktestRow]
    page: Page


@dataclass(frozen=True, slots=True)
class BacktestFormPage:
    """The form."""

    parent_url: str
    action_url: str
    errors: Sequence[str]
    idempotency_key: str
    form: forms.Form
    data_facts: Sequence[Fact]


@dataclass(frozen=True, slots=True)
class BacktestRunPage:
    """A back-test that has no result (yet)."""

    title: str
    note: str
    parent_url: str
    cancel_url: str
    idempotency_key: str
    progress_url: str
    percent: int
    sentence: str
    state: str
    reason: str
    code: str
    repeat_url: str


@dataclass(frozen=True, slots=True)
class Trust:
    """How far to trust a result."""

    verdict: str
    tone: str
    points: Sequence[Attention]


@dataclass(frozen=True, slots=True)
class MonthCell:
    """One month of the heat map."""

    text: str = ""
    level: str = ""


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One year of the heat map."""

    year: str
    cells: Sequence[MonthCell]


@dataclass(frozen=True, slots=True)
class TradeRow:
    """One round trip."""

    opened: str
    closed: str
    size: str
    entry: str
    exit: str
    result: Figure
    percent: Figure
    why: str


@dataclass(frozen=True, slots=True)
class BacktestPage:
    """A finished back-test."""

    title: str
    parent_url: str
    note: str
    repeat_url: str
    run_url: str
    result: Figure
    holding_sentence: str
    equity: Curve
    drawdown: Curve
    legend: Sequence[LegendItem]
    metrics: Sequence[Stat]
    figures: Sequence[Stat]
    chart: Chart
    chart_note: str
    trust: Trust
    months: Sequence[MonthRow]
    trades: Sequence[TradeRow]
    trades_note: str
    trades_url: str
    quote: str
    spread: Spread | None
    scatter: Scatter | None
    report_url: str


@dataclass(frozen=True, slots=True)
class TradesPage:
    """All round trips, a page at a time."""

    title: str
    parent_url: str
    parent_label: str
    quote: str
    trades: Sequence[TradeRow]
    page: Page


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """One figure of all compared back-tests."""

    label: str
    definition: str
    figures: Sequence[Figure]


@dataclass(frozen=True, slots=True)
class ComparisonPage:
    """Back-tests side by side."""

    parent_url: str
    runs: Sequence[BacktestRow]
    rows: Sequence[ComparisonRow]
    note: str
