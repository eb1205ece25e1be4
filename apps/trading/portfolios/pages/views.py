"""/portfolios/: all of a person's portfolios, and each of them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.platform.authentication.access import customer_required
from apps.trading.portfolios import operations, queries
from apps.trading.portfolios.models import Portfolio
from apps.trading.portfolios.pages.context import benchmarks, page_of, row_of
from apps.trading.portfolios.pages.forms import BenchmarkForm, BookForm, FlowForm, NameForm, NewPortfolioForm
from apps.trading.portfolios.pages.shown import PortfoliosPage
from apps.trading.portfolios.performing import RANGES
from apps.trading.portfolios.valuing import Prices


@customer_required
@require_http_methods(["GET", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """Show all portfolios; POST makes one. Those of all paper and all live books are there from the first look."""
    owner_id = owner_of(request)
    if request.method == "GET":
        return _show_all(request, NewPortfolioForm(auto_id="new_%s"))
    form = NewPortfolioForm(request.POST, auto_id="new_%s")
    if not form.is_valid():
        return _show_all(request, form, status=422)
    try:
        made = operations.create_portfolio(actor=Actor.of(request.user), owner_id=owner_id, **form.cleaned_data)
    except DomainError as refusal:
        return _show_all(request, form, errors=[refusal.text], status=refusal.http_status)
    messages.success(request, f"“{made.name}” is made. Put books into it.")
    return redirect("portfolio", made.pk)


@customer_required
@require_http_methods(["GET", "POST"])
def portfolio(request: HttpRequest, portfolio_id: UUID) -> HttpResponse:
    """Show a portfolio; POST changes it."""
    owner_id = owner_of(request)
    row = queries.get_portfolio(portfolio_id, owner_id)
    request.shell_mode = row.mode  # type: ignore[attr-defined]  # read by the shell
    if request.method == "GET":
        return _show(request, row)
    whose = {"actor": Actor.of(request.user), "owner_id": owner_id, "portfolio_id": row.pk}
    action = request.POST.get("action", "")
    name, form = form_of(action, request, row)
    if form is not None and not form.is_valid():
        return _show(request, row, {name: form}, status=422)
    try:
        gone = change(action, whose, {} if form is None else form.cleaned_data)
    except DomainError as refusal:
        forms = {} if form is None else {name: form}
        return _show(request, row, forms, errors=[refusal.text], status=refusal.http_status)
    return redirect("portfolios") if gone else redirect("portfolio", row.pk)


def form_of(action: str, request: HttpRequest, row: Portfolio) -> tuple[str, Form | None]:
    """Return the form that belongs to an action, filled with what was sent."""
    if action in {"add", "remove"}:
        return ("book", BookForm(request.POST, auto_id="book_%s")) if action == "add" else ("", _Key(request.POST))
    if action == "flow":
        return "flow", FlowForm(request.POST, auto_id="flow_%s")
    if action == "rename":
        return "name", NameForm(request.POST, auto_id="name_%s")
    if action == "compare":
        return "benchmark", BenchmarkForm(request.POST, options=benchmarks(row), auto_id="compare_%s")
    return "", None


class _Key(BookForm):
    """The key of a book in a button's form."""


def change(action: str, whose: dict[str, Any], found: dict[str, Any]) -> bool:
    """Do what was asked of a portfolio; return whether it is put away."""
    if action == "add":
        operations.add_book(**whose, **found)
    elif action == "remove":
        operations.remove_book(**whose, **found)
    elif action == "flow":
        wish = operations.FlowWish(
            asset=found["asset"].upper(),
            quantity=found["quantity"],
            is_deposit=found["way"] == "in",
            note=found["note"],
        )
        operations.record_flow(**whose, wish=wish)
    elif action == "rename":
        operations.rename_portfolio(**whose, **found)
    elif action == "compare":
        chosen = found["benchmark"]
        is_other = len(chosen) == len("00000000-0000-0000-0000-000000000000")
        operations.choose_benchmark(
            **whose, symbol="" if is_other else chosen, other_id=UUID(chosen) if is_other else None
        )
    elif action == "archive":
        operations.archive_portfolio(**whose)
        return True
    return False


def owner_of(request: HttpRequest) -> UUID:
    """Return whose page it is, and mark its entry of the rail."""
    request.nav_active = "portfolios"  # type: ignore[attr-defined]  # read by the shell
    owner_id: UUID = request.user.pk  # type: ignore[assignment]  # customer_required lets only people in
    return owner_id


def _show_all(
    request: HttpRequest, form: NewPortfolioForm, *, errors: list[str] | None = None, status: int = 200
) -> HttpResponse:
    owner_id = owner_of(request)
    operations.open_defaults(actor=Actor.of(request.user), owner_id=owner_id)
    prices: dict[str, Prices] = {}
    rows = []
    for row in queries.list_portfolios(owner_id):
        known = prices.setdefault(row.currency, Prices(row.currency))
        rows.append(row_of(queries.summarise(row, known), queries.list_members(row).count()))
    page = PortfoliosPage(
        note=f"{len(rows)} portfolio{'s' if len(rows) != 1 else ''}" if rows else "",
        rows=rows,
        form=form,
        errors=errors or [],
        url=reverse("portfolios"),
        has_account=bool(queries.list_modes(owner_id)),
    )
    return render(request, "trading/portfolios/list.html", {"page": page}, status=status)


def _show(
    request: HttpRequest,
    row: Portfolio,
    forms: dict[str, Any] | None = None,
    *,
    errors: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    if row.is_default and request.method == "GET":
        operations.open_defaults(actor=Actor.of(request.user), owner_id=row.owner_id)
    name = request.GET.get("range", "1D")
    page = page_of(row, name if name in RANGES else "1D", forms or {}, errors or [])
    return render(request, "trading/portfolios/detail.html", {"page": page}, status=status)
