"""From what a portfolio is worth to what its page says: every number with unit, time and source."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.urls import reverse

from apps.core.templatetags.ui import age, amount, percent, trimmed
from apps.core.view import Choice, Curve, Figure, LegendItem, Stat, State, level, portion, result, share
from apps.trading.instruments.queries import list_instruments
from apps.trading.portfolios import queries
from apps.trading.portfolios.models import Portfolio
from apps.trading.portfolios.pages.forms import BenchmarkForm, BookForm, FlowForm, NameForm
from apps.trading.portfolios.pages.shown import AssetRow, BookRow, FlowRow, PortfolioPage, PortfolioRow
from apps.trading.portfolios.performing import RANGES, Performed, change_since_start, perform
from apps.trading.portfolios.queries import Summary
from apps.trading.portfolios.valuing import AssetWorth

NO_PRICE = "no price"
MOST_FLOWS = 20
DEFINITIONS = {
    "twr": "What one share of the portfolio gained: money that came in or went out does not count.",
    "worst": "The deepest drop from a high to the lowest value after it.",
    "now": "How far the last noted value is below the highest of the range.",
    "volatility": "Standard deviation of the changes between noted values, scaled to a year.",
}


def row_of(found: Summary, books: int) -> PortfolioRow:
    """Return a portfolio as the list shows it."""
    row = found.portfolio
    return PortfolioRow(
        name=row.name,
        url=reverse("portfolio", args=[row.pk]),
        mode=row.mode,
        value=value_text(found.value),
        unit=found.currency if found.value is not None else "",
        day=None if found.day_result is None else result(found.day_result),
        result=None if found.result is None else result(found.result),
        state=state_of(found),
        books=books,
    )


def page_of(row: Portfolio, range_name: str, forms: dict[str, Any], errors: Sequence[str]) -> PortfolioPage:
    """Return one portfolio as its page shows it; `forms` holds those that were sent and are wrong."""
    found, performed = queries.summarise(row), perform(row, range_name)
    members, url = list(queries.list_members(row)), reverse("portfolio", args=[row.pk])
    names = queries.names_of_books(members)
    return PortfolioPage(
        name=row.name,
        url=url,
        mode=row.mode,
        unit=found.currency,
        value=value_text(found.value),
        day=_day_of(found),
        state=state_of(found),
        stats=_stats(found),
        ranges=[Choice(name, f"{url}?range={name}", name == range_name) for name in RANGES],
        curve=_curve(performed, found.currency),
        legend=_legend(performed),
        measures=_measures(performed),
        assets=[_asset(found, one) for one in found.allocation],
        books=[BookRow(str(one.pk), names[one.pk], one.connection.venue.title, not row.is_default) for one in members],
        flows=[
            FlowRow(when(one.at), one.get_kind_display(), _moved(one.asset, one.quantity), result(one.amount), one.note)
            for one in queries.list_flows(row)[:MOST_FLOWS]
        ],
        is_default=row.is_default,
        book_form=forms.get("book") or BookForm(books=_other_books(row, members), auto_id="book_%s"),
        flow_form=forms.get("flow") or FlowForm(auto_id="flow_%s"),
        name_form=forms.get("name") or NameForm(initial={"name": row.name}, auto_id="name_%s"),
        benchmark_form=forms.get("benchmark") or benchmark_form(row),
        errors=errors,
    )


def benchmark_form(row: Portfolio) -> BenchmarkForm:
    """Return the form for what a portfolio is compared with."""
    chosen = row.benchmark_symbol or str(row.benchmark_id or "")
    return BenchmarkForm(initial={"benchmark": chosen}, options=benchmarks(row), auto_id="compare_%s")


def benchmarks(row: Portfolio) -> list[tuple[str, str]]:
    """Return what a portfolio may be compared with."""
    markets = [(item.symbol, f"Holding {item.base}/{item.quote}") for item in list_instruments()[:300]]
    others = [(str(one.pk), one.name) for one in queries.list_portfolios(row.owner_id) if one.pk != row.pk]
    return [("", "Nothing"), *others, *markets]


def value_text(value: Decimal | None) -> str:
    """Return a value, or that there is no price."""
    return NO_PRICE if value is None else amount(value)


def when(moment: datetime | None) -> str:
    """Return a moment as the pages write it."""
    return "" if moment is None else f"{moment:%-d %b %Y, %H:%M} UTC"


def state_of(found: Summary) -> State:
    """Return how good the value is: what has no price, or how old the oldest price is."""
    if found.missing:
        return State("warn", f"No price for {', '.join(found.missing)}: the whole is not known")
    if found.priced_at is None:
        return State("good", f"Valued {found.at:%H:%M:%S} UTC; no market price needed")
    words = f"oldest price {age(found.priced_at)}"
    return State("warn", f"Old prices, {words}") if found.is_stale else State("good", f"Live prices, {words}")


def _day_of(found: Summary) -> Figure | None:
    if found.day_result is None:
        return None
    figure = result(found.day_result)
    rate = "" if found.day_percent is None else f" ({share(found.day_percent).text})"
    return Figure(f"{figure.text}{rate} since {when(found.day_since)}", figure.tone)


def _stats(found: Summary) -> list[Stat]:
    def one(label: str, value: Decimal | None, note: str, is_result: bool = True) -> Stat:
        shown = Figure(NO_PRICE) if value is None else result(value) if is_result else level(value)
        return Stat(label, shown, note)

    unit = found.currency
    return [
        one("Result", found.result, f"{unit}, value less what came in"),
        one("Realised", found.realised, f"{unit}, by average cost"),
        one("Unrealised", found.unrealised, f"{unit}, at present prices"),
        one("Fees", found.fees, unit, is_result=False),
        one("Came in, net", found.flows, unit, is_result=False),
    ]


def _asset(found: Summary, row: AssetWorth) -> AssetRow:
    part = found.share_of(row)
    price = row.price
    if price is None:
        source = "no quote and no stored candle"
    elif row.asset == found.currency:
        source = price.source.label
    else:
        source = f"{price.source.label}, {age(price.at)}"
    return AssetRow(
        asset=row.asset,
        quantity=trimmed(row.quantity, 8),
        price=NO_PRICE if price is None else trimmed(price.price, 8),
        source=source,
        worth=value_text(row.worth),
        share="–" if part is None else percent(part, 1),
        percent=0 if part is None else int(min(max(part, Decimal(0)), Decimal(100))),
    )


def _moved(asset: str, quantity: Decimal) -> str:
    return f"{trimmed(quantity, 8)} {asset}" if asset else "its positions"


def _other_books(row: Portfolio, members: Sequence[Any]) -> list[tuple[str, str]]:
    inside: set[UUID] = {one.pk for one in members}
    others = [one for one in queries.list_books(row.owner_id, row.mode) if one.pk not in inside]
    names = queries.names_of_books(others)
    return [(str(one.pk), names[one.pk]) for one in others]


def _curve(performed: Performed, unit: str) -> Curve | None:
    """Return the line of one share in percent, with the benchmark's at the same times; None with less than two."""
    own = change_since_start(performed.own)
    if len(own) < 2:
        return None
    series: list[dict[str, Any]] = [
        {"label": performed.own.label, "kind": "own", "values": [f"{value:.6f}" for _, value in own]}
    ]
    if performed.benchmark is not None:
        other = change_since_start(performed.benchmark)
        series.append(
            {"label": performed.benchmark.label, "kind": "benchmark", "values": _aligned([at for at, _ in own], other)}
        )
    data = {"times": [int(at.timestamp()) for at, _ in own], "series": series, "unit": "%", "places": 2}
    first, last = performed.samples[0], performed.samples[-1]
    summary = (
        f"Change of one share in percent from {when(own[0][0])} to {when(own[-1][0])}: {share(own[-1][1]).text}. "
        f"The value went from {amount(first.value)} to {amount(last.value)} {unit}."
    )
    return Curve("portfolio-curve", data, summary)


def _aligned(times: Sequence[datetime], other: Sequence[tuple[datetime, Decimal]]) -> list[str | None]:
    """Return for each time the other line's newest value at it, None before its first."""
    values: list[str | None] = []
    at = -1
    for moment in times:
        while at + 1 < len(other) and other[at + 1][0] <= moment:
            at += 1
        values.append(None if at < 0 else f"{other[at][1]:.6f}")
    return values


def _legend(performed: Performed) -> list[LegendItem]:
    lines = [("own", performed.own), ("benchmark", performed.benchmark)]
    return [
        LegendItem(kind, line.label, None if line.measures is None else share(line.measures.twr))
        for kind, line in lines
        if line is not None
    ]


def _measures(performed: Performed) -> list[Stat]:
    found = performed.own.measures
    if found is None:
        return []
    since = f"since {when(performed.since)}"
    return [
        Stat("Time-weighted return", share(found.twr), since, DEFINITIONS["twr"]),
        Stat("Worst fall", portion(found.worst_fall, 2), "", DEFINITIONS["worst"]),
        Stat("Below the high", portion(found.fall_now, 2), "", DEFINITIONS["now"]),
        Stat("Volatility, yearly", portion(found.volatility, 2), "", DEFINITIONS["volatility"]),
    ]
