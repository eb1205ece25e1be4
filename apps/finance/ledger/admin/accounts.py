"""Accounts and what is held of them; freezing, and asking for a correction."""

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import path
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from apps.core.actors import Actor
from apps.core.desk import Desk, DeskAdmin, LedgerAdmin, OperationAction, desk_admin
from apps.core.forms import StrictDecimalFormField
from apps.core.ids import uuid7
from apps.finance.ledger import operations
from apps.finance.ledger.admin.books import trial_balance_view
from apps.finance.ledger.choices import AccountKind, AccountState, Book
from apps.finance.ledger.models import Account, Hold
from apps.finance.ledger.operations.accounts import FREEZE
from apps.finance.ledger.operations.correcting import CORRECT
from kernel.money.exact import plain


class AdjustmentForm(forms.Form):
    """By how much. The key goes with the page, so that one page asks once."""

    amount = StrictDecimalFormField(
        max_digits=38,
        decimal_places=18,
        widget=UnfoldAdminDecimalFieldWidget(attrs={"step": "any"}),
        help_text="Positive: to the customer, at the house's cost. Another person has to agree.",
    )
    key = forms.RegexField(
        r"^[A-Za-z0-9]{8,64}\Z", widget=forms.HiddenInput(), initial=lambda: uuid7().hex, label="Key"
    )

    def clean_amount(self) -> Decimal:
        """Return the amount; raises ValidationError for zero."""
        amount: Decimal = self.cleaned_data["amount"]
        if not amount:
            raise ValidationError("Write an amount other than zero.")
        return amount


def _freeze(actor: Actor, row: Account, given: dict[str, Any]) -> Account:
    return operations.freeze_account(actor=actor, account_id=row.pk, expected=row.state, reason=given["reason"])


def _unfreeze(actor: Actor, row: Account, given: dict[str, Any]) -> Account:
    return operations.unfreeze_account(actor=actor, account_id=row.pk, expected=row.state, reason=given["reason"])


def _ask_for_adjustment(actor: Actor, row: Account, given: dict[str, Any]) -> Any:
    return operations.ask_for_adjustment(
        actor=actor, account_id=row.pk, amount=plain(given["amount"]), key=given["key"], reason=given["reason"]
    )


@desk_admin(Account)
class AccountAdmin(DeskAdmin):
    """Where amounts stand. Figures are on the account's normal side."""

    desk = Desk.FINANCE
    list_display: ClassVar = (
        "kind", "asset_id", "mode", "book", "holder", "natural_balance", "held_now", "available_now", "state",
    )  # fmt: skip
    list_filter: ClassVar = ("book", "mode", "state", "kind", ("asset", admin.RelatedOnlyFieldListFilter))
    list_select_related: ClassVar = ("holder",)
    search_fields: ClassVar = ("holder__email", "=id", "=subject_id")
    search_help_text = "E-mail of the holder, id of the account or of what it belongs to"
    ordering: ClassVar = ("-id",)
    readonly_fields: ClassVar = ("natural_balance", "held_now", "available_now")
    operations = (
        OperationAction(
            "freeze", "Freeze", FREEZE, _freeze, available=lambda row: row.state == AccountState.OPEN, is_dangerous=True
        ),
        OperationAction(
            "unfreeze", "Unfreeze", FREEZE, _unfreeze, available=lambda row: row.state == AccountState.FROZEN
        ),
        OperationAction(
            "adjust",
            "Ask for a correction",
            CORRECT,
            _ask_for_adjustment,
            form=AdjustmentForm,
            available=lambda row: row.book == Book.WALLET and row.kind == AccountKind.CUSTOMER,
        ),
    )

    def get_urls(self) -> list[Any]:
        """Add the trial balance."""
        view = self.admin_site.admin_view(self.trial_balance)
        return [path("trial-balance/", view, name="ledger_trial_balance"), *super().get_urls()]

    def trial_balance(self, request: HttpRequest) -> HttpResponse:
        """Show the trial balance."""
        return trial_balance_view(self, request)

    @admin.display(description="Balance")
    def natural_balance(self, row: Account) -> str:
        """Return the balance on the normal side."""
        return _shown(row.natural)

    @admin.display(description="Held")
    def held_now(self, row: Account) -> str:
        """Return what is held."""
        return _shown(row.held)

    @admin.display(description="Available")
    def available_now(self, row: Account) -> str:
        """Return what can be used."""
        return _shown(row.available)


@desk_admin(Hold)
class HoldAdmin(LedgerAdmin):
    """Parts of accounts that are reserved, and what became of them."""

    desk = Desk.FINANCE
    list_display: ClassVar = (
        "purpose", "account", "remaining_now", "amount_asked", "state", "expires_at", "subject_id", "created_at",
    )  # fmt: skip
    list_filter: ClassVar = ("state", "purpose")
    list_select_related: ClassVar = ("account",)
    search_fields: ClassVar = ("=id", "=subject_id", "=key", "=account__id")
    ordering: ClassVar = ("-id",)

    @admin.display(description="Remaining")
    def remaining_now(self, row: Hold) -> str:
        """Return what is still held."""
        return _shown(row.remaining)

    @admin.display(description="Asked")
    def amount_asked(self, row: Hold) -> str:
        """Return what was held at first."""
        return _shown(row.amount)


def _shown(amount: Decimal) -> str:
    return f"{plain(amount):,f}"
