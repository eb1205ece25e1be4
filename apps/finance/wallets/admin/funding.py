"""The finance desk: withdrawals by state, deposits to confirm, addresses, providers."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.urls import reverse

from apps.core.actors import Actor
from apps.core.desk import Desk, DeskAdmin, LedgerAdmin, OperationAction, Queue, add_queue, desk_admin
from apps.core.sealing import open_field
from apps.core.second_factor import ExactThing
from apps.finance.wallets import operations, queries
from apps.finance.wallets.admin.earning import DecimalText
from apps.finance.wallets.choices import BEFORE_SIGNING, WITHDRAWAL_STATES, DepositKind, DepositState, WithdrawalState
from apps.finance.wallets.models import (
    AddressEntry,
    Deposit,
    DepositAddress,
    PaperReset,
    ProviderCall,
    ProviderStanding,
    Transfer,
    WalletGuard,
    Withdrawal,
    WithdrawalStep,
)
from apps.finance.wallets.operations.permissions import APPROVE_WITHDRAWALS, CONFIRM_DEPOSITS, HANDLE_WITHDRAWALS

Given = dict[str, Any]


def _approve(actor: Actor, row: Withdrawal, given: Given) -> Any:
    return operations.approve_withdrawal(actor=actor, withdrawal_id=row.pk, **given)


def _payout(row: Withdrawal) -> ExactThing:
    bound = queries.get_approval(row)
    return ExactThing("wallets.approve_withdrawal", bound.payload or {}, bound.title, bound.facts)


def _reject(actor: Actor, row: Withdrawal, given: Given) -> Any:
    return operations.reject_withdrawal(actor=actor, withdrawal_id=row.pk, **given)


def _stop(actor: Actor, row: Withdrawal, given: Given) -> Any:
    return operations.stop_withdrawal(actor=actor, withdrawal_id=row.pk, **given)


def _release(actor: Actor, row: Withdrawal, given: Given) -> Any:
    return operations.release_withdrawal(actor=actor, withdrawal_id=row.pk, **given)


def _retry(actor: Actor, row: Withdrawal, given: Given) -> Any:
    return operations.retry_withdrawal(actor=actor, withdrawal_id=row.pk, **given)


class ReceivedForm(forms.Form):
    """How much arrived at the bank."""

    received = DecimalText()


def _confirm(actor: Actor, row: Deposit, given: Given) -> Any:
    return operations.confirm_deposit(actor=actor, deposit_id=row.pk, **given)


def _reject_deposit(actor: Actor, row: Deposit, given: Given) -> Any:
    return operations.reject_deposit(actor=actor, deposit_id=row.pk, **given)


def _is_announced(row: Deposit) -> bool:
    return row.kind == DepositKind.MANUAL and row.state == DepositState.ANNOUNCED


@desk_admin(Withdrawal)
class WithdrawalAdmin(DeskAdmin):
    """The board: filter by state. Why one waits, and where it goes, stand on its page."""

    desk = Desk.FINANCE
    list_display: ClassVar = (
        "created_at", "owner", "asset", "amount", "fee", "state", "waits_for", "agreed", "mode", "txid",
    )  # fmt: skip
    list_filter: ClassVar = ("state", "asset", "mode", "provider")
    list_select_related: ClassVar = ("owner", "entry")
    search_fields: ClassVar = ("owner__email", "txid")
    ordering: ClassVar = ("-id",)
    readonly_fields: ClassVar = ("waits_for", "agreed", "destination", "way")
    operations = (
        OperationAction(
            "approve",
            "Approve",
            APPROVE_WITHDRAWALS,
            _approve,
            available=lambda row: row.state == WithdrawalState.APPROVAL,
            confirms=_payout,
        ),
        OperationAction(
            "stop",
            "Hold",
            HANDLE_WITHDRAWALS,
            _stop,
            available=lambda row: row.state in BEFORE_SIGNING and row.stopped_by is None,
        ),
        OperationAction(
            "release", "Let it go on", HANDLE_WITHDRAWALS, _release, available=lambda row: row.stopped_by is not None
        ),
        OperationAction(
            "retry", "Try again", HANDLE_WITHDRAWALS, _retry, available=lambda row: row.state == WithdrawalState.FAILED
        ),
        OperationAction(
            "reject",
            "Reject",
            HANDLE_WITHDRAWALS,
            _reject,
            available=lambda row: row.state in WITHDRAWAL_STATES.moves["reject"],
            is_dangerous=True,
        ),
    )

    @admin.display(description="waits for")
    def waits_for(self, row: Withdrawal) -> str:
        """Return the reasons with their ends."""
        waits = queries.withdrawal_view(row).waits
        return "; ".join(
            f"{wait.cause.label}{f' until {wait.until:%Y-%m-%d %H:%M} UTC' if wait.until else ''}" for wait in waits
        )

    @admin.display(description="agreed")
    def agreed(self, row: Withdrawal) -> str:
        """Return how many of the needed people have agreed."""
        return f"{queries.withdrawal_view(row).approvals_given} of {row.required}" if row.required else ""

    @admin.display(description="to")
    def destination(self, row: Withdrawal) -> str:
        """Return the address."""
        return open_field(row.entry, "address")

    @admin.display(description="steps")
    def way(self, row: Withdrawal) -> str:
        """Return the states it came into."""
        return " → ".join(step.state for step in queries.get_withdrawal(row.pk).steps)


@desk_admin(WithdrawalStep)
class WithdrawalStepAdmin(LedgerAdmin):
    """What happened to withdrawals."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("created_at", "withdrawal_id", "state", "code", "actor_kind", "actor_id")
    list_filter: ClassVar = ("state",)
    ordering: ClassVar = ("-id",)


@desk_admin(ProviderCall)
class ProviderCallAdmin(LedgerAdmin):
    """Attempts at the providers; an attempt that is unknown is asked about by its name."""

    desk = Desk.FINANCE
    list_display: ClassVar = (
        "client_id",
        "withdrawal_id",
        "provider",
        "state",
        "sent_at",
        "checks",
        "check_at",
        "code",
    )
    list_filter: ClassVar = ("state", "provider")
    ordering: ClassVar = ("-id",)


@desk_admin(Deposit)
class DepositAdmin(DeskAdmin):
    """What came in. Bank transfers wait here until somebody says that they arrived."""

    desk = Desk.FINANCE
    list_display: ClassVar = (
        "created_at", "reference", "owner", "kind", "asset", "amount", "credited", "state", "confirmations", "problem",
        "txid",
    )  # fmt: skip
    list_filter: ClassVar = ("state", "kind", "asset", "mode", "problem")
    list_select_related: ClassVar = ("owner",)
    search_fields: ClassVar = ("reference", "owner__email", "txid")
    ordering: ClassVar = ("-id",)
    operations = (
        OperationAction(
            "confirm", "Confirm that it arrived", CONFIRM_DEPOSITS, _confirm, form=ReceivedForm, available=_is_announced
        ),
        OperationAction(
            "reject", "Reject", CONFIRM_DEPOSITS, _reject_deposit, available=_is_announced, is_dangerous=True
        ),
    )


@desk_admin(DepositAddress)
class DepositAddressAdmin(LedgerAdmin):
    """Addresses that customers pay to."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("owner", "asset", "network", "mode", "provider", "address", "state")
    list_filter: ClassVar = ("provider", "network", "state")
    list_select_related: ClassVar = ("owner",)
    search_fields: ClassVar = ("address", "owner__email")


@desk_admin(AddressEntry)
class AddressEntryAdmin(LedgerAdmin):
    """Address books; the addresses themselves are shown on withdrawals only."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("owner", "asset", "network", "state", "verified_at", "active_after", "removed_at")
    list_filter: ClassVar = ("state", "network")
    list_select_related: ClassVar = ("owner",)
    search_fields: ClassVar = ("owner__email",)
    exclude: ClassVar = ("address", "label", "proof_hash")


@desk_admin(Transfer)
class TransferAdmin(LedgerAdmin):
    """Money between customers."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("created_at", "owner", "recipient", "asset", "amount", "mode", "state")
    list_filter: ClassVar = ("state", "asset", "mode")
    list_select_related: ClassVar = ("owner", "recipient")
    search_fields: ClassVar = ("owner__email", "recipient__email")
    ordering: ClassVar = ("-id",)
    exclude: ClassVar = ("written",)


@desk_admin(WalletGuard)
class WalletGuardAdmin(LedgerAdmin):
    """What makes customers' payouts wait."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("owner", "lock_days", "next_lock_from", "credential_changed_at", "new_device_at")
    list_select_related: ClassVar = ("owner",)
    search_fields: ClassVar = ("owner__email",)


@desk_admin(ProviderStanding)
class ProviderStandingAdmin(LedgerAdmin):
    """How the custody providers answer."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("provider", "answered_at", "failures", "failed_at", "last_error", "cursor")


@desk_admin(PaperReset)
class PaperResetAdmin(LedgerAdmin):
    """When customers set their play money anew."""

    desk = Desk.FINANCE
    list_display: ClassVar = ("created_at", "owner")
    list_select_related: ClassVar = ("owner",)
    ordering: ClassVar = ("-id",)


def _count(**wanted: Any) -> Any:
    return lambda: Withdrawal.objects.filter(**wanted).count()


def _board(state: str) -> Any:
    return lambda: f"{reverse('admin:wallets_withdrawal_changelist')}?state__exact={state}"


add_queue(Queue(Desk.FINANCE, "withdrawals to approve", _count(state=WithdrawalState.APPROVAL), _board("approval")))
add_queue(Queue(Desk.FINANCE, "withdrawals that failed", _count(state=WithdrawalState.FAILED), _board("failed")))
add_queue(
    Queue(
        Desk.FINANCE,
        "bank transfers to confirm",
        lambda: Deposit.objects.filter(kind=DepositKind.MANUAL, state=DepositState.ANNOUNCED).count(),
        lambda: f"{reverse('admin:wallets_deposit_changelist')}?state__exact=announced&kind__exact=manual",
    )
)
add_queue(
    Queue(
        Desk.FINANCE,
        "deposits that are not what they were",
        lambda: Deposit.objects.exclude(problem="").count(),
        lambda: reverse("admin:wallets_deposit_changelist"),
    )
)
