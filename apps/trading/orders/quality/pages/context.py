"""What the page of execution quality is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.urls import reverse

from apps.core.templatetags.ui import amount
from apps.core.view import Choice, Figure, result
from apps.trading.orders.algos.choices import AlgoKind
from apps.trading.orders.choices import Origin
from apps.trading.orders.quality.pages.forms import AlertForm
from apps.trading.orders.quality.queries import By, Leg, QualityRow, get_quality_alert, report_quality
from apps.trading.orders.shown import NONE


@dataclass(frozen=True, slots=True)
class QualityLine:
    """A line of the report."""

    label: str
    orders: str
    worth: str
    slippage: str
    worst: str
    shortfall: Figure
    decision: str
    send: str
    answer: str
    fill: str


@dataclass(frozen=True, slots=True)
class QualityPage:
    """The report and the bounds."""

    tabs: Sequence[Choice]
    heading: str
    lines: Sequence[QualityLine]
    form: Any
    action_url: str


def quality_page(owner_id: UUID, by: str, form: AlertForm | None = None) -> QualityPage:
    """Return the report of the last 30 days, divided by exchange, market, origin or algorithm."""
    chosen = By(by) if by in By.values else By.VENUE
    bounds = get_quality_alert(owner_id)
    first = {} if bounds is None else {
        "worst_slippage_bps": bounds.worst_slippage_bps, "slowest_answer_ms": bounds.slowest_answer_ms,
    }  # fmt: skip
    base = reverse("orders-quality")
    return QualityPage(
        tabs=[Choice(str(item.label), f"{base}?by={item.value}", item is chosen) for item in By],
        heading=str(chosen.label),
        lines=[_line(row, chosen) for row in report_quality(owner_id, by=chosen)],
        form=form or AlertForm(initial=first),
        action_url=base,
    )


def _line(row: QualityRow, by: By) -> QualityLine:
    label = row.key
    if by is By.ORIGIN:
        label = str(Origin(row.key).label)
    elif by is By.ALGO:
        label = row.key if row.key == "none" else str(AlgoKind(row.key).label).partition(":")[0]
    return QualityLine(
        label=label,
        orders=f"{row.orders:,}",
        worth=amount(row.worth, 2),
        slippage=_bp(row.slippage_bps),
        worst=_bp(row.worst_bps),
        shortfall=result(-row.shortfall),
        decision=_leg(row.decision),
        send=_leg(row.send),
        answer=_leg(row.answer),
        fill=_leg(row.fill),
    )


def _bp(value: Decimal | None) -> str:
    return NONE if value is None else amount(value, 1)


def _leg(leg: Leg) -> str:
    if leg.p50 is None or leg.p99 is None:
        return NONE
    return f"{leg.p50:,.0f} / {leg.p99:,.0f}"
