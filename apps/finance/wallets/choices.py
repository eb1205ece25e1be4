"""Words of deposits, withdrawals and transfers: states and their moves, reasons, rules. Each says what it means."""

from dataclasses import dataclass

from django.db import models

from apps.core.transitions import StateTable
from kernel.addresses import NETWORKS, Network

NETWORK_CHOICES = [(network.value, facts.title) for network, facts in NETWORKS.items()]
ANY_ASSET = "*"
"""In a policy: all assets without rows of their own; amounts are their worth in USDT."""
SANDBOX = "sandbox"
"""The provider that stands for all networks in development and for play money everywhere."""
WORK = "wallets.custody"
"""Addresses to watch and payouts on their way, in the index of work."""

__all__ = ["NETWORK_CHOICES", "Network"]


class DepositKind(models.TextChoices):
    """How money comes in."""

    MANUAL = "manual", "Bank transfer"
    """By bank; staff confirm that it arrived."""
    CRYPTO = "crypto", "Block chain"
    """To an address; the provider sees it."""


class DepositState(models.TextChoices):
    """Where a deposit stands."""

    ANNOUNCED = "announced"
    """By bank: the customer says it is on its way. On a chain: seen, in no block yet."""
    CONFIRMING = "confirming"
    """In a block; more blocks have to follow."""
    CREDITED = "credited"
    """In the wallet."""
    REJECTED = "rejected"
    """It never arrived, or is not the customer's."""


DEPOSIT_STATES = StateTable(
    field="state",
    moves={
        "include": {DepositState.ANNOUNCED: DepositState.CONFIRMING},
        "orphan": {DepositState.CONFIRMING: DepositState.ANNOUNCED},
        "credit": {
            DepositState.ANNOUNCED: DepositState.CREDITED,
            DepositState.CONFIRMING: DepositState.CREDITED,
        },
        "reject": {
            DepositState.ANNOUNCED: DepositState.REJECTED,
            DepositState.CONFIRMING: DepositState.REJECTED,
        },
        "reappear": {DepositState.REJECTED: DepositState.ANNOUNCED},
    },
)


class PlaceState(models.TextChoices):
    """Where an address to pay in stands."""

    ASKED = "asked"
    """The provider was asked for one."""
    OPEN = "open"
    """Money can be sent to it."""


PLACE_STATES = StateTable(field="state", moves={"open": {PlaceState.ASKED: PlaceState.OPEN}})


class EntryState(models.TextChoices):
    """Where an address of the book stands."""

    PENDING_PROOF = "pending_proof", "Waits for the code"
    """The code that was mailed has not been entered."""
    ACTIVE = "active", "Proved"
    """Proved; money leaves to it from `active_after` on."""
    REMOVED = "removed", "Removed"
    """Taken out; nothing new goes to it."""


ENTRY_STATES = StateTable(
    field="state",
    moves={
        "prove": {EntryState.PENDING_PROOF: EntryState.ACTIVE},
        "remove": {EntryState.PENDING_PROOF: EntryState.REMOVED, EntryState.ACTIVE: EntryState.REMOVED},
    },
)


class WithdrawalState(models.TextChoices):
    """Where a withdrawal stands. From `requested` to `broadcast`, and in `failed`, its amount is held."""

    REQUESTED = "requested", "To confirm"
    """Held; waits for the second factor, for fifteen minutes."""
    HELD = "held", "Waiting"
    """Confirmed; waits until every waiting time has passed."""
    SCREENING = "screening", "Being checked"
    """Screenings look at it."""
    APPROVAL = "approval", "Waits for approval"
    """Staff decide."""
    SIGNING = "signing", "Being sent"
    """On its way to the provider; it can no longer be cancelled."""
    BROADCAST = "broadcast", "Sent"
    """The provider has sent it out; the network has not confirmed it."""
    CONFIRMED = "confirmed", "Done"
    """Proven by the provider, and booked."""
    REJECTED = "rejected", "Refused"
    """Refused by a screening or by staff; the money is back."""
    CANCELLED = "cancelled", "Cancelled"
    """Taken back by the customer, or never confirmed; the money is back."""
    FAILED = "failed", "Did not go out"
    """The provider has proven that nothing left; the money is held until it is tried again or given back."""


_STATE = WithdrawalState
BEFORE_SIGNING = (_STATE.REQUESTED, _STATE.HELD, _STATE.SCREENING, _STATE.APPROVAL)
ON_ITS_WAY = (_STATE.SIGNING, _STATE.BROADCAST)
ENDED = (_STATE.CONFIRMED, _STATE.REJECTED, _STATE.CANCELLED)
WITHDRAWAL_STATES = StateTable(
    field="state",
    moves={
        "confirm": {_STATE.REQUESTED: _STATE.HELD},
        "screen": {_STATE.HELD: _STATE.SCREENING},
        "ask": {_STATE.SCREENING: _STATE.APPROVAL},
        "sign": {_STATE.SCREENING: _STATE.SIGNING, _STATE.APPROVAL: _STATE.SIGNING},
        "wait_again": {_STATE.SCREENING: _STATE.HELD, _STATE.APPROVAL: _STATE.HELD, _STATE.FAILED: _STATE.HELD},
        "send": {_STATE.SIGNING: _STATE.BROADCAST},
        "settle": {_STATE.SIGNING: _STATE.CONFIRMED, _STATE.BROADCAST: _STATE.CONFIRMED},
        "fail": {_STATE.SIGNING: _STATE.FAILED, _STATE.BROADCAST: _STATE.FAILED},
        "reject": {
            _STATE.HELD: _STATE.REJECTED,
            _STATE.SCREENING: _STATE.REJECTED,
            _STATE.APPROVAL: _STATE.REJECTED,
            _STATE.FAILED: _STATE.REJECTED,
        },
        "cancel": {
            **dict.fromkeys(BEFORE_SIGNING, _STATE.CANCELLED),
            _STATE.FAILED: _STATE.CANCELLED,
        },
    },
)


class WaitCause(models.TextChoices):
    """Why a withdrawal waits."""

    SECOND_FACTOR = "second_factor", "It waits for the code of your second factor"
    """Not confirmed yet."""
    NEW_ADDRESS = "new_address", "The address is new"
    """Its waiting time since the proof has not passed."""
    CREDENTIAL_CHANGED = "credential_changed", "A password, second factor or key was changed"
    """The waiting time since the change has not passed."""
    NEW_DEVICE = "new_device", "A new device signed in"
    """The waiting time since the sign-in has not passed."""
    LOCKED = "locked", "Your wallet is locked"
    """The customer's own lock; without an end until it is lifted."""
    STOPPED = "stopped", "Staff are looking at it"
    """Stopped by staff until they let it go on."""
    APPROVAL = "approval", "It waits for approval"
    """As many people as the policy asks for have not agreed yet."""
    PROVIDER = "provider", "The network has not confirmed it yet"
    """On its way; the provider is asked again and again."""
    FAILED = "failed", "It did not go out"
    """Staff try it again, or the customer cancels it."""
    ADDRESS_REMOVED = "address_removed", "The address was removed"
    """It goes nowhere any more; cancel it."""


class CallState(models.TextChoices):
    """What is known of one attempt to have a withdrawal paid."""

    INTENT = "intent"
    """Written down, not sent."""
    SENT = "sent"
    """Sent; until the answer is written down nobody knows."""
    UNKNOWN = "unknown"
    """The answer did not come; only asking by our id settles it."""
    ACCEPTED = "accepted"
    """The provider has it."""
    PAID = "paid"
    """The provider has proven that it left."""
    REFUSED = "refused"
    """The provider has proven that nothing left."""


CALL_STATES = StateTable(
    field="state",
    moves={
        "send": {CallState.INTENT: CallState.SENT},
        "lose": {CallState.SENT: CallState.UNKNOWN},
        "accept": {CallState.SENT: CallState.ACCEPTED, CallState.UNKNOWN: CallState.ACCEPTED},
        "pay": {
            CallState.SENT: CallState.PAID,
            CallState.UNKNOWN: CallState.PAID,
            CallState.ACCEPTED: CallState.PAID,
        },
        "refuse": {
            CallState.SENT: CallState.REFUSED,
            CallState.UNKNOWN: CallState.REFUSED,
            CallState.ACCEPTED: CallState.REFUSED,
        },
    },
)


class TransferState(models.TextChoices):
    """Where a transfer to another customer stands."""

    HELD = "held", "On its way"
    """Held at the sender; delivered within seconds."""
    DONE = "done", "Delivered"
    """In the recipient's wallet."""
    RETURNED = "returned", "Came back"
    """Nobody to deliver it to; the money is back."""


TRANSFER_STATES = StateTable(
    field="state",
    moves={
        "deliver": {TransferState.HELD: TransferState.DONE},
        "give_back": {TransferState.HELD: TransferState.RETURNED},
    },
)


class Subject(models.TextChoices):
    """What a policy of approvals is about."""

    WITHDRAWAL = "withdrawal", "Withdrawals"
    """Money that leaves."""
    DEPOSIT = "deposit", "Deposits by bank"
    """Money that staff say has arrived."""


class RuleName(models.TextChoices):
    """Numbers of the tenant that staff change with four eyes."""

    NEW_ADDRESS_HOURS = "new_address_hours", "Hours until money leaves to a new address"
    """Counted from the proof."""
    CREDENTIAL_HOURS = "credential_hours", "Hours without payouts after a changed credential"
    """Password, second factor, recovery codes, keys, e-mail address."""
    NEW_DEVICE_HOURS = "new_device_hours", "Hours without payouts after a sign-in from a new device"
    """Counted from the sign-in."""
    TRANSFER_CONFIRM_ABOVE = "transfer_confirm_above", "USDT in 24 hours above which transfers take the second factor"
    """By worth; what has no price always takes it."""
    PAPER_AMOUNT = "paper_amount", "USDT of play money after a reset"
    """All other play money goes."""


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """A whole number with its default and its bounds."""

    default: int
    lowest: int
    highest: int


RULES: dict[str, RuleSpec] = {
    RuleName.NEW_ADDRESS_HOURS: RuleSpec(24, 1, 720),
    RuleName.CREDENTIAL_HOURS: RuleSpec(48, 1, 720),
    RuleName.NEW_DEVICE_HOURS: RuleSpec(24, 0, 720),
    RuleName.TRANSFER_CONFIRM_ABOVE: RuleSpec(100, 0, 1_000_000),
    RuleName.PAPER_AMOUNT: RuleSpec(10_000, 100, 1_000_000),
}
MOST_LOCK_DAYS = 30
