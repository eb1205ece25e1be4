"""/wallet/goals/: the list, a new goal, one goal with its money, another plan, pausing and closing."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.core.actors import Actor
from apps.core.errors import DomainError, Invalid
from apps.core.form_writes import do_once, form_key
from apps.core.ids import uuid7
from apps.finance.ledger.choices import Mode
from apps.finance.wallets import operations, queries_earning
from apps.finance.wallets.pages.forms import AmountForm, GoalForm
from apps.finance.wallets.pages.goals import GoalFormPage, goal_page, goals_page, initial_of
from apps.finance.wallets.pages.request_parts import mode_of, owner_of, put_refusal, show
from apps.finance.wallets.pages.wording import with_code
from apps.platform.authentication.access import customer_required

MOVES: dict[str, tuple[Callable[..., object], str, str]] = {
    "add": (operations.deposit_to_goal, "add_form", "{amount} went into the goal."),
    "take": (operations.withdraw_from_goal, "take_form", "{amount} went back to your wallet."),
}
CONTROLS: dict[str, tuple[Callable[..., object], str]] = {
    "pause": (operations.pause_goal, "The schedule rests. What is saved stays."),
    "resume": (operations.resume_goal, "The schedule goes on. Days in between are not made up."),
    "close": (operations.close_goal, "The goal is closed and its money is back in your wallet."),
}


@customer_required
@require_GET
def goals(request: HttpRequest) -> HttpResponse:
    """Show the list."""
    owner_id, mode = owner_of(request), mode_of(request)
    return show(request, "goals", goals_page(owner_id, mode), mode=mode, tab="goals")


@customer_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Show the form; a POST makes the goal."""
    owner_of(request)
    mode = mode_of(request)
    if request.method == "GET":
        return _form(request, GoalForm(initial={"asset": request.GET.get("asset", "USDT"), "weekday": "1"}), mode)
    form = GoalForm(request.POST)
    if form.is_valid():
        asset = form.cleaned_data["asset"]

        def act(actor: Actor) -> UUID:
            return operations.create_goal(actor=actor, asset=asset, plan=form.plan(), mode=mode).pk

        try:
            made = do_once(request, "wallets.create_goal", {**form.cleaned_data, "mode": mode}, act)
        except DomainError as refusal:
            put_refusal(form, refusal)
        else:
            messages.success(request, "The goal is there. Put the first money in now, or let the schedule do it.")
            return redirect("wallet-goal", made)
    return _form(request, form, mode)


@customer_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, goal_id: UUID) -> HttpResponse:
    """Show a goal's plan; a POST gives it another one."""
    found = queries_earning.get_goal(goal_id, owner_id=owner_of(request))
    if request.method == "GET":
        form = GoalForm(initial=initial_of(found), asset=found.asset)
        return _form(request, form, Mode(found.mode), goal=found)
    form = GoalForm(request.POST, asset=found.asset)
    if form.is_valid():

        def act(actor: Actor) -> None:
            operations.change_goal(actor=actor, goal_id=goal_id, plan=form.plan())

        try:
            do_once(request, "wallets.change_goal", {**form.cleaned_data, "goal": goal_id}, act)
        except DomainError as refusal:
            put_refusal(form, refusal)
        else:
            messages.success(request, "The plan is changed.")
            return redirect("wallet-goal", goal_id)
    return _form(request, form, Mode(found.mode), goal=found)


@customer_required
@require_http_methods(["GET", "POST"])
def goal(request: HttpRequest, goal_id: UUID) -> HttpResponse:
    """Show one goal; a POST puts money in (`add`) or takes it back (`take`)."""
    owner_id = owner_of(request)
    if request.method == "GET":
        page = goal_page(owner_id, goal_id)
        return show(request, "goal", page, mode=Mode(page.mode), tab="goals")
    if request.POST.get("action") not in MOVES:
        raise Invalid("There is no such button.", field="action")
    found = queries_earning.get_goal(goal_id, owner_id=owner_id)
    name = request.POST["action"]
    function, form_name, words = MOVES[name]
    form = AmountForm(request.POST, asset=found.asset, label=name, auto_id=f"{name}_%s")
    form.fields["amount"].label = "Put in" if name == "add" else "Take back"
    if form.is_valid():

        def act(actor: Actor) -> None:
            function(actor=actor, goal_id=goal_id, amount=form.wanted(), movement_id=uuid7())

        try:
            do_once(request, f"wallets.goal_{name}", {"goal": goal_id, "amount": form.wanted()}, act)
        except DomainError as refusal:
            put_refusal(form, refusal)
        else:
            messages.success(request, words.format(amount=with_code(form.wanted(), found.asset)))
            return redirect("wallet-goal", goal_id)
    refused: dict[str, Any] = {form_name: form}
    page = goal_page(owner_id, goal_id, **refused, key=_next_key(request, form))
    return show(request, "goal", page, mode=Mode(page.mode), tab="goals", status=422)


@customer_required
@require_POST
def control(request: HttpRequest, goal_id: UUID) -> HttpResponse:
    """Pause, resume, close."""
    owner_of(request)
    action = request.POST.get("action", "")
    if action not in CONTROLS:
        raise Invalid("There is no such button.", field="action")
    function, words = CONTROLS[action]

    def act(actor: Actor) -> None:
        function(actor=actor, goal_id=goal_id)

    do_once(request, "wallets.control_goal", {"goal": goal_id, "action": action}, act)
    messages.success(request, words)
    return redirect("wallet-goal", goal_id)


def _form(
    request: HttpRequest, form: GoalForm, mode: Mode, *, goal: queries_earning.GoalView | None = None
) -> HttpResponse:
    page = GoalFormPage(
        title=f"Change {goal.name}" if goal else "New goal",
        mode=mode.value,
        parent_url=reverse("wallet-goal", args=[goal.id]) if goal else reverse("wallet-goals"),
        parent_label=goal.name if goal else "Goals",
        action_url=request.path,
        verb="Save the plan" if goal else "Make the goal",
        form=form,
        asset=goal.asset if goal else "",
        errors=[str(error) for error in form.non_field_errors()],
        idempotency_key=_next_key(request, form),
    )
    return show(request, "goal_form", page, mode=mode, tab="goals", status=422 if form.is_bound else 200)


def _next_key(request: HttpRequest, form: Any) -> str:
    """Return the form's own key while it was not used, and a new one when it stands for something else already."""
    return uuid7().hex if not form.is_bound or form.non_field_errors() else form_key(request)
