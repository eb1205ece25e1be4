"""/wallet/earn/ and /wallet/stake/: products, putting money in, positions, taking it out."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.core.form_writes import do_once, form_key
from apps.core.ids import uuid7
from apps.finance.ledger.choices import Mode
from apps.finance.wallets import operations
from apps.finance.wallets.choices_earning import Family
from apps.finance.wallets.pages.earning import (
    STAKING,
    YIELD,
    Words,
    earning_page,
    get_product,
    position_page,
    product_page,
)
from apps.finance.wallets.pages.forms import AmountForm
from apps.finance.wallets.pages.request_parts import mode_of, owner_of, put_refusal, show
from apps.finance.wallets.pages.wording import with_code
from apps.platform.authentication.access import customer_required

FAMILIES = {"earn": YIELD, "stake": STAKING}


@customer_required
@require_GET
def products(request: HttpRequest, family: str) -> HttpResponse:
    """Show products and own positions."""
    owner_id, mode, words = owner_of(request), mode_of(request), FAMILIES[family]
    return show(request, "earning", earning_page(owner_id, mode, words), mode=mode, tab=words.tab)


@customer_required
@require_http_methods(["GET", "POST"])
def product(request: HttpRequest, family: str, product_id: UUID) -> HttpResponse:
    """Show a product; a POST puts money in."""
    owner_id, mode, words = owner_of(request), mode_of(request), FAMILIES[family]
    if request.method == "GET":
        page = product_page(owner_id, product_id, mode, words)
        return show(request, "product", page, mode=mode, tab=words.tab)
    form = AmountForm(request.POST, asset=get_product(product_id, mode, words).asset)
    if form.is_valid():
        try:
            made = _open(request, product_id, form, mode, words)
        except DomainError as refusal:
            put_refusal(form, refusal)
        else:
            messages.success(request, f"{with_code(form.wanted(), _asset(product_id, mode, words))} went in.")
            return redirect(words.position_url_name, made)
    key = uuid7().hex if form.non_field_errors() else form_key(request)
    page = product_page(owner_id, product_id, mode, words, form=form, key=key)
    return show(request, "product", page, mode=mode, tab=words.tab, status=422)


@customer_required
@require_GET
def position(request: HttpRequest, family: str, position_id: UUID) -> HttpResponse:
    """Show one position."""
    words = FAMILIES[family]
    page = position_page(owner_of(request), position_id, words)
    return show(request, "position", page, mode=Mode(page.mode), tab=words.tab)


@customer_required
@require_POST
def take_out(request: HttpRequest, family: str, position_id: UUID) -> HttpResponse:
    """Ask a position back."""
    owner_of(request)
    words = FAMILIES[family]
    function: Any = operations.redeem_yield_position if words.family is Family.YIELD else operations.unbond_stake

    def act(actor: Actor) -> None:
        function(actor=actor, position_id=position_id)

    do_once(request, f"wallets.take_out_{words.family.value}", {"position": position_id}, act)
    messages.success(request, "Asked back. The page says when it is in your wallet.")
    return redirect(words.position_url_name, position_id)


def _open(request: HttpRequest, product_id: UUID, form: AmountForm, mode: Mode, words: Words) -> str:
    function: Any = operations.open_yield_position if words.family is Family.YIELD else operations.open_stake

    def act(actor: Actor) -> UUID:
        made: UUID = function(actor=actor, product_id=product_id, amount=form.wanted(), mode=mode).pk
        return made

    facts = {"product": product_id, "amount": form.wanted(), "mode": mode}
    return do_once(request, f"wallets.open_{words.family.value}", facts, act)


def _asset(product_id: UUID, mode: Mode, words: Words) -> str:
    return get_product(product_id, mode, words).asset
