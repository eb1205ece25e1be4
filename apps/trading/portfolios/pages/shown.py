"""What the pages of portfolios are given."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apps.core.view import Choice, Curve, Figure, LegendItem, Stat, State


@dataclass(frozen=True, slots=True)
class PortfolioRow:
    """A portfolio in the list."""

    name: str
    url: str
    mode: str
    value: str
    unit: str
    day: Figure | None
    result: Figure | None
    state: State
    books: int


@dataclass(frozen=True, slots=True)
class PortfoliosPage:
    """All portfolios and the form for a new one."""

    note: str
    rows: Sequence[PortfolioRow]
    form: Any
    errors: Sequence[str]
    url: str
    has_account: bool


@dataclass(frozen=True, slots=True)
class AssetRow:
    """An asset of a portfolio."""

    asset: str
    quantity: str
    price: str
    source: str
    worth: str
    share: str
    percent: int


@dataclass(frozen=True, slots=True)
class BookRow:
    """A book of a portfolio."""

    id: str
    name: str
    venue: str
    can_leave: bool


@dataclass(frozen=True, slots=True)
class FlowRow:
    """What came in or went out."""

    time: str
    what: str
    asset: str
    amount: Figure
    note: str


@dataclass(frozen=True, slots=True)
class PortfolioPage:
    """One portfolio."""

    name: str
    url: str
    mode: str
    unit: str
    value: str
    day: Figure | None
    state: State
    stats: Sequence[Stat]
    ranges: Sequence[Choice]
    curve: Curve | None
    legend: Sequence[LegendItem]
    measures: Sequence[Stat]
    assets: Sequence[AssetRow]
    books: Sequence[BookRow]
    flows: Sequence[FlowRow]
    is_default: bool
    book_form: Any
    flow_form: Any
    name_form: Any
    benchmark_form: Any
    errors: Sequence[str]
