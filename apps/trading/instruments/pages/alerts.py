"""/alerts/: what a person wants to be told."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.core.view import State
from apps.platform.authentication.access import customer_required
from apps.trading.instruments import operations, queries
from apps.trading.instruments.choices import AlertState, Rearm
from apps.trading.instruments.models import Alert
from apps.trading.instruments.pages.forms import AlertForm
from apps.trading.instruments.pages.shown import AlertRow, AlertsPage
from apps.trading.instruments.wording import alert_sentence

TONES = {
    AlertState.ARMED: "good",
    AlertState.RESTING: "wait",
    AlertState.DONE: "off",
    AlertState.PAUSED: "off",
}
MOST_ROWS = 200


@customer_required
@require_http_methods(["GET", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """Show the alerts and the form; POST makes one."""
    if request.method == "GET":
        symbol = request.GET.get("symbol", "")[:32].replace("\x00", "")
        return _show(request, AlertForm(initial={"symbol": symbol, "rearm": Rearm.ONCE}))
    form = AlertForm(request.POST)
    if not form.is_valid():
        return _show(request, form, status=422)
    found = form.cleaned_data
    wish = operations.AlertWish(
        symbol=found["symbol"],
        name=found["name"],
        condition=form.tree(),
        rearm=found["rearm"],
        pause_seconds=found["pause_minutes"] * 60,
    )
    try:
        made = operations.create_alert(actor=Actor.of(request.user), owner_id=_owner(request), wish=wish)
    except DomainError as refusal:
        return _show(request, form, errors=[refusal.text], status=refusal.http_status)
    messages.success(request, f"“{made.name}” watches now.")
    return redirect("alerts")


@customer_required
@require_POST
def alert(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Arm, pause or remove an alert."""
    action = request.POST.get("action", "")
    operation = {
        "arm": operations.arm_alert,
        "pause": operations.pause_alert,
        "remove": operations.remove_alert,
    }.get(action)
    if operation is not None:
        operation(actor=Actor.of(request.user), owner_id=_owner(request), alert_id=alert_id)
    else:
        queries.get_alert(alert_id, _owner(request))
    return redirect("alerts")


def _owner(request: HttpRequest) -> UUID:
    request.nav_active = "alerts"  # type: ignore[attr-defined]  # read by the shell
    owner_id: UUID = request.user.pk  # type: ignore[assignment]  # customer_required lets only people in
    return owner_id


def _show(request: HttpRequest, form: AlertForm, *, errors: list[str] | None = None, status: int = 200) -> HttpResponse:
    rows = list(queries.list_alerts(_owner(request))[:MOST_ROWS])
    watching = sum(row.state in {AlertState.ARMED, AlertState.RESTING} for row in rows)
    page = AlertsPage(
        note=f"{watching} watching" if rows else "",
        alerts=[_row(row) for row in rows],
        form=form,
        errors=errors or [],
        url=reverse("alerts"),
    )
    return render(request, "trading/instruments/alerts.html", {"page": page}, status=status)


def _row(row: Alert) -> AlertRow:
    last = "" if row.last_fired_at is None else f", last {row.last_fired_at:%-d %b %Y, %H:%M} UTC"
    times = "never" if not row.fired_count else f"{row.fired_count} time{'s' if row.fired_count > 1 else ''}{last}"
    minutes = max(1, row.pause_seconds // 60)
    return AlertRow(
        id=str(row.pk),
        name=row.name,
        symbol=row.symbol,
        market_url=reverse("market", args=[row.symbol]),
        sentence=alert_sentence(row.condition),
        state=State(TONES[AlertState(row.state)], row.get_state_display()),
        rearm="Once" if row.rearm == Rearm.ONCE else f"Each time anew, {minutes} min apart at least",
        fired=times,
        url=reverse("alert", args=[row.pk]),
        can_arm=row.state in {AlertState.DONE, AlertState.PAUSED, AlertState.RESTING},
        can_pause=row.state in {AlertState.ARMED, AlertState.RESTING},
    )
