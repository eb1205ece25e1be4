"""Reversals and adjustments: asked for by one person, booked when another has agreed."""

from decimal import Context, Decimal
from typing import Any
from uuid import UUID

from apps.core.actors import Actor
from apps.core.approvals import approvable, request_approval
from apps.core.errors import Defect
from apps.core.models import Approval
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.finance.ledger.choices import AccountKind, Book, JournalKind, Mode
from apps.finance.ledger.errors import (
    AccountMissing,
    AlreadyReversed,
    AmountNotBookable,
    AmountTooFine,
    JournalMissing,
    NotReversible,
)
from apps.finance.ledger.models import Account, Journal
from apps.finance.ledger.operations.commands import AccountName, Leg, NewJournal
from apps.finance.ledger.operations.patterns import adjustment_journals
from apps.finance.ledger.operations.periods import APPROVE
from apps.finance.ledger.operations.posting import post_many

CORRECT = declare("ledger.correct", "Ask for reversals and adjustments of the ledger")
REVERSE, ADJUST = "ledger.reverse_journal", "ledger.adjust_account"
FINAL_KINDS = (JournalKind.REVERSAL, JournalKind.FILL, JournalKind.VENUE_BALANCE)
LEGS_OF_A_FEE = 2
EXACT = Context(prec=400)


@operation("ledger.ask_for_reversal", permission=CORRECT, audited=("journal_uid",))
def ask_for_reversal(*, actor: Actor, journal_uid: UUID, reason: str) -> Approval:
    """Ask another person to book the exact opposite of a journal (and of its part in the house book, if it has one).

    Raises JournalMissing, AlreadyReversed, NotReversible.
    """
    for journal in _linked(journal_uid):
        _check_reversible(journal)
    return request_approval(actor=actor, action=REVERSE, payload={"journal": str(journal_uid)}, reason=reason)


@operation("ledger.ask_for_adjustment", permission=CORRECT, audited=("account_id", "amount"))
def ask_for_adjustment(*, actor: Actor, account_id: UUID, amount: Decimal, key: str, reason: str) -> Approval:
    """Ask another person to correct a customer's account by `amount` (positive: to the customer) at the house's cost.

    Raises AccountMissing, AmountNotBookable, AmountTooFine. `key` makes the correction happen once.
    """
    account = Account.objects.filter(pk=account_id, book=Book.WALLET, kind=AccountKind.CUSTOMER).first()
    if account is None:
        raise AccountMissing
    if not amount.is_finite() or not amount:
        raise AmountNotBookable(field="amount")
    if amount != amount.quantize(Decimal(1).scaleb(-account.precision), context=EXACT):
        raise AmountTooFine(field="amount", asset=account.asset_id, precision=account.precision)
    payload = {"account": str(account_id), "amount": f"{amount:f}", "key": key}
    return request_approval(actor=actor, action=ADJUST, payload=payload, reason=reason)


@approvable(REVERSE, permission=APPROVE, title="Reverse a journal")
def _reverse(actor: Actor, payload: dict[str, Any]) -> None:
    journals = _linked(UUID(payload["journal"]))
    for journal in journals:
        _check_reversible(journal)
    posted = post_many(actor=actor, journals=[_opposite(journal) for journal in journals])
    if all(posted.replayed):
        # Another request for the same reversal was approved at the same moment, and was first.
        raise AlreadyReversed


@approvable(ADJUST, permission=APPROVE, title="Correct a customer's balance")
def _adjust(actor: Actor, payload: dict[str, Any]) -> None:
    account = Account.objects.get(pk=UUID(payload["account"]))
    kind, mode = AccountKind(account.kind), Mode(account.mode)
    name = AccountName(kind, account.asset_id, mode, account.holder_id, account.subject_id)
    key = f"adjustment:{payload['key']}"
    post_many(actor=actor, journals=adjustment_journals(key=key, target=name, amount=Decimal(payload["amount"])))


def _linked(uid: UUID) -> list[Journal]:
    """Return a journal and its counterpart in the other book (keys `k` and `k/house`)."""
    found = Journal.objects.filter(uid=uid).first()
    if found is None:
        raise JournalMissing
    first = found.key.removesuffix("/house")
    linked = list(Journal.objects.filter(key__in=[first, f"{first}/house"]).order_by("id"))
    if len(linked) > LEGS_OF_A_FEE:
        raise Defect("A journal has more than one counterpart.")
    return linked


def _check_reversible(journal: Journal) -> None:
    if journal.kind in FINAL_KINDS:
        raise NotReversible(kind=journal.get_kind_display().lower())
    if Journal.objects.filter(reverses=journal).exists():
        raise AlreadyReversed


def _opposite(journal: Journal) -> NewJournal:
    return NewJournal(
        key=f"reversal:{journal.uid}",
        book=Book(journal.book),
        mode=Mode(journal.mode),
        kind=JournalKind.REVERSAL,
        legs=tuple(Leg(entry.account_id, -entry.amount) for entry in journal.entries.order_by("id")),
        subject_id=journal.subject_id,
        reverses_id=journal.pk,
    )
