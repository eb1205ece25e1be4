"""/portfolios/alerts/: when to be told of the result of a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.core.forms import StrictDecimalFormField
from apps.core.ids import parse_uuid
from apps.core.templatetags.ui import trimmed
from apps.core.view import Figure, result
from apps.platform.authentication.access import customer_required
from apps.trading.portfolios import alerting, operations, queries
from apps.trading.portfolios.calendar import zone_of
from apps.trading.portfolios.models import ResultAlert
from apps.trading.portfolios.pages.views import owner_of
from apps.trading.portfolios.valuing import Prices


class ResultAlertForm(forms.Form):
    """Of what, and beyond how much."""

    subject = forms.ChoiceField(label="Result of")
    bound = StrictDecimalFormField(
        label="Tell me beyond", min_value=Decimal("0.01"), max_digits=17, decimal_places=2, widget=forms.TextInput,
        help_text="Counts both ways, as a gain and as a loss.",
    )  # fmt: skip

    def __init__(self, *args: Any, owner_id: UUID, **more: Any) -> None:
        super().__init__(*args, **more)
        rows = [(f"portfolio:{row.pk}", row.name) for row in queries.list_portfolios(owner_id)]
        books = [(f"book:{key}", f"Bot {name}, realised") for key, name in alerting.list_bot_books(owner_id)]
        self.fields["subject"].choices = [*rows, *books]  # type: ignore[attr-defined]

    def wanted(self) -> dict[str, Any]:
        """Return what was asked; the form is valid."""
        kind, _, key = self.cleaned_data["subject"].partition(":")
        return {f"{kind}_id": UUID(key), "bound": self.cleaned_data["bound"]}


@dataclass(frozen=True, slots=True)
class ResultAlertRow:
    """One alert and where the day stands."""

    id: str
    name: str
    bound: str
    today: Figure
    told: str


@dataclass(frozen=True, slots=True)
class ResultAlertsPage:
    """The alerts and the form."""

    rows: Sequence[ResultAlertRow]
    zone: str
    form: Any
    errors: Sequence[str]
    url: str


@customer_required
@require_http_methods(["GET", "POST"])
def alerts(request: HttpRequest) -> HttpResponse:
    """Show the alerts; POST sets or removes one."""
    owner_id = owner_of(request)
    form = ResultAlertForm(owner_id=owner_id)
    if request.method == "GET":
        return _show(request, owner_id, form)
    whose: dict[str, Any] = {"actor": Actor.of(request.user), "owner_id": owner_id}
    try:
        if request.POST.get("action") == "remove":
            operations.remove_result_alert(
                **whose, alert_id=parse_uuid(request.POST.get("alert_id", "")) or UUID(int=0)
            )
        else:
            form = ResultAlertForm(request.POST, owner_id=owner_id)
            if not form.is_valid():
                return _show(request, owner_id, form, status=422)
            operations.set_result_alert(**whose, **form.wanted())
    except DomainError as refusal:
        return _show(request, owner_id, form, errors=[refusal.text], status=refusal.http_status)
    return redirect("portfolio-alerts")


def _show(
    request: HttpRequest, owner_id: UUID, form: ResultAlertForm, *, errors: Sequence[str] = (), status: int = 200
) -> HttpResponse:
    _, since = alerting.today_of(owner_id)
    prices: dict[str, Prices] = {}
    rows = [_row(row, alerting.result_of(row, since, prices)) for row in alerting.list_alerts(owner_id)]
    page = ResultAlertsPage(rows, zone_of(owner_id), form, errors, reverse("portfolio-alerts"))
    return render(request, "trading/portfolios/alerts.html", {"page": page}, status=status)


def _row(row: ResultAlert, today: Decimal | None) -> ResultAlertRow:
    unit = alerting.CURRENCY if row.portfolio is None else row.portfolio.currency
    days = {"gain": row.gain_told_on, "loss": row.loss_told_on}
    told = ", ".join(f"{name} on {day:%-d %b %Y}" for name, day in days.items() if day is not None)
    figure = Figure("not known yet") if today is None else result(today)
    return ResultAlertRow(str(row.pk), alerting.name_of(row), f"± {trimmed(row.bound)} {unit}", figure, told)
