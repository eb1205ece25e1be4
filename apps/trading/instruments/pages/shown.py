"""What the pages of watchlists and alerts are given."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apps.core.view import Choice, PricedRow, State


@dataclass(frozen=True, slots=True)
class WatchRow(PricedRow):
    """A symbol of a list with what is known of its price."""

    bid: str
    ask: str
    volume: str
    state: State
    alert_url: str


@dataclass(frozen=True, slots=True)
class WatchlistPage:
    """A person's lists, one of them open."""

    lists: Sequence[Choice]
    name: str
    rows: Sequence[WatchRow]
    url: str
    new_url: str
    form: Any
    add_form: Any
    rename_form: Any
    errors: Sequence[str]
    suggestions: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert of the list."""

    id: str
    name: str
    symbol: str
    market_url: str
    sentence: str
    state: State
    rearm: str
    fired: str
    url: str
    can_arm: bool
    can_pause: bool


@dataclass(frozen=True, slots=True)
class AlertsPage:
    """A person's alerts and the form of a new one."""

    note: str
    alerts: Sequence[AlertRow]
    form: Any
    errors: Sequence[str]
    url: str
