"""The plain values of the study pages; the templates name them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from apps.core.view import Attention, Curve, Figure, LegendItem, Page, Stat, State
from apps.trading.backtests.pages.shown import MonthCell


@dataclass(frozen=True, slots=True)
class StudyRow:
    """A line of the table of studies."""

    name: str
    url: str
    kind: str
    period: str
    trials: str
    state: State


@dataclass(frozen=True, slots=True)
class StudiesPage:
    """The list."""

    parent_url: str
    new_url: str
    studies: Sequence[StudyRow]
    page: Page


@dataclass(frozen=True, slots=True)
class AxisFields:
    """The controls of one number: try it at all, and the range."""

    title: str
    use: Any
    low: Any
    high: Any
    step: Any


@dataclass(frozen=True, slots=True)
class StudyFormPage:
    """The form."""

    parent_url: str
    action_url: str
    strategy: str
    errors: Sequence[str]
    idempotency_key: str
    form: forms.Form
    axes: Sequence[AxisFields]


@dataclass(frozen=True, slots=True)
class StudyRunPage:
    """A study that has no outcome (yet)."""

    title: str
    note: str
    parent_url: str
    cancel_url: str
    pause_url: str
    resume_url: str
    progress_url: str
    percent: int
    sentence: str
    state: str
    reason: str
    code: str
    repeat_url: str


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Scores by two numbers: names, the values across, and a row for each value down."""

    down: str
    across: str
    columns: Sequence[str]
    rows: Sequence["HeatRow"]


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A value of the number down, and the cells beside it."""

    label: str
    cells: Sequence[MonthCell]


@dataclass(frozen=True, slots=True)
class TrialRow:
    """One of the best trials."""

    numbers: str
    score: Figure
    result: Figure
    worst_fall: Figure
    trades: str


@dataclass(frozen=True, slots=True)
class WalkedRow:
    """One step of a walk forward."""

    period: str
    numbers: str
    fitted: Figure
    tried: Figure


@dataclass(frozen=True, slots=True)
class StudyPage:
    """A finished study; what its kind does not have is empty."""

    title: str
    parent_url: str
    note: str
    repeat_url: str
    verdict: str
    tone: str
    sentence: str
    checks: Sequence[Stat]
    points: Sequence[Attention]
    curve: Curve | None
    curve_title: str
    curve_note: str
    legend: Sequence[LegendItem]
    figures: Sequence[Stat]
    heat: HeatMap | None
    trials: Sequence[TrialRow]
    walked: Sequence[WalkedRow]
