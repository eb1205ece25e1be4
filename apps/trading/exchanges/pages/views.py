"""/exchanges/: what is connected, connect, check, disconnect."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from apps.core.actors import Actor
from apps.platform.authentication.access import customer_required
from apps.trading.exchanges import operations
from apps.trading.exchanges.errors import AlreadyConnected
from apps.trading.exchanges.pages.context import connections_page
from apps.trading.exchanges.queries import get_connection


@customer_required
@require_GET
def connections(request: HttpRequest) -> HttpResponse:
    """Show the customer's connections."""
    request.nav_active = "connections"  # type: ignore[attr-defined]  # read by the shell
    user: Any = request.user
    page = connections_page(user.pk)
    return render(request, "trading/exchanges/list.html", {"page": page})


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
    return redirect("exchanges")


@customer_required
@require_POST
def revoke(request: HttpRequest, connection_id: UUID) -> HttpResponseRedirect:
    """Close a connection."""
    user: Any = request.user
    found = get_connection(connection_id, owner_id=user.pk)
    operations.revoke_connection(actor=Actor.of(user), connection_id=found.pk, reason="by its owner")
    messages.success(request, f"{found.label} is disconnected and its key is deleted.")
    return redirect("exchanges")
