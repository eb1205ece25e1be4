"""Reads of the ledger: balances now and at any moment, entries, trial balance.

Amounts are on the account's normal side.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.db.models import F, Q, QuerySet, Sum

from apps.finance.ledger.choices import AccountKind, Book, HoldState, JournalKind, Mode
from apps.finance.ledger.errors import AccountMissing
from apps.finance.ledger.models import Account, Entry, Hold, Journal, PeriodClose
from apps.finance.ledger.models.accounts import sided
from kernel.money.exact import plain


@dataclass(frozen=True, slots=True)
class Balance:
    """An account and how it stands."""

    account_id: UUID
    kind: str
    asset: str
    mode: str
    natural: Decimal
    held: Decimal
    available: Decimal
    state: str
    subject_id: UUID | None


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry as a statement shows it; `amount` and `balance_after` are natural (positive: more)."""

    version: int
    journal_uid: UUID
    kind: str
    amount: Decimal
    balance_after: Decimal
    effective_at: datetime
    booked_at: datetime
    subject_id: UUID | None


@dataclass(frozen=True, slots=True)
class TrialRow:
    """Sums of one kind of account in one asset: debits, credits, natural balance; over a book they cancel out."""

    book: str
    mode: str
    kind: str
    asset: str
    accounts: int
    debit: Decimal
    credit: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True)
class HoldRow:
    """What is still held of an account, and for what."""

    hold_id: UUID
    purpose: str
    subject_id: UUID | None
    amount: Decimal
    remaining: Decimal
    expires_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class HoldFacts:
    """A hold by its key: what it was for, and what of it is still held."""

    hold_id: UUID
    account_id: UUID
    amount: Decimal
    remaining: Decimal
    state: str

    @property
    def is_open(self) -> bool:
        """Whether some of it is still held."""
        return self.state == HoldState.OPEN


def get_balances(holder_id: UUID, *, mode: Mode = Mode.LIVE, book: Book = Book.WALLET) -> list[Balance]:
    """Return all accounts of a customer in one book and mode, by asset and kind."""
    rows = Account.objects.filter(holder_id=holder_id, mode=mode, book=book).order_by("asset_id", "kind", "id")
    return [balance_of(row) for row in rows]


def get_balance(account_id: UUID, *, holder_id: UUID | None = None) -> Balance:
    """Return how an account stands; with `holder_id` only if it is that customer's. Raises AccountMissing."""
    return balance_of(get_account(account_id, holder_id=holder_id))


def get_account(account_id: UUID, *, holder_id: UUID | None = None) -> Account:
    """Return an account; with `holder_id` only if it is that customer's. Raises AccountMissing."""
    rows = Account.objects.filter(pk=account_id)
    found = (rows if holder_id is None else rows.filter(holder_id=holder_id)).first()
    if found is None:
        raise AccountMissing
    return found


def balance_of(row: Account) -> Balance:
    """Return an account's row as a plain value."""
    return Balance(
        account_id=row.pk,
        kind=row.kind,
        asset=row.asset_id,
        mode=row.mode,
        natural=plain(row.natural),
        held=plain(row.held),
        available=plain(row.available),
        state=row.state,
        subject_id=row.subject_id,
    )


def list_wallet_holders(account_ids: Collection[UUID]) -> set[tuple[UUID, str]]:
    """Return (customer, mode) of those accounts of the wallet book that belong to customers."""
    rows = Account.objects.filter(pk__in=account_ids, book=Book.WALLET, holder__isnull=False)
    return {(holder_id, mode) for holder_id, mode in rows.values_list("holder_id", "mode") if holder_id is not None}


def get_available(holder_id: UUID, asset: str, *, mode: Mode = Mode.LIVE) -> Decimal:
    """Return what a customer can spend of an asset, 0 without an account."""
    row = Account.objects.filter(holder_id=holder_id, kind=AccountKind.CUSTOMER, asset_id=asset, mode=mode).first()
    return Decimal(0) if row is None else row.available


def balance_at(account_id: UUID, *, effective: datetime | None = None, booked: datetime | None = None) -> Decimal:
    """Return the natural balance of an account counting what was effective and booked up to (and at) the moments.

    With `booked` alone it is the balance the books showed then; with `effective` what counts then by what is known now;
    with both, what was known at `booked` of `effective`. None means no bound. Raises AccountMissing.
    """
    account = get_account(account_id)
    entries = Entry.objects.filter(account=account)
    if effective is not None:
        entries = entries.filter(effective_at__lte=effective)
    if booked is not None:
        entries = entries.filter(booked_at__lte=booked)
    if effective is None:
        newest = entries.order_by("-version").values_list("balance_after", flat=True).first()
        return sided(account.side, newest or Decimal(0))
    return sided(account.side, entries.aggregate(total=Sum("amount"))["total"] or Decimal(0))


def list_entries(
    account_id: UUID,
    *,
    below: int | None = None,
    limit: int = 50,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[EntryRow]:
    """Return entries of an account, newest first; `below` is the version to go on from.

    Only those with `since` ≤ effective < `until`. Raises AccountMissing.
    """
    account = get_account(account_id)
    rows = _entries(account, since, until)
    if below is not None:
        rows = rows.filter(version__lt=below)
    return [_entry_row(account, row) for row in rows[:limit]]


def _entries(account: Account, since: datetime | None, until: datetime | None) -> "QuerySet[Entry]":
    wanted = Q(account=account)
    if since is not None:
        wanted &= Q(effective_at__gte=since)
    if until is not None:
        wanted &= Q(effective_at__lt=until)
    return Entry.objects.filter(wanted).select_related("journal").order_by("-version")


def _entry_row(account: Account, row: Entry) -> EntryRow:
    return EntryRow(
        version=row.version,
        journal_uid=row.journal.uid,
        kind=row.journal.kind,
        amount=sided(account.side, row.amount),
        balance_after=sided(account.side, row.balance_after),
        effective_at=row.effective_at,
        booked_at=row.booked_at,
        subject_id=row.journal.subject_id,
    )


def list_open_holds(account_id: UUID) -> list[HoldRow]:
    """Return what is held of an account, oldest first."""
    rows = Hold.objects.filter(account_id=account_id, state=HoldState.OPEN).order_by("created_at", "id")
    return [
        HoldRow(row.pk, row.purpose, row.subject_id, row.amount, row.remaining, row.expires_at, row.created_at)
        for row in rows
    ]


def find_hold(key: str) -> HoldFacts | None:
    """Return a hold by its key, or None."""
    row = Hold.objects.filter(key=key).first()
    return None if row is None else HoldFacts(row.pk, row.account_id, row.amount, row.remaining, row.state)


def list_known_keys(keys: Collection[str]) -> set[str]:
    """Return those keys under which a journal is booked."""
    return set(Journal.objects.filter(key__in=keys).values_list("key", flat=True))


def list_mirrors(connection_id: UUID, holder_id: UUID, *, assets: Collection[str] | None = None) -> dict[str, Balance]:
    """Return by asset how a customer's mirror of a connection stands; all assets, or those named."""
    rows = Account.objects.filter(kind=AccountKind.MIRROR, holder_id=holder_id, subject_id=connection_id)
    if assets is not None:
        rows = rows.filter(asset_id__in=assets)
    return {row.asset_id: balance_of(row) for row in rows}


def list_mirrors_of(connection_ids: Collection[UUID], holder_id: UUID, asset: str) -> dict[UUID, Balance]:
    """Return by connection how a customer's mirrors stand in one asset (its code); those without one are missing."""
    rows = Account.objects.filter(
        kind=AccountKind.MIRROR, holder_id=holder_id, subject_id__in=connection_ids, asset_id=asset
    )
    return {row.subject_id: balance_of(row) for row in rows if row.subject_id is not None}


def sum_beside_fills(connection_id: UUID, holder_id: UUID) -> dict[str, Decimal]:
    """Return by asset what moved a customer's mirror of a connection beside its fills; reads all its entries."""
    of_mirror = {"kind": AccountKind.MIRROR, "holder_id": holder_id, "subject_id": connection_id}
    rows = Entry.objects.filter(account__in=Account.objects.filter(**of_mirror)).exclude(journal__kind=JournalKind.FILL)
    sums = rows.values_list("account__asset_id").annotate(total=Sum(F("account__side") * F("amount")))
    return {asset: total for asset, total in sums.order_by() if total}


def trial_balance(*, at: datetime | None = None) -> list[TrialRow]:
    """Return debits, credits and balances by book, mode, kind and asset; of all entries, or those effective by `at`."""
    query = """
        SELECT a.book, a.mode, a.kind, a.asset, count(DISTINCT a.id),
            coalesce(-sum(e.amount) FILTER (WHERE e.amount < 0), 0),
            coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0),
            a.side * coalesce(sum(e.amount), 0)
        FROM ledger_account a JOIN ledger_entry e ON e.account_id = a.id
        WHERE %(at)s::timestamptz IS NULL OR e.effective_at <= %(at)s
        GROUP BY a.book, a.mode, a.kind, a.asset, a.side ORDER BY a.book, a.mode, a.asset, a.kind
    """
    with connection.cursor() as cursor:
        cursor.execute(query, {"at": at})
        return [TrialRow(*row) for row in cursor.fetchall()]


def sum_of_kind(kind: AccountKind, asset: str, *, mode: Mode = Mode.LIVE) -> Decimal:
    """Return the natural balance of all accounts (and stripes) of a kind in an asset."""
    total = Account.objects.filter(kind=kind, asset_id=asset, mode=mode).aggregate(total=Sum(F("side") * F("balance")))[
        "total"
    ]
    return total or Decimal(0)


def closed_until() -> datetime | None:
    """Return the moment up to which the books are closed, None when nothing is."""
    newest = PeriodClose.objects.filter(reopened_at__isnull=True).order_by("-until").first()
    return None if newest is None else newest.until
