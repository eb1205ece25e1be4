"""/risk/live-limits/: what live orders are held to."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from apps.core.actors import Actor
from apps.core.form_writes import do_once, form_key, is_done
from apps.platform.authentication.access import customer_required
from apps.platform.security.access import asks_for_step_up
from apps.trading.orders.limits.confirming import ACTION, confirm_limits
from apps.trading.orders.limits.pages.context import limits_page
from apps.trading.orders.limits.pages.forms import LimitsForm
from apps.trading.orders.operations import set_limits


@customer_required
@require_http_methods(["GET", "POST"])
@asks_for_step_up
def limits(request: HttpRequest) -> HttpResponseBase:
    """Show the limits; a POST sets the own ones. Looser ones take the second factor."""
    request.nav_active = "risk"  # type: ignore[attr-defined]  # read by the shell
    request.shell_mode = "live"  # type: ignore[attr-defined]  # read by the shell
    owner_id: UUID = request.user.pk  # type: ignore[assignment]  # customer_required lets only people in
    if request.method == "GET":
        return _show(request, limits_page(owner_id))
    form = LimitsForm(request.POST)
    key = form_key(request)
    if not form.is_valid():
        return _show(request, limits_page(owner_id, form, key), 422)
    given = dict(form.cleaned_data)
    confirmed = is_done(request, ACTION) or confirm_limits(request, owner_id, given)

    def act(actor: Actor) -> None:
        set_limits(actor=actor, owner_id=owner_id, limits=given, confirmed=confirmed)

    do_once(request, ACTION, given, act)
    messages.success(request, "These limits hold from now on.")
    return redirect("orders-limits")


def _show(request: HttpRequest, page: object, status: int = 200) -> HttpResponse:
    return render(request, "trading/orders/limits.html", {"page": page}, status=status)
