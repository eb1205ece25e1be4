"""/orders/algos/: large orders, a new one, one with its controls."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.core.actors import Actor
from apps.core.errors import Conflict, DomainError
from apps.core.form_writes import do_once
from apps.core.ids import parse_uuid
from apps.platform.authentication.access import customer_required
from apps.trading.orders.algos import operations
from apps.trading.orders.algos.pages.context import algo_page, algos_page, form_page
from apps.trading.orders.algos.pages.forms import AlgoForm, TrialForm
from apps.trading.orders.algos.pages.trial import first_values, trial_page
from apps.trading.orders.algos.queries import get_algo
from apps.trading.orders.algos.trying import try_algo

ACTIONS: dict[str, tuple[Callable[..., object], str]] = {
    "pause": (operations.pause_algo, "It is paused. What rests is taken back; what is filled stays filled."),
    "resume": (operations.resume_algo, "It goes on."),
    "cancel": (operations.cancel_algo, "It ends. What rests is taken back; what is filled stays filled."),
}


def _owner(request: HttpRequest) -> UUID:
    request.nav_active = "orders"  # type: ignore[attr-defined]  # read by the shell
    owner_id: UUID = request.user.pk  # type: ignore[assignment]  # customer_required lets only people in
    return owner_id


@customer_required
@require_GET
def algos(request: HttpRequest) -> HttpResponse:
    """Show the list; `?after=` goes on."""
    after = parse_uuid(request.GET.get("after", ""))
    return render(request, "trading/orders/algos.html", {"page": algos_page(_owner(request), after)})


@customer_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Show the form; a POST starts it, the same key once."""
    owner_id = _owner(request)
    if request.method == "GET":
        first = {"symbol": "", "minutes": 60, "slices": 12, **request.GET.dict()}
        page = form_page(AlgoForm(owner_id=owner_id, initial=first), [])
        return render(request, "trading/orders/algo_form.html", {"page": page})
    form = AlgoForm(request.POST, owner_id=owner_id)
    errors: list[str] = []
    if form.is_valid():
        try:
            return redirect("orders-algo", _start(request, form, owner_id))
        except DomainError as refusal:
            errors = [refusal.text]
    page = form_page(form, errors or ["Some values cannot be accepted."])
    return render(request, "trading/orders/algo_form.html", {"page": page}, status=422)


@customer_required
@require_GET
def try_on_history(request: HttpRequest) -> HttpResponse:
    """Show the form; with a quantity, what the same algorithm would have done over recorded candles."""
    owner_id, symbol = _owner(request), request.GET.get("symbol", "BTCUSDT")
    if "quantity" not in request.GET:
        form = TrialForm(owner_id=owner_id, initial={**first_values(symbol), **request.GET.dict()})
        return render(request, "trading/orders/algo_try.html", {"page": trial_page(form, [], symbol)})
    form, errors, found = TrialForm(request.GET, owner_id=owner_id), ["Some values cannot be accepted."], None
    if form.is_valid():
        try:
            found, errors = try_algo(wish=form.wish(), start=form.start(), costs=form.costs()), []
        except DomainError as refusal:
            errors = [refusal.text]
    page = trial_page(form, errors, symbol, found)
    return render(request, "trading/orders/algo_try.html", {"page": page}, status=422 if errors else 200)


def _start(request: HttpRequest, form: AlgoForm, owner_id: UUID) -> UUID:
    def act(actor: Actor) -> UUID:
        connection_id = UUID(form.cleaned_data["connection"])
        return operations.start_algo(actor=actor, owner_id=owner_id, connection_id=connection_id, wish=form.wish()).pk

    made = do_once(request, "orders.start_algo", form.cleaned_data, act)
    messages.success(request, "It is stored, and the first part is on its way as soon as it is due.")
    return UUID(made)


@customer_required
@require_GET
def algo(request: HttpRequest, algo_id: UUID) -> HttpResponse:
    """Show one with its progress and its children."""
    return render(request, "trading/orders/algo.html", {"page": algo_page(_owner(request), algo_id)})


@customer_required
@require_POST
def act(request: HttpRequest, algo_id: UUID, action: str) -> HttpResponseRedirect:
    """Pause, resume or cancel one."""
    if action not in ACTIONS:
        raise Http404
    get_algo(algo_id, owner_id=_owner(request))
    run, words = ACTIONS[action]
    try:
        run(actor=Actor.of(request.user), algo_id=algo_id)
        messages.info(request, words)
    except Conflict as refusal:
        messages.error(request, refusal.text)
    return redirect("orders-algo", algo_id)
