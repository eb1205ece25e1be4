"""What every wallet page has in common: whose wallet, which money, one effect for each form, the frame around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from apps.core.errors import DomainError, IdempotencyKeyReused
from apps.core.view import Choice
from apps.finance.ledger.choices import Mode
from apps.finance.ledger.errors import InsufficientFunds

REMEMBERED = "wallet_mode"
TABS = (
    ("overview", "Overview", "wallet"),
    ("activity", "Activity", "wallet-activity"),
    ("goals", "Goals", "wallet-goals"),
    ("earn", "Earn", "wallet-earn"),
    ("stake", "Stake", "wallet-stake"),
)
SENT_BEFORE = "This form was sent before with other values. Look at what it did before you send it again."


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands above every wallet page: the tabs, and which money it is about."""

    tabs: Sequence[Choice]
    mode: str
    modes: Sequence[Choice]


def owner_of(request: HttpRequest) -> UUID:
    """Return the customer who asks; marks the entry of the rail."""
    request.nav_active = "wallet"  # type: ignore[attr-defined]  # read by the shell
    owner_id: UUID = request.user.pk  # type: ignore[assignment]  # customer_required lets only people in
    return owner_id


def mode_of(request: HttpRequest) -> Mode:
    """Return which money a page is about: what its form says, what was chosen now, or what was chosen last."""
    said = request.POST.get("mode", "")
    if said in Mode.values:
        return Mode(said)
    chosen = request.GET.get("mode", "")
    if chosen in Mode.values:
        request.session[REMEMBERED] = chosen
        return Mode(chosen)
    kept = request.session.get(REMEMBERED, "")
    return Mode(kept) if kept in Mode.values else Mode.LIVE


def put_refusal(form: forms.Form, refusal: DomainError) -> None:
    """Write a refusal where the form can show it: at its field, or above all of them."""
    if isinstance(refusal, IdempotencyKeyReused):
        form.add_error(None, SENT_BEFORE)
        return
    field = "amount" if isinstance(refusal, InsufficientFunds) else refusal.field
    form.add_error(field if field in form.fields else None, refusal.text)


def show(
    request: HttpRequest, template: str, page: Any, *, mode: Mode, tab: str = "", status: int = 200
) -> HttpResponse:
    """Render a page under the band of its mode; `tab` is the key of the tab it belongs to."""
    request.shell_mode = mode.value  # type: ignore[attr-defined]  # read by the shell, as is nav_active
    context = {"page": page, "frame": frame_of(request, mode, tab)}
    return render(request, f"finance/wallets/{template}.html", context, status=status)


def frame_of(request: HttpRequest, mode: Mode, tab: str) -> Frame:
    """Return the tabs with the present one marked, and the two modes."""
    here = next((reverse(name) for key, _, name in TABS if key == tab), request.path)
    return Frame(
        tabs=[Choice(label, reverse(name), key == tab) for key, label, name in TABS],
        mode=mode.value,
        modes=[Choice(each.label, f"{here}?mode={each.value}", each is mode) for each in Mode],
    )
