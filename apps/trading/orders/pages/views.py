"""/orders/: what was ordered, one order, the ticket's target, cancelling."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from apps.core.actors import Actor
from apps.core.errors import Conflict, DomainError, Invalid, LimitReached
from apps.core.form_writes import do_once, is_done
from apps.core.ids import parse_uuid
from apps.platform.authentication.access import customer_required
from apps.platform.security.access import asks_for_step_up
from apps.trading.exchanges.queries import get_connection
from apps.trading.orders import operations
from apps.trading.orders.confirming import confirm_order
from apps.trading.orders.operations import NewOrder
from apps.trading.orders.operations.previewing import preview_order
from apps.trading.orders.pages.context import order_page, orders_page
from apps.trading.orders.pages.forms import AmendForm, TicketForm
from apps.trading.orders.pages.ticket import CheckPage, check_page, entry_of, ticket_page
from apps.trading.orders.queries import get_order
from apps.trading.positions.queries import get_own_contract


def _owner(request: HttpRequest) -> UUID:
    request.nav_active = "orders"  # type: ignore[attr-defined]  # read by the shell
    owner_id: UUID = request.user.pk  # type: ignore[assignment]  # customer_required lets only people in
    return owner_id


@customer_required
@require_GET
def orders(request: HttpRequest) -> HttpResponse:
    """Show the list; `?state=`, `?bot=`, `?after=` narrow it."""
    page = orders_page(
        _owner(request),
        state=request.GET.get("state", ""),
        after=parse_uuid(request.GET.get("after", "")),
        bot_id=parse_uuid(request.GET.get("bot", "")),
    )
    return render(request, "trading/orders/list.html", {"page": page})


@customer_required
@require_GET
def order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Show one order."""
    return render(request, "trading/orders/detail.html", {"page": order_page(_owner(request), order_id)})


REFUSALS = (Conflict, Invalid, LimitReached)
"""Refusals that the ticket answers in place: nothing typed is lost."""


@customer_required
@require_POST
@asks_for_step_up
def ticket(request: HttpRequest) -> HttpResponse:
    """Say what an order would come to (`action` check), or place it; the same key is the same order."""
    owner_id, symbol = _owner(request), request.POST.get("symbol", "")
    form = TicketForm(request.POST, owner_id=owner_id)
    if not form.is_valid():
        if form.errors.get("symbol") or form.errors.get("side"):
            raise Invalid("Choose a market, and buy or sell.")
        return _ticket(request, ticket_page(form, symbol), 422)
    actor, connection_id, wanted = Actor.of(request.user), form.cleaned_data["connection"], form.wanted()
    try:
        if request.POST.get("action") == "check":
            found = preview_order(actor=actor, owner_id=owner_id, connection_id=connection_id, wanted=wanted)
            return _ticket(request, check_page(form, found))
        placed = _place(request, form)
    except REFUSALS as refusal:
        _point_out(form, refusal)
        return _ticket(request, ticket_page(form, symbol, refusal=refusal.text), refusal.http_status)
    messages.success(request, "The order is stored and on its way.")
    return redirect("orders-detail", placed)


def _place(request: HttpRequest, form: TicketForm) -> str:
    """Place what the form wants, once for a key; the answer names the order (the entry of a bracket)."""
    given, wanted = form.cleaned_data, form.wanted()
    owner_id, connection_id = _owner(request), given["connection"]
    entry = wanted if isinstance(wanted, NewOrder) else wanted.entry
    known = is_done(request, "orders.place_order")
    confirmed = known or (entry is not None and confirm_order(request, owner_id, connection_id, entry))

    def act(actor: Actor) -> object:
        place = {"actor": actor, "owner_id": owner_id, "connection_id": connection_id, "confirmed": confirmed}
        if isinstance(wanted, NewOrder):
            return operations.place_order(**place, order=wanted).pk
        return entry_of(operations.place_group(**place, group=wanted).pk)

    return do_once(request, "orders.place_order", given, act)


def _point_out(form: TicketForm, refusal: DomainError) -> None:
    if refusal.field in form.fields:
        form.add_error(refusal.field, refusal.text)


def _ticket(request: HttpRequest, page: CheckPage, status: int = 200) -> HttpResponse:
    return render(request, "trading/orders/ticket.html", {"page": page}, status=status)


@customer_required
@require_POST
def amend(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Give an open order new terms; the same key is the same change."""
    form = AmendForm(request.POST)
    found = get_order(order_id, owner_id=_owner(request))
    back = reverse("market", args=[found.symbol]) if request.POST.get("back") == "market" else None
    if not form.is_valid():
        messages.error(request, "; ".join(f"{form[name].label}: {text[0]}" for name, text in form.errors.items()))
        return redirect(back or reverse("orders-detail", args=[order_id]))

    def act(actor: Actor) -> UUID:
        return operations.amend_order(actor=actor, order_id=order_id, terms=form.terms()).pk

    try:
        changed = do_once(request, "orders.amend_order", {"order_id": order_id, **form.cleaned_data}, act)
    except REFUSALS as refusal:
        messages.error(request, refusal.text)
        return redirect(back or reverse("orders-detail", args=[order_id]))
    messages.success(request, "The exchange is being told. What is filled stays filled.")
    return redirect(back or reverse("orders-detail", args=[changed]))


@customer_required
@require_POST
def cancel(request: HttpRequest, order_id: UUID) -> HttpResponseRedirect:
    """Take an order back."""
    operations.cancel_order(actor=Actor.of(request.user), order_id=order_id, reason="by its owner")
    messages.info(request, "The exchange is being told. What is filled stays filled.")
    return redirect("orders-detail", order_id)


@customer_required
@require_POST
@asks_for_step_up
def close_contract(request: HttpRequest, position_id: UUID) -> HttpResponse:
    """Close a contract at market; the same key is the same order."""
    owner_id = _owner(request)
    shown = get_own_contract(position_id, owner_id)
    order = operations.closing_order(shown)
    known = is_done(request, "orders.close_contract")
    confirmed = known or confirm_order(request, owner_id, shown.account.connection_id, order)

    def act(actor: Actor) -> UUID:
        made = operations.close_contract(actor=actor, owner_id=owner_id, position_id=position_id, confirmed=confirmed)
        return made.pk

    try:
        placed = do_once(request, "orders.close_contract", {"position_id": position_id}, act)
    except REFUSALS as refusal:
        messages.error(request, refusal.text)
        return redirect("positions")
    messages.success(request, "The order is stored and on its way.")
    return redirect("orders-detail", placed)


@customer_required
@require_POST
def reset_paper(request: HttpRequest, connection_id: UUID) -> HttpResponseRedirect:
    """Set a paper account anew; the same key is the same reset."""
    found = get_connection(connection_id, owner_id=request.user.pk)

    def act(actor: Actor) -> None:
        operations.reset_paper_account(actor=actor, connection_id=connection_id)

    try:
        do_once(request, "orders.reset_paper_account", {"connection_id": connection_id}, act)
    except Conflict as refusal:
        messages.error(request, refusal.text)
    else:
        messages.success(request, f"{found.label} is set anew. The fresh funds are there in a moment.")
    return redirect("exchanges")
