"""Names for what a movement of money belongs to: a goal, a position, a withdrawal; and words for the movement."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Q
from django.urls import reverse

from apps.core.sealing import open_field
from apps.finance.ledger.choices import JournalKind
from apps.finance.wallets.models import Deposit, SavingsGoal, StakePosition, Transfer, Withdrawal, YieldPosition

WORDS: dict[str, tuple[str, str]] = {
    JournalKind.DEPOSIT: ("Deposit", "Deposit taken back"),
    JournalKind.WITHDRAWAL: ("Withdrawal came back", "Withdrawal"),
    JournalKind.TRANSFER: ("Received from a customer", "Sent to a customer"),
    JournalKind.FEE: ("Fee given back", "Fee"),
    JournalKind.SAVE: ("Back from a savings goal", "Into a savings goal"),
    JournalKind.EARN: ("Back from earning", "Into earning"),
    JournalKind.STAKE: ("Back from staking", "Into staking"),
    JournalKind.INTEREST: ("Interest or reward", "Interest taken back"),
    JournalKind.CONVERT: ("Converted into", "Converted from"),
    JournalKind.ADJUSTMENT: ("Correction by staff", "Correction by staff"),
    JournalKind.REVERSAL: ("Booking reversed", "Booking reversed"),
    JournalKind.RESET: ("Play money put in", "Play money taken out"),
}
"""Kind of journal → what it says when money came, and when it went."""
FILTERS = (
    JournalKind.DEPOSIT,
    JournalKind.WITHDRAWAL,
    JournalKind.TRANSFER,
    JournalKind.FEE,
    JournalKind.SAVE,
    JournalKind.EARN,
    JournalKind.STAKE,
    JournalKind.INTEREST,
    JournalKind.ADJUSTMENT,
    JournalKind.REVERSAL,
    JournalKind.RESET,
)
FILTER_WORDS = {
    JournalKind.DEPOSIT: "Deposits",
    JournalKind.WITHDRAWAL: "Withdrawals",
    JournalKind.TRANSFER: "Transfers",
    JournalKind.FEE: "Fees",
    JournalKind.SAVE: "Savings goals",
    JournalKind.EARN: "Earning",
    JournalKind.STAKE: "Staking",
    JournalKind.INTEREST: "Interest and rewards",
    JournalKind.ADJUSTMENT: "Corrections",
    JournalKind.REVERSAL: "Reversals",
    JournalKind.RESET: "Play money",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What a movement belongs to, and its page."""

    label: str
    url: str


def words_of(kind: str, amount: Decimal) -> str:
    """Return what a movement is, by its kind and its direction."""
    came, went = WORDS.get(kind, (JournalKind(kind).label, JournalKind(kind).label))
    return came if amount > 0 else went


def subjects_of(owner_id: UUID, ids: Collection[UUID]) -> Mapping[UUID, Subject]:
    """Return what movements belong to, of those ids that are the customer's own things."""
    found: dict[UUID, Subject] = {}
    if not ids:
        return found
    own = Q(pk__in=ids) & Q(owner_id=owner_id)
    for goal in SavingsGoal.objects.filter(own):
        found[goal.pk] = Subject(open_field(goal, "name"), reverse("wallet-goal", args=[goal.pk]))
    for model, place in ((YieldPosition, "wallet-earn-position"), (StakePosition, "wallet-stake-position")):
        for row in model.objects.filter(own).select_related("product"):
            found[row.pk] = Subject(row.product.name, reverse(place, args=[row.pk]))
    for paid in Withdrawal.objects.filter(own).select_related("entry"):
        label = f"to {open_field(paid.entry, 'label')}"
        found[paid.pk] = Subject(label, reverse("wallet-withdrawal", args=[paid.pk]))
    for came in Deposit.objects.filter(own):
        found[came.pk] = Subject(came.reference, reverse("wallet-deposit-detail", args=[came.pk]))
    either = Q(pk__in=ids) & (Q(owner_id=owner_id) | Q(recipient_id=owner_id))
    for sent in Transfer.objects.filter(either):
        label = f"to {open_field(sent, 'written')}" if sent.owner_id == owner_id else "from another customer"
        found[sent.pk] = Subject(label, reverse("wallet-transfer", args=[sent.pk]))
    return found
