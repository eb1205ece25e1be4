"""/exchanges/: what is connected, connect with a key or at the sandbox, check, renew a key, disconnect; the list."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.platform.authentication.access import customer_required
from apps.trading.exchanges import operations
from apps.trading.exchanges.choices import Mode
from apps.trading.exchanges.errors import AlreadyConnected, ExchangeUnknown
from apps.trading.exchanges.pages.catalogue import catalogue_page, connection_page, exchange_page
from apps.trading.exchanges.pages.context import connections_page
from apps.trading.exchanges.pages.forms import KeyForm, NewConnectionForm
from apps.trading.exchanges.queries import address_in_words, get_connection


@customer_required
@require_GET
def connections(request: HttpRequest) -> HttpResponse:
    """Show the customer's connections."""
    request.nav_active = "connections"  # type: ignore[attr-defined]  # read by the shell
    user: Any = request.user
    page = connections_page(user.pk)
    _say_mode(request, is_live=any(card.mode == Mode.LIVE for card in page.connections))
    return render(request, "trading/exchanges/list.html", {"page": page})


def _say_mode(request: HttpRequest, *, is_live: bool) -> None:
    """Let the frame of a page say that real money is concerned."""
    if is_live:
        request.shell_mode = "live"  # type: ignore[attr-defined]  # read by the shell


@customer_required
@require_POST
def connect(request: HttpRequest) -> HttpResponseRedirect:
    """Ask for a paper account; asking twice is the same as once."""
    user: Any = request.user
    try:
        operations.request_account(actor=Actor.of(user), owner_id=user.pk, venue="sandbox")
    except AlreadyConnected:
        messages.info(request, "The sandbox exchange is connected already.")
    else:
        messages.success(request, "The sandbox exchange is opening your account. It takes a moment.")
    return redirect("exchanges")


@customer_required
@require_POST
def check(request: HttpRequest, connection_id: UUID) -> HttpResponseRedirect:
    """Have the balances read again."""
    user: Any = request.user
    operations.request_check(connection_id=connection_id, owner_id=user.pk)
    messages.info(request, "The exchange is being asked. Reload in a moment.")
    return (
        redirect("exchanges-detail", connection_id=connection_id) if "stay" in request.POST else redirect("exchanges")
    )


@customer_required
@require_POST
def revoke(request: HttpRequest, connection_id: UUID) -> HttpResponseRedirect:
    """Close a connection."""
    user: Any = request.user
    found = get_connection(connection_id, owner_id=user.pk)
    operations.revoke_connection(actor=Actor.of(user), connection_id=found.pk, reason="by its owner")
    messages.success(request, f"{found.label} is disconnected and its key is deleted.")
    return redirect("exchanges")


@customer_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Show the form for a key of an exchange; a POST has the key tried."""
    request.nav_active = "connections"  # type: ignore[attr-defined]
    user: Any = request.user
    if request.method == "GET":
        form = NewConnectionForm(initial={"venue": request.GET.get("venue", "binance")})
        return _form(request, form, [])
    form = NewConnectionForm(request.POST)
    if not form.is_valid():
        return _form(request, form, [])
    given = form.cleaned_data
    try:
        made = operations.submit_key(
            actor=Actor.of(user), owner_id=user.pk, venue=given["venue"], label=given["label"], key=form.key()
        )
    except DomainError as refusal:
        return _form(request, form, [refusal.text])
    messages.success(request, "The exchange is being asked about the key. It takes a moment.")
    return redirect("exchanges-detail", connection_id=made.pk)


def _form(request: HttpRequest, form: NewConnectionForm, errors: list[str]) -> HttpResponse:
    _say_mode(request, is_live=True)
    page = {"form": form, "errors": errors, "address": address_in_words()}
    return render(request, "trading/exchanges/new.html", {"page": page}, status=422 if errors else 200)


@customer_required
@require_GET
def detail(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Show a connection, the health of its exchange, and what happened to its key."""
    request.nav_active = "connections"  # type: ignore[attr-defined]
    user: Any = request.user
    found = get_connection(connection_id, owner_id=user.pk)
    _say_mode(request, is_live=found.mode == Mode.LIVE)
    return render(request, "trading/exchanges/connection.html", {"page": connection_page(found, KeyForm())})


@customer_required
@require_POST
def key(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Take a newer key for a connection; the old one serves until the newer one is accepted."""
    request.nav_active = "connections"  # type: ignore[attr-defined]
    user: Any = request.user
    found, form, errors = get_connection(connection_id, owner_id=user.pk), KeyForm(request.POST), []
    if form.is_valid():
        try:
            operations.replace_key(actor=Actor.of(user), connection_id=found.pk, key=form.key())
        except DomainError as refusal:
            errors = [refusal.text]
        else:
            messages.success(request, "The exchange is being asked about the newer key.")
            return redirect("exchanges-detail", connection_id=found.pk)
    _say_mode(request, is_live=found.mode == Mode.LIVE)
    page = connection_page(found, form, errors)
    return render(request, "trading/exchanges/connection.html", {"page": page}, status=422)


@customer_required
@require_GET
def catalogue(request: HttpRequest) -> HttpResponse:
    """Show which exchanges there are."""
    request.nav_active = "connections"  # type: ignore[attr-defined]
    return render(request, "trading/exchanges/catalogue.html", {"page": catalogue_page()})


@customer_required
@require_GET
def exchange(request: HttpRequest, ccxt_id: str) -> HttpResponse:
    """Show what an exchange can do and how it is."""
    request.nav_active = "connections"  # type: ignore[attr-defined]
    try:
        page = exchange_page(ccxt_id)
    except ExchangeUnknown as unknown:
        raise Http404(unknown.text) from None
    return render(request, "trading/exchanges/exchange.html", {"page": page})
