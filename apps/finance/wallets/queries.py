"""Reads of wallets: balances, deposits, withdrawals with why they wait, transfers, addresses."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from apps.core.clock import now
from apps.core.models import ApprovalVote
from apps.core.sealing import open_field
from apps.finance.ledger.choices import AccountKind, Mode
from apps.finance.ledger.queries import Balance, get_balances
from apps.finance.wallets.choices import (
    ENDED,
    ON_ITS_WAY,
    WITHDRAWAL_STATES,
    EntryState,
    WaitCause,
    WithdrawalState,
)
from apps.finance.wallets.errors import AddressMissing, DepositMissing, TransferMissing, WithdrawalMissing
from apps.finance.wallets.models import (
    AddressEntry,
    Deposit,
    DepositAddress,
    PayInAccount,
    ProviderStanding,
    Transfer,
    Withdrawal,
)
from apps.finance.wallets.operations.advancing import waits_before_signing
from apps.finance.wallets.operations.depositing import checked_network
from apps.finance.wallets.operations.ending import get_row
from apps.finance.wallets.operations.requesting import CONFIRM_ACTION, confirmation_of
from apps.finance.wallets.terms import fee_of
from apps.finance.wallets.waits import Lock, Wait, guard_of, list_waits, lock_of, ready_at
from kernel.addresses import NETWORKS, Network
from kernel.money.exact import add, plain, subtract

PAGE = 50
CONFIRM_WITHDRAWAL = CONFIRM_ACTION


@dataclass(frozen=True, slots=True)
class WalletRow:
    """What a customer has of one asset: all of it, what is held of it, what can be used; and what is put aside."""

    asset: str
    mode: str
    account_id: UUID | None
    amount: Decimal
    held: Decimal
    available: Decimal
    saved: Decimal
    earning: Decimal
    staked: Decimal
    is_frozen: bool


@dataclass(frozen=True, slots=True)
class AddressView:
    """An address of the book, opened for its owner or for staff."""

    id: UUID
    asset: str
    network: str
    network_title: str
    address: str
    label: str
    state: str
    created_at: datetime
    verified_at: datetime | None
    active_after: datetime | None
    is_usable: bool


@dataclass(frozen=True, slots=True)
class PlaceView:
    """An address to pay to; empty while the provider is asked."""

    id: UUID
    asset: str
    network: str
    network_title: str
    mode: str
    address: str
    confirmations: int
    is_simulated: bool


@dataclass(frozen=True, slots=True)
class DepositView:
    """A deposit, and how far it is."""

    id: UUID
    kind: str
    asset: str
    network: str
    mode: str
    amount: Decimal
    credited: Decimal | None
    reference: str
    txid: str
    confirmations: int
    required: int
    state: str
    reject_code: str
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class StepView:
    """A state a withdrawal came into."""

    state: str
    words: str
    code: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WithdrawalView:
    """A withdrawal: what it is, how far it is, why it waits and until when (None: until somebody does something)."""

    id: UUID
    asset: str
    network: str
    network_title: str
    mode: str
    amount: Decimal
    fee: Decimal
    payout: Decimal
    address: str
    label: str
    state: str
    state_words: str
    waits: tuple[Wait, ...]
    leaves_at: datetime | None
    approvals_given: int
    approvals_required: int
    can_cancel: bool
    confirm_by: datetime | None
    txid: str
    end_code: str
    created_at: datetime
    ended_at: datetime | None
    steps: tuple[StepView, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class TransferView:
    """A transfer as one of the two sees it; `to` is what the sender wrote, empty for the recipient."""

    id: UUID
    direction: str
    to: str
    asset: str
    mode: str
    amount: Decimal
    state: str
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What the second factor confirms: exactly this payload (None: nothing to confirm any more), in words."""

    payload: dict[str, Any] | None
    title: str
    facts: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class FeePreview:
    """What a withdrawal would cost and what would arrive."""

    asset: str
    network: str
    amount: Decimal
    fee: Decimal
    payout: Decimal


def list_wallets(owner_id: UUID, *, mode: Mode = Mode.LIVE) -> list[WalletRow]:
    """Return what a customer has in a mode, by asset; nothing for assets that were never touched."""
    by_asset: dict[str, list[Balance]] = {}
    for row in get_balances(owner_id, mode=mode):
        by_asset.setdefault(row.asset, []).append(row)
    return [_wallet(asset, mode, rows) for asset, rows in sorted(by_asset.items())]


def list_deposit_addresses(owner_id: UUID, *, mode: Mode = Mode.LIVE) -> list[PlaceView]:
    """Return the addresses a customer can pay to."""
    rows = DepositAddress.objects.filter(owner_id=owner_id, mode=mode).order_by("asset_id", "network")
    return [place_view(row) for row in rows]


def list_deposits(
    owner_id: UUID, *, mode: Mode | None = None, below: UUID | None = None, limit: int = PAGE
) -> list[DepositView]:
    """Return deposits, newest first; `below` is the last id of the page before."""
    wanted = _page(owner_id, mode, below)
    return [deposit_view(row) for row in Deposit.objects.filter(wanted).order_by("-id")[:limit]]


def get_deposit(deposit_id: UUID, *, owner_id: UUID) -> DepositView:
    """Return a deposit of a customer. Raises DepositMissing."""
    row = Deposit.objects.filter(pk=deposit_id, owner_id=owner_id).first()
    if row is None:
        raise DepositMissing
    return deposit_view(row)


def get_pay_in_account(asset: str) -> PayInAccount | None:
    """Return the house's bank account for a currency, None where staff have set none."""
    return PayInAccount.objects.filter(asset_id=asset).first()


def list_addresses(owner_id: UUID, *, with_removed: bool = False) -> list[AddressView]:
    """Return the address book, newest first."""
    rows = AddressEntry.objects.filter(owner_id=owner_id).order_by("-id")
    return [address_view(row) for row in (rows if with_removed else rows.exclude(state=EntryState.REMOVED))]


def get_address(entry_id: UUID, *, owner_id: UUID) -> AddressView:
    """Return an address of a customer's book. Raises AddressMissing."""
    row = AddressEntry.objects.filter(pk=entry_id, owner_id=owner_id).first()
    if row is None:
        raise AddressMissing
    return address_view(row)


def list_withdrawals(
    owner_id: UUID, *, mode: Mode | None = None, below: UUID | None = None, limit: int = PAGE
) -> list[WithdrawalView]:
    """Return withdrawals without their steps, newest first; `below` is the last id of the page before."""
    rows = Withdrawal.objects.filter(_page(owner_id, mode, below)).select_related("entry").order_by("-id")
    return [withdrawal_view(row) for row in rows[:limit]]


def get_withdrawal(withdrawal_id: UUID, *, owner_id: UUID | None = None) -> WithdrawalView:
    """Return a withdrawal with its steps; with `owner_id` only that customer's. Raises WithdrawalMissing."""
    rows = Withdrawal.objects.filter(pk=withdrawal_id).select_related("entry")
    row = (rows if owner_id is None else rows.filter(owner_id=owner_id)).first()
    if row is None:
        raise WithdrawalMissing
    steps = tuple(
        StepView(step.state, step.get_state_display(), step.code, step.created_at) for step in row.steps.order_by("id")
    )
    return withdrawal_view(row, steps)


def get_confirmation(withdrawal_id: UUID, *, owner_id: UUID) -> Confirmation:
    """Return what a confirmation of a withdrawal is bound to. Raises WithdrawalMissing."""
    row = get_row(withdrawal_id, owner_id)
    view = withdrawal_view(row)
    facts = [("Leaves your wallet", f"{view.amount:f} {view.asset}"), *_payout_facts(view)]
    is_open = row.state == WithdrawalState.REQUESTED
    return Confirmation(confirmation_of(row) if is_open else None, f"Withdraw {view.amount:f} {view.asset}", facts)


def get_approval(row: Withdrawal) -> Confirmation:
    """Return what a fresh code of somebody who approves a withdrawal is bound to."""
    view = withdrawal_view(row)
    facts = [
        ("Customer", row.owner.email),
        ("Leaves the wallet", f"{view.amount:f} {view.asset}"),
        *_payout_facts(view),
    ]
    return Confirmation(confirmation_of(row), f"Pay out {view.payout:f} {view.asset}", facts)


def _payout_facts(view: WithdrawalView) -> list[tuple[str, str]]:
    return [
        ("Fee", f"{view.fee:f} {view.asset}"),
        ("Arrives", f"{view.payout:f} {view.asset}"),
        ("Network", view.network_title),
        ("Address", view.address),
    ]


def list_board(state: str = "", *, limit: int = PAGE) -> list[WithdrawalView]:
    """Return withdrawals of all customers for staff: of one state, or all that have not ended; oldest first."""
    rows = Withdrawal.objects.select_related("entry").order_by("id")
    wanted = rows.filter(state=state) if state else rows.exclude(state__in=ENDED)
    return [withdrawal_view(row) for row in wanted[:limit]]


def count_by_state() -> dict[str, int]:
    """Return how many withdrawals stand in each state."""
    counted = Withdrawal.objects.order_by().values("state").annotate(many=Count("pk"))
    return {row["state"]: row["many"] for row in counted}


def preview_fee(asset: str, network: str, amount: Decimal) -> FeePreview:
    """Return what a withdrawal would cost. Raises UnknownAsset, NetworkUnknown, FeeMissing, PayoutTooSmall."""
    way = checked_network(asset, network)
    fee = fee_of(asset, way.value, amount)
    return FeePreview(asset, way.value, amount, fee, subtract(amount, fee))


def list_transfers(
    owner_id: UUID, *, mode: Mode | None = None, below: UUID | None = None, limit: int = PAGE
) -> list[TransferView]:
    """Return transfers from and to a customer, newest first."""
    wanted = Q(owner_id=owner_id) | Q(recipient_id=owner_id)
    if mode is not None:
        wanted &= Q(mode=mode)
    if below is not None:
        wanted &= Q(pk__lt=below)
    return [transfer_view(row, owner_id) for row in Transfer.objects.filter(wanted).order_by("-id")[:limit]]


def get_transfer(transfer_id: UUID, *, owner_id: UUID) -> TransferView:
    """Return a transfer from or to a customer. Raises TransferMissing."""
    row = Transfer.objects.filter(Q(owner_id=owner_id) | Q(recipient_id=owner_id), pk=transfer_id).first()
    if row is None:
        raise TransferMissing
    return transfer_view(row, owner_id)


def get_lock(owner_id: UUID) -> Lock:
    """Return a customer's lock as it stands now."""
    return lock_of(guard_of(owner_id), now())


def list_waits_of(owner_id: UUID) -> list[Wait]:
    """Return what stands against any payout of a customer now."""
    return list_waits(owner_id)


def list_providers() -> Sequence[ProviderStanding]:
    """Return how the providers answer."""
    return list(ProviderStanding.objects.order_by("provider"))


def place_view(row: DepositAddress) -> PlaceView:
    """Return an address to pay to as a plain value."""
    facts = NETWORKS[Network(row.network)]
    return PlaceView(
        id=row.pk,
        asset=row.asset_id,
        network=row.network,
        network_title=facts.title,
        mode=row.mode,
        address=row.address,
        confirmations=facts.confirmations,
        is_simulated=row.provider == "sandbox",
    )


def deposit_view(row: Deposit) -> DepositView:
    """Return a deposit as a plain value."""
    return DepositView(
        id=row.pk,
        kind=row.kind,
        asset=row.asset_id,
        network=row.network,
        mode=row.mode,
        amount=plain(row.amount),
        credited=None if row.credited is None else plain(row.credited),
        reference=row.reference,
        txid=row.txid,
        confirmations=row.confirmations,
        required=row.required,
        state=row.state,
        reject_code=row.reject_code,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )


def address_view(row: AddressEntry) -> AddressView:
    """Return an address of the book as a plain value, opened."""
    return AddressView(
        id=row.pk,
        asset=row.asset_id,
        network=row.network,
        network_title=NETWORKS[Network(row.network)].title,
        address=open_field(row, "address"),
        label=open_field(row, "label"),
        state=row.state,
        created_at=row.created_at,
        verified_at=row.verified_at,
        active_after=row.active_after,
        is_usable=row.state == EntryState.ACTIVE and row.active_after is not None and now() >= row.active_after,
    )


def withdrawal_view(row: Withdrawal, steps: tuple[StepView, ...] = ()) -> WithdrawalView:
    """Return a withdrawal as a plain value, with why it waits."""
    waits = _waits(row)
    return WithdrawalView(
        id=row.pk,
        asset=row.asset_id,
        network=row.network,
        network_title=NETWORKS[Network(row.network)].title,
        mode=row.mode,
        amount=plain(row.amount),
        fee=plain(row.fee),
        payout=plain(row.payout),
        address=open_field(row.entry, "address"),
        label=open_field(row.entry, "label"),
        state=row.state,
        state_words=row.get_state_display(),
        waits=tuple(waits),
        leaves_at=ready_at(waits) if row.state == WithdrawalState.HELD else None,
        approvals_given=_approvals(row),
        approvals_required=row.required,
        can_cancel=row.state in WITHDRAWAL_STATES.moves["cancel"],
        confirm_by=row.confirm_by if row.state == WithdrawalState.REQUESTED else None,
        txid=row.txid,
        end_code=row.end_code,
        created_at=row.created_at,
        ended_at=row.ended_at,
        steps=steps,
    )


def transfer_view(row: Transfer, viewer_id: UUID) -> TransferView:
    """Return a transfer as one of the two sees it."""
    is_sender = row.owner_id == viewer_id
    return TransferView(
        id=row.pk,
        direction="out" if is_sender else "in",
        to=open_field(row, "written") if is_sender else "",
        asset=row.asset_id,
        mode=row.mode,
        amount=plain(row.amount),
        state=row.state,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )


def _waits(row: Withdrawal) -> list[Wait]:
    if row.state in (WithdrawalState.HELD, WithdrawalState.SCREENING):
        return waits_before_signing(row)
    if row.state == WithdrawalState.REQUESTED:
        return [Wait(WaitCause.SECOND_FACTOR, row.confirm_by), *waits_before_signing(row)]
    if row.state == WithdrawalState.APPROVAL:
        return [*waits_before_signing(row), Wait(WaitCause.APPROVAL)]
    if row.state in ON_ITS_WAY:
        return [Wait(WaitCause.PROVIDER)]
    return [Wait(WaitCause.FAILED)] if row.state == WithdrawalState.FAILED else []


def _approvals(row: Withdrawal) -> int:
    if row.approval_id is None:
        return 0
    return ApprovalVote.objects.filter(approval_id=row.approval_id, agrees=True).count()


def _wallet(asset: str, mode: Mode, rows: list[Balance]) -> WalletRow:
    def sum_of(kind: AccountKind) -> Decimal:
        total = Decimal(0)
        for row in rows:
            total = add(total, row.natural) if row.kind == kind else total
        return total

    own = next((row for row in rows if row.kind == AccountKind.CUSTOMER), None)
    return WalletRow(
        asset=asset,
        mode=mode,
        account_id=None if own is None else own.account_id,
        amount=Decimal(0) if own is None else own.natural,
        held=Decimal(0) if own is None else own.held,
        available=Decimal(0) if own is None else own.available,
        saved=sum_of(AccountKind.SAVINGS),
        earning=sum_of(AccountKind.EARN),
        staked=sum_of(AccountKind.STAKE),
        is_frozen=own is not None and own.state != "open",
    )


def _page(owner_id: UUID, mode: Mode | None, below: UUID | None) -> Q:
    wanted = Q(owner_id=owner_id)
    if mode is not None:
        wanted &= Q(mode=mode)
    return wanted if below is None else wanted & Q(pk__lt=below)
