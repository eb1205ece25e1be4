"""/portfolios/webhook/: where the results of each day are sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.core.view import State
from apps.platform.authentication.access import customer_required
from apps.platform.security.access import asks_for_step_up
from apps.platform.security.errors import StepUpRequired
from apps.trading.portfolios import operations, webhooks
from apps.trading.portfolios.choices import DeliveryState
from apps.trading.portfolios.confirming import confirm_webhook
from apps.trading.portfolios.errors import WebhookMissing
from apps.trading.portfolios.models import WebhookDelivery
from apps.trading.portfolios.pages.views import owner_of

NEWEST = 30
TONES = {DeliveryState.WAITING: "wait", DeliveryState.DELIVERED: "good", DeliveryState.GIVEN_UP: "danger"}


class WebhookForm(forms.Form):
    """An address."""

    url = forms.CharField(label="Address", max_length=500, help_text="https only. A new secret is made each time.")


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A day that was sent."""

    day: str
    state: State
    note: str


@dataclass(frozen=True, slots=True)
class WebhookPage:
    """`secret` is shown once, right after it was made."""

    url: str
    next_day: str
    is_paused: bool
    secret: str
    rows: Sequence[DeliveryRow]
    form: Any
    errors: Sequence[str]
    action_url: str


@customer_required
@require_http_methods(["GET", "POST"])
@asks_for_step_up
def webhook(request: HttpRequest) -> HttpResponseBase:
    """Show the webhook and what was sent; POST sets it, after the second factor, or removes it."""
    owner_id = owner_of(request)
    if request.method == "GET":
        return _show(request, owner_id, WebhookForm(initial={"url": request.GET.get("url", "")[:500]}))
    whose: dict[str, Any] = {"actor": Actor.of(request.user), "owner_id": owner_id}
    form = WebhookForm(request.POST)
    try:
        if request.POST.get("action") == "remove":
            operations.remove_webhook(**whose)
            return redirect("portfolio-webhook")
        if not form.is_valid():
            return _show(request, owner_id, form, status=422)
        confirm_webhook(request, form.cleaned_data["url"])
        _, secret = operations.set_webhook(**whose, url=form.cleaned_data["url"])
    except StepUpRequired:
        raise
    except DomainError as refusal:
        return _show(request, owner_id, form, errors=[refusal.text], status=refusal.http_status)
    return _show(request, owner_id, secret=secret)


def _show(
    request: HttpRequest,
    owner_id: UUID,
    form: WebhookForm | None = None,
    *,
    secret: str = "",
    errors: Sequence[str] = (),
    status: int = 200,
) -> HttpResponse:
    try:
        found = webhooks.get_webhook(owner_id)
    except WebhookMissing:
        found = None
    page = WebhookPage(
        url="" if found is None else webhooks.url_of(found),
        next_day="" if found is None else f"{found.next_day:%-d %b %Y}",
        is_paused=found is not None and found.paused_at is not None,
        secret=secret,
        rows=[_row(row) for row in webhooks.list_deliveries(owner_id)[:NEWEST]],
        form=form or WebhookForm(),
        errors=errors,
        action_url=reverse("portfolio-webhook"),
    )
    return render(request, "trading/portfolios/webhook.html", {"page": page}, status=status)


def _row(row: WebhookDelivery) -> DeliveryRow:
    tries = f"tried {row.attempts} time{'' if row.attempts == 1 else 's'}"
    note = f"{tries}: {row.error}" if row.error else tries
    state = DeliveryState(row.state)
    return DeliveryRow(f"{row.day:%-d %b %Y}", State(TONES[state], state.label), note)
