"""/orders/commissions/: what the tenant charges for executions, and what it charged."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.platform.authentication.access import customer_required
from apps.trading.orders.commissions.pages.context import commissions_page


@customer_required
@require_GET
def commissions(request: HttpRequest) -> HttpResponse:
    """Show rates, promotions and charges; `?mode=` is live or paper, `?after=` goes on."""
    request.nav_active = "orders"  # type: ignore[attr-defined]  # read by the shell
    owner_id: UUID = request.user.pk  # type: ignore[assignment]  # customer_required lets only people in
    mode = "paper" if request.GET.get("mode") == "paper" else "live"
    request.shell_mode = mode  # type: ignore[attr-defined]  # read by the shell
    page = commissions_page(owner_id, mode, request.GET.get("after", ""))
    return render(request, "trading/orders/commissions.html", {"page": page})
