"""Journals with their entries, the entries alone, the seals; asking for a reversal, exporting."""

from decimal import Decimal
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponseBase
from django.urls import path
from unfold.admin import TabularInline

from apps.core.actors import Actor
from apps.core.desk import Desk, DeskAdmin, LedgerAdmin, OperationAction, desk_admin
from apps.finance.ledger import operations
from apps.finance.ledger.admin.books import export_view
from apps.finance.ledger.models import Entry, ExportMapping, Journal, JournalSeal
from apps.finance.ledger.operations.correcting import CORRECT, FINAL_KINDS
from kernel.money.exact import plain


def _ask_for_reversal(actor: Actor, row: Journal, given: dict[str, Any]) -> Any:
    return operations.ask_for_reversal(actor=actor, journal_uid=row.uid, reason=given["reason"])


def _sides(amount: Decimal) -> tuple[str, str]:
    text = f"{plain(amount.copy_abs()):,f}"
    return ("", text) if amount > 0 else (text, "")


class EntryColumns:
    """Debit and credit of an entry, and its asset."""

    @admin.display(description="Asset")
    def asset(self, row: Entry) -> str:
        """Return the asset of the account."""
        return str(row.account.asset_id)

    @admin.display(description="Debit")
    def debit(self, row: Entry) -> str:
        """Return the amount of a debit."""
        return _sides(row.amount)[0]

    @admin.display(description="Credit")
    def credit(self, row: Entry) -> str:
        """Return the amount of a credit."""
        return _sides(row.amount)[1]

    @admin.display(description="Balance after")
    def balance(self, row: Entry) -> str:
        """Return the natural balance after it."""
        return f"{plain(row.account.side * row.balance_after):,f}"


class Legs(EntryColumns, TabularInline):  # type: ignore[misc]  # the theme ships no types
    """The entries of a journal."""

    model = Entry
    fields: ClassVar = ("account", "asset", "debit", "credit", "balance", "version")
    readonly_fields: ClassVar = fields
    ordering: ClassVar = ("id",)
    extra = 0
    can_delete = False
    verbose_name_plural = "legs"

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return entries with their accounts."""
        return super().get_queryset(request).select_related("account")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever sees the journal sees its legs."""
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Entries are written by the ledger."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Entries never change."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Entries never go."""
        return False


@desk_admin(Journal)
class JournalAdmin(DeskAdmin):
    """Every movement of money. Nothing is edited: what was wrong is taken back by its opposite, with four eyes."""

    desk = Desk.FINANCE
    list_display: ClassVar = (
        "booked_at", "effective_at", "kind", "book", "mode", "key", "actor_kind", "subject_id", "is_sealed",
    )  # fmt: skip
    list_filter: ClassVar = ("kind", "book", "mode", "effective_at")
    search_fields: ClassVar = ("=uid", "=key", "=subject_id", "=entries__account__id")
    search_help_text = "Id of a journal, an account or of what it belongs to; or a key"
    ordering: ClassVar = ("-id",)
    inlines: ClassVar = (Legs,)
    operations = (
        OperationAction(
            "reverse",
            "Ask for a reversal",
            CORRECT,
            _ask_for_reversal,
            available=lambda row: row.kind not in FINAL_KINDS and not row.reversals.exists(),
            is_dangerous=True,
        ),
    )

    def get_urls(self) -> list[Any]:
        """Add the export."""
        view = self.admin_site.admin_view(self.export)
        return [path("export/", view, name="ledger_export"), *super().get_urls()]

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """Show the form of the export, or send the file."""
        return export_view(self, request)

    @admin.display(boolean=True, description="Sealed")
    def is_sealed(self, row: Journal) -> bool:
        """Return whether the journal lies under a seal."""
        return row.seal_id is not None


@desk_admin(Entry)
class EntryAdmin(EntryColumns, LedgerAdmin):
    """Single legs, newest first."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("booked_at", "account", "asset", "debit", "credit", "balance", "version", "journal")
    list_filter: ClassVar = ("journal__kind", "account__mode", "account__kind", "booked_at")
    list_select_related: ClassVar = ("account", "journal")
    search_fields: ClassVar = ("=account__id", "=journal__uid", "account__holder__email")
    ordering: ClassVar = ("-id",)


@desk_admin(JournalSeal)
class JournalSealAdmin(LedgerAdmin):
    """The chain of seals over the journals."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("number", "created_at", "row_count", "hash")
    ordering: ClassVar = ("-number",)


@desk_admin(ExportMapping)
class ExportMappingAdmin(LedgerAdmin):
    """Names of accounts in exports that are not the usual ones; changed on the page of the export."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("kind", "name", "code", "changed_at")
    ordering: ClassVar = ("kind",)
