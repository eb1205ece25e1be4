"""/positions/: what the books hold, what it brings, contract accounts, and the buttons."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.core.form_writes import do_once, form_key
from apps.core.ids import parse_uuid
from apps.platform.authentication.access import customer_required
from apps.trading.positions import operations, queries
from apps.trading.positions.choices import Correction
from apps.trading.positions.errors import GroupingUnknown
from apps.trading.positions.pages.context import account_forms, book_choices, positions_page
from apps.trading.positions.pages.forms import CorrectionForm


@customer_required
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Show positions; `?by=` says what results are summed by."""
    return _show(request)


@customer_required
@require_POST
def open_contracts(request: HttpRequest) -> HttpResponse:
    """Begin to read a connection's contracts."""
    owner_id, connection = _owner(request), parse_uuid(request.POST.get("connection_id", ""))
    if connection is None:
        return redirect("positions")

    def act(actor: Actor) -> None:
        operations.open_contracts(actor=actor, owner_id=owner_id, connection_id=connection)

    return _done(request, "positions.open_contracts", {"connection": connection}, act, "The wallet is being read.")


@customer_required
@require_POST
def move(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Move an amount between wallets."""
    form = account_forms(account_id, request.POST)["move"]
    if not form.is_valid():
        return _show(request, {"move": form}, account_id, status=422)
    amount, owner_id = form.cleaned_data["amount"], _owner(request)

    def act(actor: Actor) -> None:
        operations.request_move(actor=actor, owner_id=owner_id, account_id=account_id, amount=amount)

    facts = {"account": account_id, "amount": amount}
    return _done(request, "positions.request_move", facts, act, "The transfer is being sent.", form=("move", form))


@customer_required
@require_POST
def protect(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Switch the staged reduction on or off."""
    owner_id, protects = _owner(request), request.POST.get("protects") == "on"

    def act(actor: Actor) -> None:
        operations.protect_contracts(actor=actor, owner_id=owner_id, account_id=account_id, protects=protects)

    words = "Reduction before liquidation is on." if protects else "Reduction before liquidation is off."
    return _done(request, "positions.protect_contracts", {"account": account_id, "on": protects}, act, words)


@customer_required
@require_POST
def choose_terms(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Want a leverage and a margin mode for a contract."""
    form = account_forms(account_id, request.POST)["terms"]
    if not form.is_valid():
        return _show(request, {"terms": form}, account_id, status=422)
    given, owner_id = form.cleaned_data, _owner(request)

    def act(actor: Actor) -> None:
        operations.choose_terms(
            actor=actor, owner_id=owner_id, account_id=account_id, symbol=given["symbol"], leverage=given["leverage"],
            is_isolated=given["mode"] == "isolated",
        )  # fmt: skip

    facts = given | {"account": account_id}
    return _done(request, "positions.choose_terms", facts, act, "The exchange is asked.", form=("terms", form))


@customer_required
@require_POST
def choose_mode(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Want hedge mode or one-way mode."""
    form = account_forms(account_id, request.POST)["mode"]
    if not form.is_valid():
        return _show(request, {"mode": form}, account_id, status=422)
    is_hedged, owner_id = form.cleaned_data["mode"] == "hedge", _owner(request)

    def act(actor: Actor) -> None:
        operations.choose_mode(actor=actor, owner_id=owner_id, account_id=account_id, is_hedged=is_hedged)

    facts = {"account": account_id, "is_hedged": is_hedged}
    return _done(request, "positions.choose_mode", facts, act, "The exchange is asked.", form=("mode", form))


@customer_required
@require_POST
def hedge(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Set a hedge band."""
    form = account_forms(account_id, request.POST)["hedge"]
    if not form.is_valid():
        return _show(request, {"hedge": form}, account_id, status=422)
    given, owner_id = form.cleaned_data, _owner(request)
    band = operations.Band(**{name: given[name] for name in ("low", "high", "target", "most")})

    def act(actor: Actor) -> None:
        operations.set_hedge(
            actor=actor, owner_id=owner_id, account_id=account_id, symbol=given["symbol"], band=band,
            is_on=given["is_on"],
        )  # fmt: skip

    return _done(request, "positions.set_hedge", given | {"account": account_id}, act, "The band is set.",
                 form=("hedge", form))  # fmt: skip


@customer_required
@require_POST
def correct(request: HttpRequest) -> HttpResponse:
    """Enter an opening balance, a movement or a correction."""
    owner_id = _owner(request)
    form = CorrectionForm(request.POST, books=book_choices(list(queries.list_books(owner_id)[:200])))
    if not form.is_valid():
        return _show(request, {"correct": form}, status=422)
    given = form.cleaned_data
    change = operations.Change(
        symbol=given["symbol"], kind=Correction(given["kind"]), quantity=given["quantity"], price=given["price"]
    )
    key = form_key(request)

    def act(actor: Actor) -> None:
        operations.correct_position(
            actor=actor, owner_id=owner_id, book_id=UUID(given["book_id"]), change=change, key=key[:64],
            reason=given["reason"],
        )  # fmt: skip

    return _done(request, "positions.correct_position", given, act, "It is booked.", form=("correct", form))


def _done(
    request: HttpRequest,
    operation: str,
    facts: Mapping[str, Any],
    act: Callable[[Actor], None],
    words: str,
    *,
    form: tuple[str, forms.Form] | None = None,
) -> HttpResponse:
    """Do it once and go back; what a form's operation refuses is shown in the form, nothing typed is lost."""
    try:
        do_once(request, operation, facts, act)
    except DomainError as refusal:
        if form is None:
            raise
        form[1].add_error(refusal.field if refusal.field in form[1].fields else None, refusal.text)
        return _show(request, {form[0]: form[1]}, facts.get("account"), status=422)
    messages.success(request, words)
    return redirect("positions")


def _show(
    request: HttpRequest, sent: dict[str, Any] | None = None, sent_to: UUID | None = None, *, status: int = 200
) -> HttpResponse:
    by = request.GET.get("by", "connection")
    try:
        page = positions_page(_owner(request), by=by, sent=sent, sent_to=sent_to)
    except GroupingUnknown:
        page = positions_page(_owner(request), sent=sent, sent_to=sent_to)
    return render(request, "trading/positions/overview.html", {"page": page}, status=status)


def _owner(request: HttpRequest) -> UUID:
    request.nav_active = "positions"  # type: ignore[attr-defined]  # read by the shell
    owner_id: UUID = request.user.pk  # type: ignore[assignment]  # customer_required lets only people in
    return owner_id
