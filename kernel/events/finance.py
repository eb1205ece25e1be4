"""Events of money: the ledger and the wallets."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from kernel.events import DomainEvent, event


@event
@dataclass(frozen=True, kw_only=True)
class JournalsPosted(DomainEvent):
    """Journals were written to the ledger. Ids as texts: the posting function writes this event itself."""

    name: ClassVar[str] = "ledger.journals_posted"

    journal_ids: list[str]
    account_ids: list[str]


@event
@dataclass(frozen=True, kw_only=True)
class GoalReached(DomainEvent):
    """The target of a savings goal is saved; its schedule has ended. `saved` is in the asset."""

    name: ClassVar[str] = "wallets.goal_reached"
    goal_id: UUID
    owner_id: UUID
    asset: str
    saved: Decimal


@event
@dataclass(frozen=True, kw_only=True)
class GoalReturned(DomainEvent):
    """A savings goal was closed and `amount` went back to the wallet."""

    name: ClassVar[str] = "wallets.goal_returned"
    goal_id: UUID
    owner_id: UUID
    asset: str
    amount: Decimal


@event
@dataclass(frozen=True, kw_only=True)
class ContributionSkipped(DomainEvent):
    """A due day of a savings goal passed without money; `reason` is a word of SkipReason, `due_on` an ISO date."""

    name: ClassVar[str] = "wallets.contribution_skipped"
    goal_id: UUID
    owner_id: UUID
    asset: str
    due_on: str
    reason: str


@event
@dataclass(frozen=True, kw_only=True)
class EarningStarted(DomainEvent):
    """Money went into a yield product or staking (`family`)."""

    name: ClassVar[str] = "wallets.earning_started"
    position_id: UUID
    owner_id: UUID
    family: str
    asset: str
    amount: Decimal


@event
@dataclass(frozen=True, kw_only=True)
class EarningEnded(DomainEvent):
    """A yield or staking position was paid back to the wallet; `amount` is all that was in it."""

    name: ClassVar[str] = "wallets.earning_ended"
    position_id: UUID
    owner_id: UUID
    family: str
    asset: str
    amount: Decimal


@event
@dataclass(frozen=True, kw_only=True)
class DepositCredited(DomainEvent):
    """Money came in and is in the wallet."""

    name: ClassVar[str] = "wallets.deposit_credited"
    deposit_id: UUID
    owner_id: UUID
    asset: str
    amount: Decimal
    mode: str


@event
@dataclass(frozen=True, kw_only=True)
class DepositRejected(DomainEvent):
    """A deposit will not be credited; `reason` is a code."""

    name: ClassVar[str] = "wallets.deposit_rejected"
    deposit_id: UUID
    owner_id: UUID
    asset: str
    amount: Decimal
    mode: str
    reason: str


@event
@dataclass(frozen=True, kw_only=True)
class WithdrawalRequested(DomainEvent):
    """A customer confirmed a withdrawal with the second factor; its amount is held."""

    name: ClassVar[str] = "wallets.withdrawal_requested"
    withdrawal_id: UUID
    owner_id: UUID
    asset: str
    amount: Decimal
    mode: str


@event
@dataclass(frozen=True, kw_only=True)
class WithdrawalNeedsApproval(DomainEvent):
    """`required` people of the staff have to agree before a withdrawal leaves."""

    name: ClassVar[str] = "wallets.withdrawal_needs_approval"
    withdrawal_id: UUID
    owner_id: UUID
    asset: str
    amount: Decimal
    required: int


@event
@dataclass(frozen=True, kw_only=True)
class WithdrawalSent(DomainEvent):
    """The provider has sent a withdrawal out."""

    name: ClassVar[str] = "wallets.withdrawal_sent"
    withdrawal_id: UUID
    owner_id: UUID
    asset: str
    amount: Decimal
    mode: str


@event
@dataclass(frozen=True, kw_only=True)
class WithdrawalConfirmed(DomainEvent):
    """The provider has proven that a withdrawal left, and it is booked."""

    name: ClassVar[str] = "wallets.withdrawal_confirmed"
    withdrawal_id: UUID
    owner_id: UUID
    asset: str
    amount: Decimal
    fee: Decimal
    mode: str


@event
@dataclass(frozen=True, kw_only=True)
class WithdrawalRejected(DomainEvent):
    """A screening or staff refused a withdrawal; the money is back. `reason` is a code."""

    name: ClassVar[str] = "wallets.withdrawal_rejected"
    withdrawal_id: UUID
    owner_id: UUID
    asset: str
    amount: Decimal
    mode: str
    reason: str


@event
@dataclass(frozen=True, kw_only=True)
class WithdrawalCancelled(DomainEvent):
    """A withdrawal was taken back or never confirmed; the money is back. `reason` is a code."""

    name: ClassVar[str] = "wallets.withdrawal_cancelled"
    withdrawal_id: UUID
    owner_id: UUID
    asset: str
    amount: Decimal
    mode: str
    reason: str


@event
@dataclass(frozen=True, kw_only=True)
class WithdrawalFailed(DomainEvent):
    """The provider has proven that nothing left; the money is still held. `reason` is a code."""

    name: ClassVar[str] = "wallets.withdrawal_failed"
    withdrawal_id: UUID
    owner_id: UUID
    asset: str
    amount: Decimal
    mode: str
    reason: str


@event
@dataclass(frozen=True, kw_only=True)
class TransferDone(DomainEvent):
    """Money went from one customer to another."""

    name: ClassVar[str] = "wallets.transfer_done"
    transfer_id: UUID
    owner_id: UUID
    recipient_id: UUID
    asset: str
    amount: Decimal
    mode: str


@event
@dataclass(frozen=True, kw_only=True)
class TransferReturned(DomainEvent):
    """A transfer could not be delivered; the money is back with its sender."""

    name: ClassVar[str] = "wallets.transfer_returned"
    transfer_id: UUID
    owner_id: UUID
    asset: str
    amount: Decimal
    mode: str


@event
@dataclass(frozen=True, kw_only=True)
class AddressProved(DomainEvent):
    """An address was added to a customer's book; money leaves to it from `active_after` on (ISO text)."""

    name: ClassVar[str] = "wallets.address_proved"
    entry_id: UUID
    owner_id: UUID
    asset: str
    network: str
    active_after: str


@event
@dataclass(frozen=True, kw_only=True)
class WalletLockChanged(DomainEvent):
    """A customer's lock was raised, or a lower one asked for; `days` holds from `from_at` on (ISO text)."""

    name: ClassVar[str] = "wallets.lock_changed"
    owner_id: UUID
    days: int
    from_at: str
