"""Asking for a withdrawal and confirming it with the second factor. The amount is held from the first moment."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.compliance.limits.operations import check_and_consume
from apps.core import outbox, timers
from apps.core.actors import Actor
from apps.core.assets import parse_amount
from apps.core.clock import now
from apps.core.ids import uuid7
from apps.core.operation import operation
from apps.finance.ledger.choices import HoldPurpose, Mode
from apps.finance.ledger.operations import NewHold, open_accounts, post_many
from apps.finance.ledger.operations.patterns import customer_account
from apps.finance.wallets.choices import EntryState, WithdrawalState
from apps.finance.wallets.errors import AddressMissing, AddressNotProved, ConfirmationOver, WalletLocked
from apps.finance.wallets.gateways.registry import provider_for
from apps.finance.wallets.live import announce
from apps.finance.wallets.models import AddressEntry, Withdrawal
from apps.finance.wallets.operations.ending import get_row, note_step, step
from apps.finance.wallets.operations.permissions import SYSTEM, WITHDRAW, person_of
from apps.finance.wallets.terms import fee_of, worth_of
from apps.finance.wallets.waits import guard_of, lock_of
from kernel.events.finance import WithdrawalRequested
from kernel.money.exact import plain

TIME_TO_CONFIRM = timedelta(minutes=15)
ADVANCE, EXPIRE = "wallets.advance_withdrawal", "wallets.expire_withdrawal"
CONFIRM_ACTION = "wallets.confirm_withdrawal"


@operation("wallets.request_withdrawal", permission=WITHDRAW, audited=("entry_id", "amount", "mode"))
def request_withdrawal(*, actor: Actor, entry_id: UUID, amount: Decimal, mode: Mode = Mode.LIVE) -> Withdrawal:
    """Hold `amount` for a withdrawal to a proved address of the actor's book; it waits for `confirm_withdrawal`.

    The fee is kept of the amount. Raises KeysMoveNoMoney, AddressMissing, AddressNotProved, InvalidAmount, FeeMissing,
    PayoutTooSmall, WalletLocked, NoProvider, InsufficientFunds, AccountFrozen, and the refusals of the limits.
    """
    owner_id = person_of(actor)
    entry = AddressEntry.objects.filter(pk=entry_id, owner_id=owner_id).first()
    if entry is None or entry.state == EntryState.REMOVED:
        raise AddressMissing
    if entry.state != EntryState.ACTIVE:
        raise AddressNotProved
    asset = entry.asset_id
    size = parse_amount(amount, asset, minor=True)
    fee = fee_of(asset, entry.network, size)
    provider = provider_for(mode)
    _refuse_when_locked(owner_id)
    withdrawal_id = uuid7()
    key = f"withdrawal:{withdrawal_id}"
    if mode == Mode.LIVE:
        worth = worth_of(asset, size)
        check_and_consume(
            actor=SYSTEM, owner_id=owner_id, verb="withdraw", asset=asset, amount=size, key=key, value=worth
        )
    hold_id = _hold(actor, owner_id, asset, mode, size, withdrawal_id)
    row = Withdrawal.objects.create(
        id=withdrawal_id,
        owner_id=owner_id,
        asset_id=asset,
        network=entry.network,
        mode=mode,
        amount=size,
        fee=fee,
        entry=entry,
        fingerprint=entry.fingerprint,
        provider=provider,
        hold_id=hold_id,
        confirm_by=now() + TIME_TO_CONFIRM,
    )
    note_step(row, actor=actor)
    timers.schedule(name=EXPIRE, key=str(row.pk), due_at=row.confirm_by, payload={"withdrawal": str(row.pk)})
    announce(owner_id, mode)
    return row


def confirmation_of(row: Withdrawal) -> dict[str, Any]:
    """Return exactly what a confirmation by the second factor is bound to."""
    return {
        "withdrawal": str(row.pk),
        "mode": row.mode,
        "asset": row.asset_id,
        "network": row.network,
        "amount": f"{plain(row.amount):f}",
        "fee": f"{plain(row.fee):f}",
        "address": row.fingerprint,
    }


@operation("wallets.confirm_withdrawal", permission=WITHDRAW, audited=("withdrawal_id",))
def confirm_withdrawal(*, actor: Actor, withdrawal_id: UUID) -> Withdrawal:
    """Let a requested withdrawal go on. Faces call it after `require_recent_2fa` over `confirmation_of` the row.

    Raises KeysMoveNoMoney, WithdrawalMissing, ConfirmationOver, MoveNotAllowed, StateChanged.
    """
    row = get_row(withdrawal_id, person_of(actor))
    moment = now()
    if row.state == WithdrawalState.REQUESTED and moment > row.confirm_by:
        raise ConfirmationOver
    row = step(row, "confirm", actor=actor, confirmed_at=moment)
    timers.cancel(name=EXPIRE, key=str(row.pk))
    look_again(row.pk)
    outbox.publish(
        WithdrawalRequested(
            withdrawal_id=row.pk, owner_id=row.owner_id, asset=row.asset_id, amount=row.amount, mode=row.mode
        ),
        actor=actor,
    )
    return row


def look_again(withdrawal_id: UUID, due_at: datetime | None = None) -> None:
    """Have a withdrawal looked at (`advance_withdrawal`) at a moment, or as soon as possible.

    Each moment is a timer of its own: a look may ask for the next one.
    """
    due = due_at or now()
    key = f"{withdrawal_id}:{due:%Y%m%d%H%M%S%f}"
    timers.schedule(name=ADVANCE, key=key, due_at=due, payload={"withdrawal": str(withdrawal_id)})


def _refuse_when_locked(owner_id: UUID) -> None:
    lock = lock_of(guard_of(owner_id), now())
    if lock.days and lock.opens_at is None:
        raise WalletLocked(days=lock.days)


def _hold(actor: Actor, owner_id: UUID, asset: str, mode: Mode, amount: Decimal, withdrawal_id: UUID) -> UUID:
    account = customer_account(owner_id, asset, mode)
    wanted = NewHold(
        key=f"withdrawal:{withdrawal_id}",
        account_id=open_accounts([account])[account],
        amount=amount,
        purpose=HoldPurpose.WITHDRAWAL,
        subject_id=withdrawal_id,
    )
    return post_many(actor=actor, holds=[wanted]).holds[0]
