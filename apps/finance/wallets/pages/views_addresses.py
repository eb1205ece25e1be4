"""/wallet/addresses/ and /wallet/lock/: the book, proving an address, removing it, the lock."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.core.form_writes import do_once, form_key, is_done
from apps.core.ids import uuid7
from apps.finance.wallets import operations, queries
from apps.finance.wallets.errors import ProofOver
from apps.finance.wallets.pages.addresses import addresses_page, lock_page
from apps.finance.wallets.pages.forms_moving import AddressForm, LockForm, ProofForm
from apps.finance.wallets.pages.request_parts import mode_of, owner_of, put_refusal, show
from apps.platform.authentication.access import customer_required
from apps.platform.security.access import asks_for_step_up
from apps.platform.security.errors import StepUpRequired
from apps.platform.security.operations import Summary, require_recent_2fa


@customer_required
@require_http_methods(["GET", "POST"])
def addresses(request: HttpRequest) -> HttpResponse:
    """Show the book; a POST adds an address."""
    owner_id, mode = owner_of(request), mode_of(request)
    if request.method == "GET":
        return show(request, "addresses", addresses_page(owner_id), mode=mode)
    form = AddressForm(request.POST)
    if form.is_valid():

        def act(actor: Actor) -> None:
            operations.add_address(actor=actor, **form.wanted())

        try:
            do_once(request, "wallets.add_address", form.wanted(), act)
        except DomainError as refusal:
            put_refusal(form, refusal)
        else:
            messages.success(request, "We mailed you a code. Enter it beside the address.")
            return redirect("wallet-addresses")
    key = uuid7().hex if form.non_field_errors() else form_key(request)
    return show(request, "addresses", addresses_page(owner_id, form=form, key=key), mode=mode, status=422)


@customer_required
@require_POST
def prove(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Prove an address by the mailed code; each try is counted before the code is looked at."""
    owner_id, mode = owner_of(request), mode_of(request)
    form = ProofForm(request.POST, auto_id=f"proof_{entry_id.hex[-8:]}_%s")
    if form.is_valid():

        def act(actor: Actor) -> None:
            operations.prove_address(actor=actor, entry_id=entry_id, code=form.cleaned_data["code"])

        try:
            if not operations.take_proof_attempt(actor=Actor.of(request.user), entry_id=entry_id):
                raise ProofOver
            do_once(request, "wallets.prove_address", {"entry": entry_id}, act)
        except DomainError as refusal:
            if refusal.http_status == 404:
                raise
            put_refusal(form, refusal)
        else:
            messages.success(request, "Proved. The page says from when on money leaves to it.")
            return redirect("wallet-addresses")
    page = addresses_page(owner_id, proof=form, proof_id=entry_id, key=form_key(request))
    return show(request, "addresses", page, mode=mode, status=422)


@customer_required
@require_POST
def again(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Mail another code."""
    return _do(request, entry_id, operations.mail_proof_again, "Another code is in your mail. The one before is dead.")


@customer_required
@require_POST
def remove(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Take an address out of the book."""
    return _do(request, entry_id, operations.remove_address, "Removed. Nothing leaves to it any more.")


@customer_required
@require_http_methods(["GET", "POST"])
@asks_for_step_up
def lock(request: HttpRequest) -> HttpResponseBase:
    """Show the lock; a POST sets, changes or lifts it. A shorter lock, or none, takes the second factor."""
    owner_id, mode = owner_of(request), mode_of(request)
    if request.method == "GET":
        return show(request, "lock", lock_page(owner_id, asked=request.GET.get("days", "")), mode=mode)
    form = LockForm({"days": "0"} if request.POST.get("action") == "lift" else request.POST)
    if form.is_valid():
        days = form.cleaned_data["days"]

        def act(actor: Actor) -> None:
            operations.set_lock(actor=actor, days=days)

        try:
            _prove_lowering(request, owner_id, days)
            do_once(request, "wallets.set_lock", {"days": days}, act)
        except StepUpRequired:
            raise
        except DomainError as refusal:
            put_refusal(form, refusal)
        else:
            messages.success(request, "Done. This page says what holds from when on.")
            return redirect("wallet-lock")
    key = uuid7().hex if form.non_field_errors() else form_key(request)
    return show(request, "lock", lock_page(owner_id, form=form, key=key), mode=mode, status=422)


def _prove_lowering(request: HttpRequest, owner_id: UUID, days: int) -> None:
    """Use up the second factor for a shorter lock than the present one. Raises StepUpRequired."""
    present = queries.get_lock(owner_id).days
    if days >= present or is_done(request, "wallets.set_lock"):
        return
    title = f"Lower the lock of your wallet to {days} days" if days else "Lift the lock of your wallet"
    facts = [("Now", f"{present} days"), ("Then", f"{days} days"), ("After", f"{present} days")]
    back = f"{reverse('wallet-lock')}?days={days}"
    require_recent_2fa(request, "wallets.set_lock", {"days": days}, summary=Summary(title, facts, back))


def _do(request: HttpRequest, entry_id: UUID, operation: Callable[..., object], words: str) -> HttpResponse:
    owner_of(request)

    def act(actor: Actor) -> None:
        operation(actor=actor, entry_id=entry_id)

    do_once(request, f"wallets.address_{operation.__name__}", {"entry": entry_id}, act)
    messages.success(request, words)
    return redirect("wallet-addresses")
