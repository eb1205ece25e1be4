"""The plain values of the strategy pages; the templates name them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apps.core.view import Fact, Figure, Page
from apps.trading.strategies.pages.forms import StrategyForm
from apps.trading.strategies.pages.rules import BLANK, BUILDER, Builder, Rule, RuleGroup
from apps.trading.strategies.wording import Change


@dataclass(frozen=True, slots=True)
class StrategyRow:
    """A line of the list."""

    name: str
    url: str
    market: str
    interval: str
    version: int
    changed: str
    last_result: Figure | None
    last_result_url: str
    holding: Figure | None
    bots: int
    backtest_url: str


@dataclass(frozen=True, slots=True)
class TemplateCard:
    """A strategy of the gallery."""

    key: str
    name: str
    text: str
    sentence: str
    url: str


@dataclass(frozen=True, slots=True)
class StrategiesPage:
    """The list."""

    new_url: str
    gallery_url: str
    strategies: Sequence[StrategyRow]
    templates: Sequence[TemplateCard]
    page: Page
    other_label: str
    other_url: str


@dataclass(frozen=True, slots=True)
class GalleryPage:
    """All ready strategies."""

    parent_url: str
    templates: Sequence[TemplateCard]


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A line of the versions."""

    number: int
    url: str
    current: bool
    time: str
    change: str
    diff_url: str
    result: Figure | None
    result_url: str


@dataclass(frozen=True, slots=True)
class StrategyPage:
    """A strategy at one of its versions."""

    name: str
    parent_url: str
    note: str
    is_archived: bool
    edit_url: str
    backtest_url: str
    optimise_url: str
    bot_url: str
    archive_url: str
    sentence: str
    entry: Sequence[str]
    entry_join: str
    exit: Sequence[str]
    exit_join: str
    facts: Sequence[Fact]
    versions: Sequence[VersionRow]
    backtests: Sequence[Any]


@dataclass(frozen=True, slots=True)
class DiffPage:
    """What differs between two versions."""

    name: str
    parent_url: str
    title: str
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class StrategyFormPage:
    """The builder."""

    heading: str
    parent_url: str
    save_label: str
    errors: Sequence[str]
    action_url: str
    expected: int
    form: StrategyForm
    entry: RuleGroup
    exit: RuleGroup
    preview: str
    builder: Builder = BUILDER
    blank: Rule = BLANK
