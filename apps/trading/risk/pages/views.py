"""/risk/: state, limits, switches and measures, and the buttons."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.core.form_writes import do_once, is_done
from apps.core.ids import parse_uuid
from apps.platform.authentication.access import customer_required
from apps.platform.security.access import asks_for_step_up
from apps.platform.security.operations import Summary, require_recent_2fa
from apps.trading.risk import operations, queries
from apps.trading.risk.choices import Scope
from apps.trading.risk.pages.context import risk_page
from apps.trading.risk.pages.forms import LimitForm, ProfileForm, ScenarioForm


@customer_required
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Show where the customer stands; `shock` and `symbol` try a scenario."""
    scenario = ScenarioForm(request.GET) if "shock" in request.GET else None
    return _show(request, scenario=scenario)


@customer_required
@require_POST
def limit(request: HttpRequest) -> HttpResponse:
    """Set or take away an own limit."""
    form = LimitForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data

        def act(actor: Actor) -> None:
            operations.set_own_limit(actor=actor, scope=Scope.CUSTOMER.value, **given)

        try:
            do_once(request, "risk.set_own_limit", given, act)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.text)
        else:
            messages.success(request, "Done. Tighter holds at once; looser is shown with the time from which it holds.")
            return _back(request)
    return _show(request, limit_form=form, status=422)


@customer_required
@require_POST
def profile(request: HttpRequest) -> HttpResponse:
    """Take over a ready set of limits."""
    form = ProfileForm(request.POST)
    if form.is_valid():
        chosen = form.cleaned_data["profile"]
        do_once(request, "risk.apply_profile", {"profile": chosen}, lambda actor: _apply(actor, chosen))
        messages.success(request, "The profile is taken over; what it loosens holds in 24 hours.")
    return _back(request)


@customer_required
@require_POST
def engage(request: HttpRequest) -> HttpResponse:
    """Engage the kill switch of the account or of a bot."""
    scope, subject = request.POST.get("scope", ""), parse_uuid(request.POST.get("subject", ""))
    flatten = request.POST.get("action", "") == "flatten"
    told = {"scope": scope, "subject": subject, "flatten": flatten}

    def act(actor: Actor) -> None:
        operations.engage_own_switch(actor=actor, scope=scope, subject_id=subject, flatten=flatten)

    do_once(request, "risk.engage_own_switch", told, act)
    messages.success(request, "The kill switch is engaged. Open orders are being cancelled.")
    return _back(request)


@customer_required
@require_http_methods(["GET", "POST"])
@asks_for_step_up
def lift(request: HttpRequest, switch_id: UUID) -> HttpResponseBase:
    """Lift a switch with the second factor; after the code the person comes back here by GET and presses again."""
    row = queries.get_own_switch(switch_id, _owner(request))
    if request.method == "GET":
        return _back(request)
    if not is_done(request, "risk.lift_own_switch"):
        words = "bot" if row.scope == Scope.BOT else "account"
        facts = [("Engaged", f"{row.engaged_at:%Y-%m-%d %H:%M} UTC")] if row.engaged_at else []
        summary = Summary(f"Lift the kill switch of your {words}", facts, reverse("risk"))
        payload = {"switch": str(switch_id), "times": row.times}
        require_recent_2fa(request, "risk.lift_own_switch", payload, summary=summary)

    def act(actor: Actor) -> None:
        operations.lift_own_switch(actor=actor, switch_id=switch_id)

    do_once(request, "risk.lift_own_switch", {"switch": switch_id}, act)
    messages.success(request, "The kill switch is lifted. Nothing starts again by itself.")
    return _back(request)


@customer_required
@require_POST
@asks_for_step_up
def resume(request: HttpRequest) -> HttpResponseBase:
    """Trade again after a drawdown, with the second factor."""
    live = _is_live(request)
    _owner(request)
    if not is_done(request, "risk.resume_own"):
        summary = Summary("Trade again", [("Trading", "Live" if live else "Paper")], _url(live))
        require_recent_2fa(request, "risk.resume_own", {"live": live}, summary=summary)
    do_once(request, "risk.resume_own", {"live": live}, lambda actor: operations.resume_own(actor=actor, is_live=live))
    messages.success(request, "You can trade again. The highest result starts anew from the present one.")
    return _back(request)


def _apply(actor: Actor, chosen: str) -> None:
    operations.apply_profile(actor=actor, profile=chosen)


def _show(
    request: HttpRequest,
    *,
    limit_form: LimitForm | None = None,
    scenario: ScenarioForm | None = None,
    status: int = 200,
) -> HttpResponse:
    live = _is_live(request)
    request.shell_mode = "live" if live else "paper"  # type: ignore[attr-defined]  # read by the shell
    page = risk_page(_owner(request), is_live=live, limit_form=limit_form, scenario=scenario)
    return render(request, "trading/risk/overview.html", {"page": page}, status=status)


def _owner(request: HttpRequest) -> UUID:
    request.nav_active = "risk"  # type: ignore[attr-defined]  # read by the shell
    owner_id: UUID = request.user.pk  # type: ignore[assignment]  # customer_required lets only people in
    return owner_id


def _is_live(request: HttpRequest) -> bool:
    return (request.POST.get("mode") or request.GET.get("mode")) == "live"


def _url(live: bool) -> str:
    return f"{reverse('risk')}?mode={'live' if live else 'paper'}"


def _back(request: HttpRequest) -> HttpResponse:
    return redirect(_url(_is_live(request)))
