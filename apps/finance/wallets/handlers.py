"""What follows from events: waiting times after changed credentials, and words to customers and staff."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.core.models import OutboxEvent
from apps.core.outbox import handles
from apps.finance.ledger.queries import list_wallet_holders
from apps.finance.wallets import topics
from apps.finance.wallets.live import announce
from apps.finance.wallets.operations import note_change
from apps.finance.wallets.operations.permissions import APPROVE_WITHDRAWALS, HANDLE_WITHDRAWALS, SYSTEM
from apps.platform.notifications.choices import NotificationTopic
from apps.platform.notifications.operations import notify
from apps.platform.security.queries import list_holders
from kernel.events.finance import (
    AddressProved,
    DepositCredited,
    DepositRejected,
    JournalsPosted,
    TransferDone,
    TransferReturned,
    WalletLockChanged,
    WithdrawalCancelled,
    WithdrawalConfirmed,
    WithdrawalFailed,
    WithdrawalNeedsApproval,
    WithdrawalRejected,
    WithdrawalRequested,
)
from kernel.events.platform import CredentialChanged, NewDevice
from kernel.money.exact import plain


@handles(JournalsPosted, name="wallets.announce_balances")
def announce_balances(event: JournalsPosted, row: OutboxEvent) -> None:
    """Put new balances on the live topic, whoever posted: accruals, schedules, staff, wallets themselves."""
    for owner_id, mode in list_wallet_holders([UUID(text) for text in event.account_ids]):
        announce(owner_id, mode)


@handles(CredentialChanged, name="wallets.wait_after_credential")
def wait_after_credential(event: CredentialChanged, row: OutboxEvent) -> None:
    """Have payouts wait, counted from the change."""
    note_change(actor=SYSTEM, owner_id=event.user_id, what="credential_changed_at", at=row.created_at)


@handles(NewDevice, name="wallets.wait_after_device")
def wait_after_device(event: NewDevice, row: OutboxEvent) -> None:
    """Have payouts wait, counted from the sign-in."""
    note_change(actor=SYSTEM, owner_id=event.user_id, what="new_device_at", at=row.created_at)


@handles(DepositCredited, name="wallets.tell_deposit_credited")
def tell_deposit_credited(event: DepositCredited, row: OutboxEvent) -> None:
    """Tell the customer that money arrived."""
    _tell(event.owner_id, topics.DEPOSIT_CREDITED, row, **_facts(event.deposit_id, event.asset, event.amount))


@handles(DepositRejected, name="wallets.tell_deposit_rejected")
def tell_deposit_rejected(event: DepositRejected, row: OutboxEvent) -> None:
    """Tell the customer that nothing was credited."""
    facts = _facts(event.deposit_id, event.asset, event.amount)
    _tell(event.owner_id, topics.DEPOSIT_REJECTED, row, **facts, why=topics.words_of(event.reason))


@handles(WithdrawalRequested, name="wallets.tell_withdrawal_requested")
def tell_withdrawal_requested(event: WithdrawalRequested, row: OutboxEvent) -> None:
    """Tell the customer at once: it may have been somebody else."""
    _tell(event.owner_id, topics.WITHDRAWAL_REQUESTED, row, **_facts(event.withdrawal_id, event.asset, event.amount))


@handles(WithdrawalNeedsApproval, name="wallets.tell_approvers")
def tell_approvers(event: WithdrawalNeedsApproval, row: OutboxEvent) -> None:
    """Tell everybody who may approve it."""
    facts = _facts(event.withdrawal_id, event.asset, event.amount)
    for person_id in list_holders(APPROVE_WITHDRAWALS):
        if person_id != event.owner_id:
            _tell(person_id, topics.NEEDS_APPROVAL, row, **facts, required=event.required)


@handles(WithdrawalConfirmed, name="wallets.tell_withdrawal_confirmed")
def tell_withdrawal_confirmed(event: WithdrawalConfirmed, row: OutboxEvent) -> None:
    """Tell the customer that it was paid."""
    _tell(event.owner_id, topics.WITHDRAWAL_CONFIRMED, row, **_facts(event.withdrawal_id, event.asset, event.amount))


@handles(WithdrawalRejected, name="wallets.tell_withdrawal_rejected")
def tell_withdrawal_rejected(event: WithdrawalRejected, row: OutboxEvent) -> None:
    """Tell the customer that the money is back, and why."""
    facts = _facts(event.withdrawal_id, event.asset, event.amount)
    _tell(event.owner_id, topics.WITHDRAWAL_ENDED, row, **facts, why=topics.words_of(event.reason))


@handles(WithdrawalCancelled, name="wallets.tell_withdrawal_cancelled")
def tell_withdrawal_cancelled(event: WithdrawalCancelled, row: OutboxEvent) -> None:
    """Tell the customer that the money is back."""
    facts = _facts(event.withdrawal_id, event.asset, event.amount)
    _tell(event.owner_id, topics.WITHDRAWAL_ENDED, row, **facts, why=topics.words_of(event.reason))


@handles(WithdrawalFailed, name="wallets.tell_withdrawal_failed")
def tell_withdrawal_failed(event: WithdrawalFailed, row: OutboxEvent) -> None:
    """Tell the customer, and those of the staff who can try it again."""
    facts = _facts(event.withdrawal_id, event.asset, event.amount)
    _tell(event.owner_id, topics.WITHDRAWAL_FAILED, row, **facts)
    for person_id in list_holders(HANDLE_WITHDRAWALS):
        notify(
            person_id,
            topics.PAYOUT_FAILED.name,
            {**facts, "why": topics.words_of(event.reason)},
            dedupe_key=f"{row.uid}:staff",
        )


@handles(TransferDone, name="wallets.tell_transfer_done")
def tell_transfer_done(event: TransferDone, row: OutboxEvent) -> None:
    """Tell both."""
    facts = _facts(event.transfer_id, event.asset, event.amount)
    _tell(event.owner_id, topics.TRANSFER_SENT, row, **facts)
    _tell(event.recipient_id, topics.TRANSFER_RECEIVED, row, **facts)


@handles(TransferReturned, name="wallets.tell_transfer_returned")
def tell_transfer_returned(event: TransferReturned, row: OutboxEvent) -> None:
    """Tell the sender."""
    _tell(event.owner_id, topics.TRANSFER_RETURNED, row, **_facts(event.transfer_id, event.asset, event.amount))


@handles(AddressProved, name="wallets.tell_address_proved")
def tell_address_proved(event: AddressProved, row: OutboxEvent) -> None:
    """Tell the customer: it may have been somebody else."""
    _tell(event.owner_id, topics.ADDRESS_PROVED, row, asset=event.asset, when=_moment(event.active_after))


@handles(WalletLockChanged, name="wallets.tell_lock_changed")
def tell_lock_changed(event: WalletLockChanged, row: OutboxEvent) -> None:
    """Tell the customer: it may have been somebody else."""
    lock = f"locked for {event.days} days" if event.days else "open"
    _tell(event.owner_id, topics.LOCK_CHANGED, row, what=f"It is {lock} from {_moment(event.from_at)} on")


def _tell(person_id: UUID, topic: NotificationTopic, row: OutboxEvent, **params: Any) -> None:
    notify(person_id, topic.name, params, dedupe_key=str(row.uid))


def _facts(subject_id: UUID, asset: str, amount: Decimal) -> dict[str, Any]:
    return {"id": str(subject_id), "asset": asset, "amount": f"{plain(amount):f}"}


def _moment(text: str) -> str:
    return f"{text[:16].replace('T', ' ')} UTC"
