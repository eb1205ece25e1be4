"""What the pages of the history are given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from apps.core.keyed_pages import page_of
from apps.core.templatetags.ui import amount
from apps.core.view import Choice, Figure, Page, Stat, result
from apps.trading.orders.history.pages.forms import HistoryForm
from apps.trading.orders.history.queries import Group, bounded, list_history, sum_history
from apps.trading.orders.queries import show_orders
from apps.trading.orders.shown import NONE, OrderRow

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """The list with its filter."""

    tabs: Sequence[Choice]
    form: HistoryForm
    reset_url: str
    export_url: str
    orders: Sequence[OrderRow]
    page: Page
    is_narrowed: bool


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A line of a table of sums."""

    label: str
    orders: str
    fill_rate: str
    worth: str
    realised: Figure


@dataclass(frozen=True, slots=True)
class GroupTable:
    """Sums by one thing."""

    title: str
    heading: str
    rows: Sequence[GroupRow]


@dataclass(frozen=True, slots=True)
class StatisticsPage:
    """Totals and sums with the filter."""

    tabs: Sequence[Choice]
    form: HistoryForm
    reset_url: str
    period: str
    stats: Sequence[Stat]
    tables: Sequence[GroupTable]


def history_page(owner_id: UUID, query: Mapping[str, Any], after: UUID | None) -> HistoryPage:
    """Return a page of the history, newest first, older than the order `after`."""
    form = HistoryForm(query, owner_id=owner_id)
    found = list_history(owner_id, form.wanted())
    kept = _kept(query)
    base = reverse("orders-history")
    shown, page = page_of(found, after=after, size=PAGE_SIZE, base=base, words="orders", kept=kept)
    return HistoryPage(
        tabs=_tabs(kept, "orders-history"),
        form=form,
        reset_url=base,
        export_url=f"{reverse('orders-history-csv')}?{urlencode(kept)}",
        orders=show_orders(shown),
        page=page,
        is_narrowed=bool(kept),
    )


def statistics_page(owner_id: UUID, query: Mapping[str, Any]) -> StatisticsPage:
    """Return the sums of a history: of the last 30 days where no period is given, of a year at most."""
    form = HistoryForm(query, owner_id=owner_id)
    wanted = bounded(form.wanted())
    found = sum_history(owner_id, wanted)
    stats = [
        Stat("Orders", Figure(f"{found.orders:,}"), f"{found.fills:,} fills"),
        Stat("Filled", Figure(_percent(found.fill_rate)), "of those that are over"),
        Stat("Cancelled", Figure(_percent(found.cancel_rate))),
        Stat("Refused", Figure(_percent(found.reject_rate))),
        Stat("Fills as maker", Figure(_percent(found.maker_share))),
        *(Stat(f"Volume, {asset}", Figure(amount(worth, 2))) for asset, worth in found.worth.items()),
        *(Stat(f"Fees, {asset}", Figure(f"{paid.normalize():f}")) for asset, paid in found.fees.items()),
        *(Stat(f"Result, {asset}", result(won), "before fees") for asset, won in found.realised.items()),
    ]
    assert wanted.start is not None
    until = "today" if wanted.end is None else f"{wanted.end - timedelta(days=1):%-d %b %Y}"
    return StatisticsPage(
        tabs=_tabs(_kept(query), "orders-statistics"),
        form=form,
        reset_url=reverse("orders-statistics"),
        period=f"{wanted.start:%-d %b %Y} to {until}",
        stats=stats,
        tables=[
            GroupTable("By day", "Day", _rows(found.by_day)),
            GroupTable("By market", "Market", _rows(found.by_symbol)),
            GroupTable("By bot and origin", "Placed by", _rows(found.by_origin)),
        ],
    )


def _rows(groups: Sequence[Group]) -> list[GroupRow]:
    rows = []
    for group in groups:
        over = group.filled + group.cancelled + group.rejected
        share = Decimal(group.filled) / over if over else None
        rows.append(
            GroupRow(group.label, f"{group.orders:,}", _percent(share), amount(group.worth, 2), result(group.realised))
        )
    return rows


def _percent(share: Decimal | None) -> str:
    return NONE if share is None else f"{amount(share * 100, 1)} %"


def _kept(query: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(query[name]) for name in HistoryForm.base_fields if query.get(name)}


def _tabs(kept: Mapping[str, str], current: str) -> list[Choice]:
    names = {"orders-history": "Orders", "orders-statistics": "Statistics"}
    return [Choice(label, f"{reverse(name)}?{urlencode(kept)}", name == current) for name, label in names.items()]
