"""/orders/routes/: routed orders, a new one with its check, one with its parts."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.core.actors import Actor
from apps.core.errors import Conflict, Invalid, LimitReached
from apps.core.idempotency import Reply, execute_once, has_answered
from apps.core.ids import uuid7
from apps.platform.authentication.access import customer_required
from apps.platform.security.access import asks_for_step_up
from apps.trading.orders.routing import operations
from apps.trading.orders.routing.confirming import confirm_route
from apps.trading.orders.routing.pages.context import form_page, route_page, routes_page
from apps.trading.orders.routing.pages.forms import RouteForm
from apps.trading.orders.routing.queries import get_route

PLACE = "orders.place_route"
REFUSALS = (Conflict, Invalid, LimitReached)
FORM = "trading/orders/route_form.html"


def _owner(request: HttpRequest) -> UUID:
    request.nav_active = "orders"  # type: ignore[attr-defined]  # read by the shell
    owner_id: UUID = request.user.pk  # type: ignore[assignment]  # customer_required lets only people in
    return owner_id


@customer_required
@require_GET
def routes(request: HttpRequest) -> HttpResponse:
    """Show the list; `?after=` goes on."""
    try:
        after = UUID(request.GET["after"]) if "after" in request.GET else None
    except ValueError:
        after = None
    return render(request, "trading/orders/routes.html", {"page": routes_page(_owner(request), after)})


@customer_required
@require_http_methods(["GET", "POST"])
@asks_for_step_up
def new(request: HttpRequest) -> HttpResponse:
    """Show the form; a POST says what it would come to (`action` check) or places it, the same key once."""
    owner_id = _owner(request)
    if request.method == "GET":
        first = {name: request.GET[name] for name in ("symbol", "side", "quantity", "mode") if name in request.GET}
        return render(request, FORM, {"page": form_page(RouteForm(owner_id=owner_id, initial=first))})
    form = RouteForm(request.POST, owner_id=owner_id)
    if not form.is_valid():
        return render(request, FORM, {"page": form_page(form, ["Some values cannot be accepted."])}, status=422)
    try:
        if request.POST.get("action") == "place":
            return redirect("orders-route", _place(request, form, owner_id))
        plan = operations.plan_route(owner_id=owner_id, wish=form.wish())
    except REFUSALS as refusal:
        return render(request, FORM, {"page": form_page(form, [refusal.text])}, status=refusal.http_status)
    return render(request, FORM, {"page": form_page(form, plan=plan)})


def _place(request: HttpRequest, form: RouteForm, owner_id: UUID) -> UUID:
    actor, wish = Actor.of(request.user), form.wish()
    key = request.POST.get("idempotency_key", "")[:255] or uuid7().hex
    known = has_answered(actor, PLACE, key)
    confirmed = known or confirm_route(request, owner_id, wish)

    def run() -> Reply:
        made = operations.place_route(actor=actor, owner_id=owner_id, wish=wish, confirmed=confirmed)
        return Reply(201, str(made.pk))

    facts = {name: str(value) for name, value in form.cleaned_data.items()}
    reply = execute_once(actor=actor, operation=PLACE, key=key, request=facts, run=run)
    messages.success(request, "It is stored, and its parts are on their way.")
    return UUID(reply.body)


@customer_required
@require_GET
def route(request: HttpRequest, route_id: UUID) -> HttpResponse:
    """Show one with its parts and its orders."""
    return render(request, "trading/orders/route.html", {"page": route_page(_owner(request), route_id)})


@customer_required
@require_POST
def cancel(request: HttpRequest, route_id: UUID) -> HttpResponseRedirect:
    """Send no more parts."""
    get_route(route_id, owner_id=_owner(request))
    try:
        operations.cancel_route(actor=Actor.of(request.user), route_id=route_id)
        messages.info(request, "It ends. What is filled stays filled.")
    except Conflict as refusal:
        messages.error(request, refusal.text)
    return redirect("orders-route", route_id)
