"""/wallet/deposit/ and /wallet/paper/: where to pay, announcing a bank transfer, one deposit, play money."""

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
from apps.finance.wallets import operations, queries
from apps.finance.wallets.errors import DepositMissing
from apps.finance.wallets.pages.deposits import choose_way, deposit_detail, deposit_page
from apps.finance.wallets.pages.forms_moving import PayInForm
from apps.finance.wallets.pages.request_parts import mode_of, owner_of, put_refusal, show
from apps.finance.wallets.pages.sending import paper_page
from apps.finance.wallets.pages.wording import with_code
from apps.platform.authentication.access import customer_required


@customer_required
@require_http_methods(["GET", "POST"])
def deposit(request: HttpRequest) -> HttpResponse:
    """Show how to pay in; a POST asks for an address (`address`), announces (`announce`) or simulates (`simulate`)."""
    owner_id, mode = owner_of(request), mode_of(request)
    given = request.POST if request.method == "POST" else request.GET
    asset, network = choose_way(mode, given.get("asset", ""), given.get("network", ""))
    if request.method == "GET":
        return show(request, "deposit", deposit_page(owner_id, mode, asset, network), mode=mode)
    action = request.POST.get("action", "")
    if action == "address":
        operations.ask_deposit_address(actor=Actor.of(request.user), asset=asset, network=network.value, mode=mode)
        return redirect(f"{reverse('wallet-deposit')}?asset={asset}&network={network.value}")
    if action not in ("announce", "simulate"):
        raise Invalid("There is no such button.", field="action")
    form = PayInForm(request.POST, asset=asset)
    if form.is_valid():
        try:
            return _announce(request, form, asset) if action == "announce" else _simulate(request, form, owner_id, mode)
        except DepositMissing:
            raise
        except DomainError as refusal:
            put_refusal(form, refusal)
    page = deposit_page(owner_id, mode, asset, network, form=form, key=_next_key(request, form))
    return show(request, "deposit", page, mode=mode, status=422)


@customer_required
@require_GET
def detail(request: HttpRequest, deposit_id: UUID) -> HttpResponse:
    """Show one deposit."""
    page = deposit_detail(owner_of(request), deposit_id)
    return show(request, "deposit_detail", page, mode=Mode(page.mode))


@customer_required
@require_POST
def take_back(request: HttpRequest, deposit_id: UUID) -> HttpResponse:
    """Take an announcement back."""
    owner_of(request)

    def act(actor: Actor) -> None:
        operations.take_back_deposit(actor=actor, deposit_id=deposit_id)

    do_once(request, "wallets.take_back_deposit", {"deposit": deposit_id}, act)
    messages.success(request, "The announcement is closed. If the money is on its way after all, tell support.")
    return redirect("wallet-deposit-detail", deposit_id)


@customer_required
@require_http_methods(["GET", "POST"])
def paper(request: HttpRequest) -> HttpResponse:
    """Show the play money; a POST sets it anew."""
    owner_id = owner_of(request)
    if request.method == "GET":
        return show(request, "paper", paper_page(owner_id), mode=Mode.PAPER)

    def act(actor: Actor) -> None:
        operations.reset_paper_funds(actor=actor)

    do_once(request, "wallets.reset_paper_funds", {}, act)
    messages.success(request, "Your play money is set anew.")
    return redirect(f"{reverse('wallet')}?mode=paper")


def _announce(request: HttpRequest, form: PayInForm, asset: str) -> HttpResponse:
    def act(actor: Actor) -> UUID:
        made: Any = operations.announce_deposit(actor=actor, asset=asset, amount=form.wanted())
        return made.pk  # type: ignore[no-any-return]  # a model's key

    made = do_once(request, "wallets.announce_deposit", {"asset": asset, "amount": form.wanted()}, act)
    messages.success(request, "Announced. Send the transfer with the text that stands below.")
    return redirect("wallet-deposit-detail", made)


def _simulate(request: HttpRequest, form: PayInForm, owner_id: UUID, mode: Mode) -> HttpResponse:
    place_id = request.POST.get("place", "")
    place = next((row for row in queries.list_deposit_addresses(owner_id, mode=mode) if str(row.id) == place_id), None)
    if place is None:
        raise DepositMissing

    def act(actor: Actor) -> None:
        operations.simulate_deposit(actor=actor, place_id=place.id, amount=form.wanted())

    do_once(request, "wallets.simulate_deposit", {"place": place_id, "amount": form.wanted()}, act)
    messages.success(request, f"{with_code(form.wanted(), place.asset)} are on the simulated network.")
    return redirect(f"{reverse('wallet-deposit')}?asset={place.asset}&network={place.network}")


def _next_key(request: HttpRequest, form: Any) -> str:
    return uuid7().hex if form.non_field_errors() else form_key(request)
