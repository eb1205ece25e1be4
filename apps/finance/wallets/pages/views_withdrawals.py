"""/wallet/withdraw/ and /wallet/withdrawals/: asking, what it would cost, confirming, following, taking back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.core.form_writes import do_once, form_key
from apps.core.ids import uuid7
from apps.finance.ledger.choices import Mode
from apps.finance.wallets import operations, queries
from apps.finance.wallets.pages.request_parts import mode_of, owner_of, put_refusal, show
from apps.finance.wallets.pages.withdrawals import (
    WithdrawPage,
    make_form,
    sendable,
    withdraw_page,
    withdrawal_page,
)
from apps.platform.authentication.access import customer_required
from apps.platform.security.access import asks_for_step_up
from apps.platform.security.operations import Summary, require_recent_2fa


@customer_required
@require_http_methods(["GET", "POST"])
@asks_for_step_up
def withdraw(request: HttpRequest) -> HttpResponseBase:
    """Show the form; a POST shows what it would come to (`preview`), or asks for it and for the second factor."""
    owner_id, mode = owner_of(request), mode_of(request)
    if request.method == "GET":
        page = withdraw_page(owner_id, mode, entry=request.GET.get("entry", ""))
        return show(request, "withdraw", page, mode=mode)
    form = make_form(sendable(owner_id), request.POST)
    is_preview = request.POST.get("action") == "preview"
    if form.is_valid() and not is_preview:
        try:
            made = _request(request, form, mode)
        except DomainError as refusal:
            put_refusal(form, refusal)
        else:
            return _confirmed(request, UUID(made))
    key = uuid7().hex if form.non_field_errors() else form_key(request)
    page = withdraw_page(owner_id, mode, form=form, key=key)
    return show(request, "withdraw", page, mode=mode, status=200 if form.is_valid() else 422)


@customer_required
@require_GET
def preview(request: HttpRequest) -> HttpResponse:
    """Show what a withdrawal would come to: the part of the page that follows the form."""
    owner_id, mode = owner_of(request), mode_of(request)
    form = make_form(sendable(owner_id), {"entry": request.GET.get("entry"), "amount": request.GET.get("amount")})
    page: WithdrawPage = withdraw_page(owner_id, mode, form=form)
    return render(request, "finance/wallets/_withdraw_preview.html", {"page": page})


@customer_required
@require_GET
def withdrawal(request: HttpRequest, withdrawal_id: UUID) -> HttpResponse:
    """Show one withdrawal."""
    page = withdrawal_page(owner_of(request), withdrawal_id, is_proved="confirmed" in request.GET)
    return show(request, "withdrawal", page, mode=Mode(page.mode))


@customer_required
@require_POST
@asks_for_step_up
def confirm(request: HttpRequest, withdrawal_id: UUID) -> HttpResponseBase:
    """Let a withdrawal go on with a code of the second factor."""
    owner_of(request)
    return _confirmed(request, withdrawal_id)


@customer_required
@require_POST
def cancel(request: HttpRequest, withdrawal_id: UUID) -> HttpResponse:
    """Take a withdrawal back."""
    owner_of(request)

    def act(actor: Actor) -> None:
        operations.cancel_withdrawal(actor=actor, withdrawal_id=withdrawal_id)

    do_once(request, "wallets.cancel_withdrawal", {"withdrawal": withdrawal_id}, act)
    messages.success(request, "Cancelled. The money is yours to use again.")
    return redirect("wallet-withdrawal", withdrawal_id)


def _request(request: HttpRequest, form: Any, mode: Mode) -> str:
    entry_id, amount = form.wanted()

    def act(actor: Actor) -> UUID:
        made: Any = operations.request_withdrawal(actor=actor, entry_id=entry_id, amount=amount, mode=mode)
        return made.pk  # type: ignore[no-any-return]  # a model's key

    return do_once(request, "wallets.request_withdrawal", {"entry": entry_id, "amount": amount, "mode": mode}, act)


def _confirmed(request: HttpRequest, withdrawal_id: UUID) -> HttpResponse:
    """Confirm when the code was given, else ask for it (StepUpRequired); one that is confirmed already stays so."""
    owner_id = owner_of(request)
    bound = queries.get_confirmation(withdrawal_id, owner_id=owner_id)
    here = reverse("wallet-withdrawal", args=[withdrawal_id])
    if bound.payload is not None:
        summary = Summary(bound.title, list(bound.facts), f"{here}?confirmed=1")
        require_recent_2fa(request, queries.CONFIRM_WITHDRAWAL, bound.payload, summary=summary)
        operations.confirm_withdrawal(actor=Actor.of(request.user), withdrawal_id=withdrawal_id)
        messages.success(request, "Confirmed. This page says what it waits for and until when.")
    return redirect(here)
