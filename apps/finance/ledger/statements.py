"""Statements of an account, by booking: what a statement said once, it says for ever.

Lines follow the versions of the account, so that each running balance is the one before it plus the line. The lines of
a period are those after the newest version booked before it; statements of periods that touch therefore touch too.
Back-dated journals stand where they were booked and name the day they count from. Amounts are natural (positive: more).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min, Q, QuerySet, Sum

from apps.finance.ledger.choices import Book, HoldState, JournalKind, Mode
from apps.finance.ledger.errors import EntryMissing
from apps.finance.ledger.models import Account, Entry, Hold
from apps.finance.ledger.queries import EntryRow
from kernel.money.exact import add, plain

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Statement:
    """A period of an account: opening, what came in and went out, closing; `first` and `last` bound its versions."""

    account_id: UUID
    kind: str
    asset: str
    mode: str
    since: datetime
    until: datetime
    opening: Decimal
    incoming: Decimal
    outgoing: Decimal
    closing: Decimal
    lines: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Movement:
    """What one kind of journal moved in a period; `outgoing` is negative or 0."""

    kind: JournalKind
    lines: int
    incoming: Decimal
    outgoing: Decimal


@dataclass(frozen=True, slots=True)
class HeldFor:
    """What is held for one purpose now."""

    purpose: str
    holds: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class EntryDetail:
    """A line with what stands behind it."""

    row: EntryRow
    balance_before: Decimal
    reversed_by: datetime | None
    reverses: datetime | None


def get_statement(account: Account, *, since: datetime, until: datetime) -> Statement:
    """Return the statement of what was booked from `since` up to, not at, `until`."""
    before, last = _newest_before(account, since), _newest_before(account, until)
    first = before.version if before is not None else 0
    lines = Entry.objects.filter(account=account, version__gt=first, version__lte=last.version if last else 0)
    sums = lines.aggregate(
        count=Count("id"), credit=Sum("amount", filter=Q(amount__gt=0)), debit=Sum("amount", filter=Q(amount__lt=0))
    )
    more, less = ("credit", "debit") if account.side > 0 else ("debit", "credit")
    return Statement(
        account_id=account.pk,
        kind=account.kind,
        asset=account.asset_id,
        mode=account.mode,
        since=since,
        until=until,
        opening=natural(account, before.balance_after if before is not None else None),
        incoming=natural(account, sums[more]),
        outgoing=natural(account, sums[less]),
        closing=natural(account, last.balance_after if last is not None else None),
        lines=sums["count"],
        first=first + 1,
        last=max(first, last.version if last is not None else 0),
    )


def list_lines(
    account: Account, statement: Statement, *, kind: str = "", below: int | None = None, limit: int = 100
) -> list[EntryRow]:
    """Return lines of a statement, newest first, older than version `below`; of one kind if it is given."""
    rows = _lines(account, statement, kind).order_by("-version")
    if below is not None:
        rows = rows.filter(version__lt=below)
    return [entry_row(account, row) for row in rows[:limit]]


def iterate_lines(account: Account, statement: Statement) -> Iterator[EntryRow]:
    """Yield all lines of a statement, oldest first, in batches by version."""
    after = statement.first - 1
    while batch := list(_lines(account, statement, "").filter(version__gt=after).order_by("version")[:BATCH]):
        yield from (entry_row(account, row) for row in batch)
        after = batch[-1].version


def sum_by_kind(account: Account, statement: Statement) -> list[Movement]:
    """Return what each kind of journal moved in the period of a statement, the largest number of lines first."""
    rows: Any = (
        _lines(account, statement, "")
        .values("journal__kind")
        .annotate(
            count=Count("id"), credit=Sum("amount", filter=Q(amount__gt=0)), debit=Sum("amount", filter=Q(amount__lt=0))
        )
        .order_by("-count", "journal__kind")
    )
    more, less = ("credit", "debit") if account.side > 0 else ("debit", "credit")
    return [
        Movement(
            JournalKind(row["journal__kind"]), row["count"], natural(account, row[more]), natural(account, row[less])
        )
        for row in rows
    ]


def sum_held_by_purpose(account: Account) -> list[HeldFor]:
    """Return what is held of an account now, by purpose."""
    rows = (
        Hold.objects.filter(account=account, state=HoldState.OPEN)
        .values("purpose")
        .annotate(count=Count("id"), total=Sum("remaining"))
        .order_by("purpose")
    )
    return [HeldFor(row["purpose"], row["count"], plain(row["total"])) for row in rows]


def get_entry(account: Account, version: int) -> EntryDetail:
    """Return a line of an account by its version. Raises EntryMissing."""
    row = Entry.objects.filter(account=account, version=version).select_related("journal__reverses").first()
    if row is None:
        raise EntryMissing
    reversal = row.journal.reversals.first()
    shown = entry_row(account, row)
    return EntryDetail(
        row=shown,
        balance_before=add(shown.balance_after, shown.amount.copy_negate()),
        reversed_by=None if reversal is None else reversal.booked_at,
        reverses=None if row.journal.reverses is None else row.journal.reverses.booked_at,
    )


def page_of_entries(
    account: Account,
    *,
    effective: datetime | None = None,
    booked: datetime | None = None,
    below: int | None = None,
    limit: int = 50,
) -> list[EntryRow]:
    """Return entries, newest first, that counted by `effective` and were booked by `booked` (both inclusive)."""
    wanted = Q(account=account)
    wanted &= Q() if effective is None else Q(effective_at__lte=effective)
    wanted &= Q() if booked is None else Q(booked_at__lte=booked)
    wanted &= Q() if below is None else Q(version__lt=below)
    rows = Entry.objects.filter(wanted).select_related("journal").order_by("-version")[:limit]
    return [entry_row(account, row) for row in rows]


def own_accounts(holder_id: UUID, *, mode: str = "", book: str = "") -> QuerySet[Account]:
    """Return the accounts of a customer, of one mode and book if they are given."""
    rows = Account.objects.filter(holder_id=holder_id).select_related("asset")
    rows = rows.filter(mode=mode) if mode else rows
    return rows.filter(book=book) if book else rows


def moved_accounts(holder_id: UUID, *, mode: Mode) -> list[Account]:
    """Return the wallet accounts of a customer that something was ever booked on, by asset and kind."""
    return list(
        own_accounts(holder_id, mode=mode, book=Book.WALLET).filter(version__gt=0).order_by("asset_id", "kind", "id")
    )


def span_of_bookings(accounts: list[Account]) -> tuple[datetime, datetime] | None:
    """Return when the first and the last entry of any of the accounts were booked, None when there is none."""
    found = Entry.objects.filter(account__in=accounts).aggregate(first=Min("booked_at"), last=Max("booked_at"))
    return None if found["first"] is None else (found["first"], found["last"])


def entry_row(account: Account, row: Entry) -> EntryRow:
    """Return an entry (with its journal) as a plain value on the account's normal side."""
    return EntryRow(
        version=row.version,
        journal_uid=row.journal.uid,
        kind=row.journal.kind,
        amount=natural(account, row.amount),
        balance_after=natural(account, row.balance_after),
        effective_at=row.effective_at,
        booked_at=row.booked_at,
        subject_id=row.journal.subject_id,
    )


def natural(account: Account, amount: Decimal | None) -> Decimal:
    """Return an amount on the account's normal side, without zeros at its end; 0 for None."""
    if not amount:
        return Decimal(0)
    return plain(amount if account.side > 0 else amount.copy_negate())


def _lines(account: Account, statement: Statement, kind: str) -> QuerySet[Entry]:
    rows = Entry.objects.filter(
        account=account, version__gte=statement.first, version__lte=statement.last
    ).select_related("journal")
    return rows.filter(journal__kind=kind) if kind else rows


def _newest_before(account: Account, moment: datetime) -> Entry | None:
    return Entry.objects.filter(account=account, booked_at__lt=moment).order_by("-version").first()
