"""/orders/quality/: how orders were executed, and when to be told."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from apps.core.actors import Actor
from apps.platform.authentication.access import customer_required
from apps.trading.orders.quality.operations import set_quality_alert
from apps.trading.orders.quality.pages.context import quality_page
from apps.trading.orders.quality.pages.forms import AlertForm


@customer_required
@require_http_methods(["GET", "POST"])
def quality(request: HttpRequest) -> HttpResponse:
    """Show the report, `?by=` divides it; a POST sets the bounds."""
    request.nav_active = "orders"  # type: ignore[attr-defined]  # read by the shell
    owner_id: UUID = request.user.pk  # type: ignore[assignment]  # customer_required lets only people in
    by = request.GET.get("by", "")
    if request.method == "GET":
        return render(request, "trading/orders/quality.html", {"page": quality_page(owner_id, by)})
    form = AlertForm(request.POST)
    if not form.is_valid():
        return render(request, "trading/orders/quality.html", {"page": quality_page(owner_id, by, form)}, status=422)
    set_quality_alert(actor=Actor.of(request.user), owner_id=owner_id, **form.cleaned_data)
    messages.success(request, "You are told of orders outside these bounds.")
    return redirect("orders-quality")
