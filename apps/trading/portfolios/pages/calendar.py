"""/calendar/: what every hour, day and month brought, by the reader's own clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.ids import parse_uuid
from apps.core.templatetags.ui import signed
from apps.core.view import Choice, Figure, result
from apps.platform.authentication.access import customer_required
from apps.trading.portfolios import operations, queries
from apps.trading.portfolios.calendar import FIRST, LAST, ZONES, Calendar, Cell, read_calendar, today_in, zone_of
from apps.trading.portfolios.errors import PeriodInvalid

WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LEVELS = 4


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell: its short name, its result in words, how strong its ground is, where it leads, and its fills."""

    name: str
    title: str
    text: str
    level: str
    url: str
    fills: int
    is_blank: bool = False


@dataclass(frozen=True, slots=True)
class CalendarPage:
    """The page."""

    title: str
    period: str
    weekdays: Sequence[str]
    rows: Sequence[Sequence[ShownCell]]
    total: Figure
    asset: str
    note: str
    views: Sequence[Choice]
    assets: Sequence[Choice]
    portfolios: Sequence[Choice]
    previous_url: str
    next_url: str
    zone: str
    zone_form: Any
    url: str


class ZoneForm(forms.Form):
    """The reader's time zone."""

    zone = forms.ChoiceField(label="Your time zone")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(name, name.replace("_", " ")) for name in sorted(ZONES)]
        self.fields["zone"].choices = names  # type: ignore[attr-defined]  # a ChoiceField


@customer_required
@require_http_methods(["GET", "POST"])
def calendar(request: HttpRequest) -> HttpResponse:
    """Show a year, a month or a day; POST chooses the time zone."""
    request.nav_active = "calendar"  # type: ignore[attr-defined]  # read by the shell
    owner_id: UUID = request.user.pk  # type: ignore[assignment]  # customer_required lets only people in
    if request.method == "POST":
        form = ZoneForm(request.POST)
        zone = (
            request.POST.get("zone", "")[:64].replace("\x00", "") if not form.is_valid() else form.cleaned_data["zone"]
        )
        operations.choose_zone(actor=Actor.of(request.user), owner_id=owner_id, zone=zone)
        return redirect(request.get_full_path())
    zone = zone_of(owner_id)
    today = today_in(zone, now())
    at, asset = request.GET.get("at") or f"{today:%Y-%m}", request.GET.get("asset", "")[:16]
    portfolio_id = _portfolio(request, owner_id)
    found = read_calendar(owner_id, at=at, zone=zone, asset=asset, portfolio_id=portfolio_id)
    page = page_of(owner_id, at, found, portfolio_id)
    return render(request, "trading/portfolios/calendar.html", {"page": page})


def _portfolio(request: HttpRequest, owner_id: UUID) -> UUID | None:
    wanted = parse_uuid(request.GET.get("portfolio", ""))
    return None if wanted is None else queries.get_portfolio(wanted, owner_id).pk


def page_of(owner_id: UUID, at: str, found: Calendar, portfolio_id: UUID | None) -> CalendarPage:
    """Return the page of a year ("2026"), month ("2026-03") or day ("2026-03-29")."""
    first = _first_day(at)
    kept = {"asset": found.asset, **({"portfolio": str(portfolio_id)} if portfolio_id else {})}

    def address(where: str, **changes: str) -> str:
        return f"{reverse('calendar')}?{urlencode({'at': where, **kept, **changes})}"

    period = ("year", "month", "day")[at.count("-")]
    earlier, later = _beside(first, period)
    portfolios = [Choice("All", f"{reverse('calendar')}?{urlencode({'at': at})}", portfolio_id is None)]
    portfolios += [
        Choice(row.name, address(at, portfolio=str(row.pk)), row.pk == portfolio_id)
        for row in queries.list_portfolios(owner_id)[:8]
    ]
    return CalendarPage(
        title={"year": f"{first:%Y}", "month": f"{first:%B %Y}", "day": f"{first:%A %-d %B %Y}"}[period],
        period=period,
        weekdays=WEEK if period == "month" else (),
        rows=_rows(found, period, first, address),
        total=result(found.total),
        asset=found.asset,
        note=f"{found.fills} fill{'s' if found.fills != 1 else ''}, realised by FIFO less fees",
        views=[
            Choice("Year", address(f"{first:%Y}"), period == "year"),
            Choice("Month", address(f"{first:%Y-%m}"), period == "month"),
            Choice("Day", address(f"{first:%Y-%m-%d}"), period == "day"),
        ],
        assets=[Choice(name, address(at, asset=name), name == found.asset) for name in found.assets],
        portfolios=portfolios,
        previous_url=address(earlier) if earlier else "",
        next_url=address(later) if later else "",
        zone=found.zone,
        zone_form=ZoneForm(initial={"zone": found.zone}),
        url=address(at),
    )


def _first_day(at: str) -> date:
    parts = [int(part) for part in at.split("-")]
    try:
        return date(*[*parts, 1, 1][:3])
    except (ValueError, TypeError):
        raise PeriodInvalid(field="at") from None


def _beside(first: date, period: str) -> tuple[str, str]:
    """Return the period before and the one after; empty where the calendar ends."""
    if period == "day":
        pair = (f"{first - timedelta(days=1):%Y-%m-%d}", f"{first + timedelta(days=1):%Y-%m-%d}")
    elif period == "month":
        pair = (f"{first - timedelta(days=1):%Y-%m}", f"{first + timedelta(days=31):%Y-%m}")
    else:
        pair = (str(first.year - 1), str(first.year + 1))
    before, after = (where if FIRST <= int(where[:4]) <= LAST else "" for where in pair)
    return before, after


def _rows(found: Calendar, period: str, first: date, address: Any) -> list[list[ShownCell]]:
    most = max((cell.result.copy_abs() for cell in found.cells), default=Decimal(0))
    cells = [_cell(cell, period, most, found.asset, address) for cell in found.cells]
    if period == "month":
        blank = ShownCell("", "", "", "", "", 0, is_blank=True)
        cells = [blank] * first.weekday() + cells
        cells += [blank] * (-len(cells) % len(WEEK))
    width = {"year": 4, "month": len(WEEK), "day": 4}[period]
    return [cells[at : at + width] for at in range(0, len(cells), width)]


def _cell(cell: Cell, period: str, most: Decimal, asset: str, address: Any) -> ShownCell:
    name = cell.span.name
    short = {"year": name[-2:], "month": name[-2:].lstrip("0"), "day": name[11:]}[period]
    if period == "year":
        short = f"{date(2000, int(short), 1):%B}"
    elif period == "day":
        short = f"{name[11:13]}:00 {name[14:17]}:{name[17:]}"
    level = ""
    if cell.result:
        step = min(LEVELS, 1 + int(cell.result.copy_abs() * (LEVELS - 1) / most))
        level = f"{'up' if cell.result > 0 else 'down'}-{step}"
    text = signed(cell.result) if cell.fills else ""
    return ShownCell(
        name=short,
        title=f"{name}: {signed(cell.result, 8)} {asset}, {cell.fills} fills",
        text=text,
        level=level,
        url="" if period == "day" else address(name),
        fills=cell.fills,
    )
