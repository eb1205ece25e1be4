"""/wallet/send/ and /wallet/transfers/: sending money to another customer, and one transfer."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.core.form_writes import do_once, form_key, is_done
from apps.core.ids import uuid7
from apps.finance.ledger.choices import Mode
from apps.finance.wallets import operations
from apps.finance.wallets.operations.transferring import CONFIRM_ACTION
from apps.finance.wallets.pages.request_parts import mode_of, owner_of, put_refusal, show
from apps.finance.wallets.pages.sending import make_form, send_page, transfer_page
from apps.finance.wallets.pages.wording import raw, with_code
from apps.platform.authentication.access import customer_required
from apps.platform.security.access import asks_for_step_up
from apps.platform.security.errors import StepUpRequired
from apps.platform.security.operations import Summary, require_recent_2fa

OPERATION = "wallets.transfer_between_customers"
DRAFT = "wallet_send_draft"
"""Where a form waits in the session while the second factor is asked for."""


@customer_required
@require_http_methods(["GET", "POST"])
@asks_for_step_up
def send(request: HttpRequest) -> HttpResponseBase:
    """Show the form; a POST sends, after the second factor where it is needed."""
    owner_id, mode = owner_of(request), mode_of(request)
    if request.method == "GET":
        return _empty_or_draft(request, owner_id, mode)
    form = make_form(owner_id, mode, request.POST)
    if form.is_valid():
        try:
            made = _send(request, form, owner_id, mode)
        except StepUpRequired:
            raise
        except DomainError as refusal:
            put_refusal(form, refusal)
        else:
            request.session.pop(DRAFT, None)
            messages.success(request, "On its way.")
            return redirect("wallet-transfer", made)
    key = uuid7().hex if form.non_field_errors() else form_key(request)
    return show(request, "send", send_page(owner_id, mode, form=form, key=key), mode=mode, status=422)


@customer_required
@require_GET
def transfer(request: HttpRequest, transfer_id: UUID) -> HttpResponse:
    """Show one transfer to its sender or recipient."""
    page = transfer_page(owner_of(request), transfer_id)
    return show(request, "transfer", page, mode=Mode(page.mode))


def _empty_or_draft(request: HttpRequest, owner_id: UUID, mode: Mode) -> HttpResponse:
    draft: dict[str, Any] = request.session.get(DRAFT) or {}
    if "confirmed" not in request.GET or not draft:
        request.session.pop(DRAFT, None)
        return show(request, "send", send_page(owner_id, mode), mode=mode)
    meant = Mode(draft["mode"])
    form = make_form(owner_id, meant, initial=draft)
    page = send_page(owner_id, meant, form=form, key=draft["key"], is_confirmed=True)
    return show(request, "send", page, mode=meant)


def _send(request: HttpRequest, form: Any, owner_id: UUID, mode: Mode) -> str:
    wanted = form.wanted()
    needs = operations.needs_second_factor(owner_id, wanted["asset"], wanted["amount"], mode)
    if needs and not is_done(request, OPERATION):
        payload = {"to": wanted["to"], "asset": wanted["asset"], "amount": raw(wanted["amount"]), "mode": mode.value}
        request.session[DRAFT] = {**payload, "key": form_key(request)}
        require_recent_2fa(request, CONFIRM_ACTION, payload, summary=_summary(wanted))

    def act(actor: Actor) -> UUID:
        made: Any = operations.transfer_between_customers(actor=actor, **wanted, mode=mode, is_confirmed=needs)
        return made.pk  # type: ignore[no-any-return]  # a model's key

    return do_once(request, OPERATION, {**wanted, "mode": mode}, act)


def _summary(wanted: dict[str, Any]) -> Summary:
    amount = with_code(wanted["amount"], wanted["asset"])
    return Summary(
        title=f"Send {amount}",
        facts=[("To", wanted["to"]), ("Amount", amount), ("Money", "Real money")],
        return_url=f"{reverse('wallet-send')}?confirmed=1",
    )
