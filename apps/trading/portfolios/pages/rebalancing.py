"""/portfolios/<id>/rebalance/: target weights, drift, the preview and its orders."""

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
from apps.core.form_writes import do_once
from apps.core.ids import uuid7
from apps.core.templatetags.ui import amount, percent, trimmed
from apps.core.view import Fact, Figure, State, share
from apps.platform.authentication.access import customer_required
from apps.trading.portfolios import operations, queries, rebalancing
from apps.trading.portfolios.choices import LineState, PlanState
from apps.trading.portfolios.models import Portfolio, RebalanceLine, RebalancePlan
from apps.trading.portfolios.pages.views import owner_of
from kernel.money import parse_decimal

ACTIONS = ("targets", "preview", "start", "cancel")
TONES = {
    PlanState.PREVIEW: "wait",
    PlanState.RUNNING: "good",
    PlanState.DONE: "good",
    PlanState.CANCELLED: "off",
    LineState.REFUSED: "warn",
    LineState.WAITING: "wait",
    LineState.PLACED: "good",
    LineState.FAILED: "warn",
    LineState.DROPPED: "off",
}


class TargetsForm(forms.Form):
    """One asset and its weight a line."""

    targets = forms.CharField(
        max_length=2_000,
        required=False,
        label="Target weights, %",
        help_text="One a line, for example BTC 40. The rest stays in the currency, at least 1 % for fees.",
    )

    def clean_targets(self) -> dict[str, Decimal]:
        """Return percent by asset; raises ValidationError."""
        found: dict[str, Decimal] = {}
        for line in self.cleaned_data["targets"].splitlines():
            words = line.replace("%", " ").split()
            if not words:
                continue
            if len(words) != 2 or words[0].upper() in found:
                raise forms.ValidationError("Write an asset and a number on each line, each asset once.")
            try:
                found[words[0].upper()] = parse_decimal(words[1], integer_digits=3, decimal_places=4)
            except (ValueError, ArithmeticError):
                raise forms.ValidationError(f"“{words[1][:20]}” is no number.") from None
        return found


@dataclass(frozen=True, slots=True)
class DriftRow:
    """An asset against its target."""

    asset: str
    target: str
    actual: str
    drift: Figure


@dataclass(frozen=True, slots=True)
class LineRow:
    """An order of the rebalancing."""

    number: int
    side: str
    what: str
    worth: str
    fee: str
    state: State
    reason: str
    order_url: str


@dataclass(frozen=True, slots=True)
class PlanShown:
    """The newest rebalancing."""

    id: str
    state: State
    facts: Sequence[Fact]
    lines: Sequence[LineRow]
    can_start: bool
    can_cancel: bool


@dataclass(frozen=True, slots=True)
class RebalancePage:
    """The page."""

    name: str
    url: str
    parent_url: str
    mode: str
    unit: str
    rows: Sequence[DriftRow]
    form: Any
    plan: PlanShown | None
    errors: Sequence[str]
    idempotency_key: str


@customer_required
@require_http_methods(["GET", "POST"])
def rebalance(request: HttpRequest, portfolio_id: UUID) -> HttpResponse:
    """Show targets, drift and the newest rebalancing; POST sets targets, works out, starts or calls off."""
    owner_id = owner_of(request)
    row = queries.get_portfolio(portfolio_id, owner_id)
    request.shell_mode = row.mode  # type: ignore[attr-defined]  # read by the shell
    written = "\n".join(f"{asset} {part.normalize():f}" for asset, part in rebalancing.list_targets(row).items())
    form = TargetsForm(initial={"targets": written})
    if request.method == "GET":
        return _show(request, row, form)
    action = request.POST.get("action", "")
    if action == "targets":
        form = TargetsForm(request.POST)
        if not form.is_valid():
            return _show(request, row, form, status=422)
    try:
        _do(request, row, form, action)
    except DomainError as refusal:
        return _show(request, row, form, errors=[refusal.text], status=refusal.http_status)
    return redirect("portfolio-rebalance", row.pk)


def _do(request: HttpRequest, row: Portfolio, form: TargetsForm, action: str) -> None:
    """Do what a button asks, once for the key of its form."""
    if action not in ACTIONS:
        return
    about: dict[str, Any] = {"owner_id": row.owner_id, "portfolio_id": row.pk}
    wanted = request.POST.get("plan_id", "")

    def act(actor: Actor) -> None:
        if action == "targets":
            operations.set_targets(actor=actor, **about, targets=form.cleaned_data["targets"])
        elif action == "preview":
            operations.preview_rebalance(actor=actor, **about)
        else:
            plan = rebalancing.newest_plan(row)
            if plan is not None and str(plan.pk) == wanted:
                do = operations.start_rebalance if action == "start" else operations.cancel_rebalance
                do(actor=actor, owner_id=row.owner_id, plan_id=plan.pk)

    told = {"portfolio": row.pk, "plan": wanted, "targets": request.POST.get("targets", "")}
    do_once(request, f"portfolios.page_{action}", told, act)


def _show(
    request: HttpRequest, row: Portfolio, form: TargetsForm, *, errors: list[str] | None = None, status: int = 200
) -> HttpResponse:
    found, shown = list(errors or []), []
    try:
        shown = rebalancing.drift_of(row)[1]
    except DomainError as refusal:
        if refusal.text not in found:
            found.append(refusal.text)
    plan = rebalancing.newest_plan(row)
    page = RebalancePage(
        name=row.name,
        url=reverse("portfolio-rebalance", args=[row.pk]),
        parent_url=reverse("portfolio", args=[row.pk]),
        mode=row.mode,
        unit=row.currency,
        rows=[DriftRow(one.asset, percent(one.target), percent(one.actual), share(one.drift)) for one in shown],
        form=form,
        plan=None if plan is None else _plan(plan, row.currency),
        errors=found,
        idempotency_key=uuid7().hex,
    )
    return render(request, "trading/portfolios/rebalance.html", {"page": page}, status=status)


def _plan(plan: RebalancePlan, unit: str) -> PlanShown:
    state = PlanState(plan.state)
    return PlanShown(
        id=str(plan.pk),
        state=State(TONES[state], state.label),
        facts=[
            Fact("Worked out", f"{plan.created_at:%-d %b %Y, %H:%M} UTC"),
            Fact("Worth then", f"{amount(plan.value)} {unit}"),
            Fact("Fees, estimated", f"{amount(plan.fees)} {unit}, as a taker at the published rate"),
        ],
        lines=[_line(line) for line in plan.lines.order_by("number")],
        can_start=state is PlanState.PREVIEW and plan.lines.filter(state=LineState.WAITING).exists(),
        can_cancel=state in {PlanState.PREVIEW, PlanState.RUNNING},
    )


def _line(line: RebalanceLine) -> LineRow:
    state = LineState(line.state)
    return LineRow(
        number=line.number,
        side=line.side,
        what=f"{trimmed(line.quantity, 8)} {line.asset}",
        worth=amount(line.worth) if line.price is not None else "no price",
        fee=amount(line.fee),
        state=State(TONES[state], state.label),
        reason=line.reason,
        order_url="" if line.order_id is None else reverse("orders-detail", args=[line.order_id]),
    )
