"""/portfolios/<id>/schedule/: rebalancing by schedule."""

from calendar import day_name
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.core.forms import StrictDecimalFormField
from apps.core.view import Fact, State
from apps.platform.authentication.access import customer_required
from apps.platform.security.access import asks_for_step_up
from apps.platform.security.errors import StepUpRequired
from apps.trading.portfolios import operations, queries, scheduling
from apps.trading.portfolios.calendar import zone_of
from apps.trading.portfolios.choices import Every
from apps.trading.portfolios.confirming import confirm_schedule
from apps.trading.portfolios.models import Portfolio, RebalanceSchedule
from apps.trading.portfolios.operations import Rhythm
from apps.trading.portfolios.operations.scheduling import weights_of
from apps.trading.portfolios.pages.views import owner_of


class ScheduleForm(forms.Form):
    """When, and how far off."""

    every = forms.ChoiceField(label="How often", choices=Every.choices)
    day = forms.IntegerField(
        label="Day", required=False, min_value=1, max_value=31,
        help_text="Of the week, 1 is Monday; or of the month. Empty for every day.",
    )  # fmt: skip
    hour = forms.IntegerField(label="Hour", min_value=0, max_value=23, help_text="0 to 23, by your clock.")
    band = StrictDecimalFormField(
        label="Only if an asset is off its target by", min_value=Decimal("0.0001"), max_value=Decimal(50),
        max_digits=6, decimal_places=4, widget=forms.TextInput,
    )  # fmt: skip
    most_worth = StrictDecimalFormField(
        label="Worth of a run at most", required=False, min_value=Decimal("0.01"), max_digits=20, decimal_places=2,
        widget=forms.TextInput, help_text="A must for real money.",
    )  # fmt: skip

    def rhythm(self) -> Rhythm:
        """Return what was asked; the form is valid."""
        given = self.cleaned_data
        return Rhythm(**{**given, "every": Every(given["every"])})


@dataclass(frozen=True, slots=True)
class SchedulePage:
    """The schedule of a portfolio: `state` is None without one."""

    name: str
    url: str
    parent_url: str
    mode: str
    unit: str
    zone: str
    state: State | None
    facts: Sequence[Fact]
    plan_url: str
    is_paused: bool
    form: Any
    errors: Sequence[str]


@customer_required
@require_http_methods(["GET", "POST"])
@asks_for_step_up
def schedule(request: HttpRequest, portfolio_id: UUID) -> HttpResponseBase:
    """Show the schedule; POST sets, pauses, resumes or removes it. Real money takes the second factor."""
    owner_id = owner_of(request)
    row = queries.get_portfolio(portfolio_id, owner_id)
    request.shell_mode = row.mode  # type: ignore[attr-defined]  # read by the shell
    if request.method == "GET":
        return _show(request, row)
    action = request.POST.get("action", "")
    form = ScheduleForm(request.POST) if action == "set" else None
    if form is not None and not form.is_valid():
        return _show(request, row, form, status=422)
    try:
        _do(request, row, form, action)
    except StepUpRequired:
        raise
    except DomainError as refusal:
        return _show(request, row, form, errors=[refusal.text], status=refusal.http_status)
    return redirect("portfolio-schedule", row.pk)


def _do(request: HttpRequest, row: Portfolio, form: ScheduleForm | None, action: str) -> None:
    whose: dict[str, Any] = {"actor": Actor.of(request.user), "owner_id": row.owner_id, "portfolio_id": row.pk}
    if form is not None:
        confirmed = confirm_schedule(request, row.owner_id, row.pk, form.rhythm())
        operations.set_schedule(**whose, rhythm=form.rhythm(), confirmed=confirmed)
    elif action == "pause":
        operations.pause_schedule(**whose)
    elif action == "resume":
        operations.resume_schedule(**whose)
    elif action == "remove":
        operations.remove_schedule(**whose)


def _show(
    request: HttpRequest,
    row: Portfolio,
    form: ScheduleForm | None = None,
    *,
    errors: Sequence[str] = (),
    status: int = 200,
) -> HttpResponse:
    found = scheduling.get_schedule(row)
    page = SchedulePage(
        name=row.name,
        url=reverse("portfolio-schedule", args=[row.pk]),
        parent_url=reverse("portfolio-rebalance", args=[row.pk]),
        mode=row.mode,
        unit=row.currency,
        zone=zone_of(row.owner_id),
        state=None if found is None else _state(found),
        facts=[] if found is None else _facts(row, found),
        plan_url="" if found is None or found.last_plan_id is None else reverse("portfolio-rebalance", args=[row.pk]),
        is_paused=found is not None and found.next_at is None,
        form=form or ScheduleForm(initial=_initial(found)),
        errors=errors,
    )
    return render(request, "trading/portfolios/schedule.html", {"page": page}, status=status)


def _initial(found: RebalanceSchedule | None) -> dict[str, Any]:
    if found is None:
        return {"every": Every.WEEK.value, "day": 1, "hour": 9, "band": "5"}
    most = "" if found.most_worth is None else f"{found.most_worth.normalize():f}"
    band = f"{found.band.normalize():f}"
    return {"every": found.every, "day": found.day, "hour": found.hour, "band": band, "most_worth": most}


def _state(found: RebalanceSchedule) -> State:
    if found.next_at is None:
        return State("off", "Paused")
    return State("good", f"Next look: {found.next_at.astimezone(ZoneInfo(found.zone)):%a %-d %b %Y, %H:%M}")


def _facts(row: Portfolio, found: RebalanceSchedule) -> list[Fact]:
    zone = ZoneInfo(found.zone)
    weights = found.weights if row.mode == "live" else weights_of(row)
    day = "" if found.day is None else f", day {found.day}"
    if found.every == Every.WEEK and found.day is not None:
        day = f", {day_name[found.day - 1]}"
    facts = [
        Fact("How often", f"{found.get_every_display()}{day} at {found.hour}:00, {found.zone}"),
        Fact("Weights", ", ".join(f"{asset} {percent} %" for asset, percent in weights.items())),
        Fact("Only if off by", f"{found.band.normalize():f} points"),
    ]
    if found.most_worth is not None:
        facts.append(Fact("A run at most", f"{found.most_worth.normalize():,f} {row.currency}"))
    if found.last_at is not None:
        facts.append(Fact("Last look", f"{found.last_at.astimezone(zone):%-d %b %Y, %H:%M}: {found.last_words}"))
    return facts
