"""/watchlists/: a person's lists with live prices."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from apps.core.actors import Actor
from apps.core.clock import now_ms
from apps.core.errors import DomainError
from apps.core.templatetags.ui import amount
from apps.core.view import Choice, State, result
from apps.platform.authentication.access import customer_required
from apps.trading.instruments import operations, queries
from apps.trading.instruments.errors import UnknownSymbol
from apps.trading.instruments.models import Instrument, Watchlist
from apps.trading.instruments.pages.forms import AddForm, NewListForm, RenameForm
from apps.trading.instruments.pages.shown import WatchlistPage, WatchRow
from kernel.rules import Figures


@customer_required
@require_http_methods(["GET", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """Show the first list; POST makes a new one."""
    owner_id = _owner(request)
    if request.method == "POST":
        form = NewListForm(request.POST)
        if not form.is_valid():
            return _show(request, None, form=form, status=422)
        try:
            made = operations.create_watchlist(
                actor=Actor.of(request.user), owner_id=owner_id, name=form.cleaned_data["name"]
            )
        except DomainError as refusal:
            return _show(request, None, form=form, errors=[refusal.text], status=refusal.http_status)
        return redirect("watchlist", made.pk)
    return _show(request, queries.list_watchlists(owner_id).first())


@customer_required
@require_http_methods(["GET", "POST"])
def watchlist(request: HttpRequest, watchlist_id: UUID) -> HttpResponse:
    """Show a list; POST adds or removes a market, renames or removes the list."""
    row = queries.get_watchlist(watchlist_id, _owner(request))
    if request.method == "GET":
        return _show(request, row)
    try:
        return _act(request, row)
    except DomainError as refusal:
        return _show(request, row, errors=[refusal.text], status=refusal.http_status)


def _act(request: HttpRequest, row: Watchlist) -> HttpResponse:
    whose: dict[str, Any] = {"actor": Actor.of(request.user), "owner_id": row.owner_id, "watchlist_id": row.pk}
    action = request.POST.get("action", "")
    if action == "add":
        text = request.POST.get("text", "").replace("\x00", "")
        operations.add_symbol(**whose, symbol=_meant(text).symbol)
    elif action == "remove":
        operations.remove_symbol(**whose, symbol=request.POST.get("symbol", "").replace("\x00", "")[:32])
    elif action == "rename":
        operations.rename_watchlist(**whose, name=request.POST.get("name", "").replace("\x00", ""))
    elif action == "remove-list":
        operations.remove_watchlist(**whose)
        messages.success(request, f"“{row.name}” is removed.")
        return redirect("watchlists")
    return redirect("watchlist", row.pk)


def _meant(text: str) -> Instrument:
    """Return the instrument that somebody typed: exactly, or the best match of a search."""
    exact = queries.find_instrument(text)
    if exact is not None and exact.is_active:
        return exact
    best = queries.search_instruments(text, limit=1)
    if not best:
        raise UnknownSymbol(field="text", symbol=text[:32])
    return best[0]


def _owner(request: HttpRequest) -> UUID:
    request.nav_active = "watchlists"  # type: ignore[attr-defined]  # read by the shell
    owner_id: UUID = request.user.pk  # type: ignore[assignment]  # customer_required lets only people in
    return owner_id


def _show(
    request: HttpRequest,
    row: Watchlist | None,
    *,
    form: NewListForm | None = None,
    errors: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    owner_id = _owner(request)
    lists = queries.list_watchlists(owner_id)
    page = WatchlistPage(
        lists=[
            Choice(other.name, reverse("watchlist", args=[other.pk]), row is not None and other.pk == row.pk)
            for other in lists
        ],
        name="" if row is None else row.name,
        rows=[] if row is None else _rows(queries.symbols_of(row)),
        url="" if row is None else reverse("watchlist", args=[row.pk]),
        new_url=reverse("watchlists"),
        form=form or NewListForm(auto_id="new_%s"),
        add_form=AddForm(auto_id="add_%s"),
        rename_form=RenameForm(initial={"name": "" if row is None else row.name}, auto_id="rename_%s"),
        errors=errors or [],
        suggestions=[
            (item.symbol, f"{item.base}/{item.quote} {item.name}") for item in queries.list_instruments()[:200]
        ],
    )
    return render(request, "trading/instruments/watchlists.html", {"page": page}, status=status)


def _rows(symbols: list[str]) -> list[WatchRow]:
    known = {row.symbol: row for row in Instrument.objects.filter(symbol__in=symbols)}
    facts = queries.read_facts(symbols)
    return [_row(known[symbol], facts.get(symbol, {})) for symbol in symbols if symbol in known]


def _row(instrument: Instrument, figures: Figures) -> WatchRow:
    places = max(0, -int(queries.spec_of(instrument).tick.as_tuple().exponent))

    def price(name: str, digits: int = places) -> str:
        value: Decimal | None = figures.get(name)
        return amount(value, digits)

    return WatchRow(
        symbol=instrument.symbol,
        pair=f"{instrument.base}/{instrument.quote}",
        name=instrument.name,
        url=reverse("market", args=[instrument.symbol]),
        price=price("price"),
        places=places,
        change=result(figures.get("change_percent")),
        bid=price("bid"),
        ask=price("ask"),
        volume=price("volume", 0),
        state=_state(instrument, figures),
        alert_url=f"{reverse('alerts')}?{urlencode({'symbol': instrument.symbol})}",
    )


def _state(instrument: Instrument, figures: Figures) -> State:
    if instrument.status != "trading":
        return State("warn", instrument.get_status_display())
    if not queries.is_open(instrument, now_ms()):
        return State("off", "Market closed")
    return State("good", "Live") if "price" in figures else State("warn", "No live price")
