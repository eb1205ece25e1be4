"""The books for accounting programs: CSV, hledger, beancount, QuickBooks and Xero.

Outside, a debit is positive: the sign is turned here. Every journal balances in every asset, so no prices are needed
and a file reads back to the same totals. Plain-text files open with the balances at the start of the period, so that
they stand alone; CSV files hold the movements only. Amounts are exact. Read in chunks: each is a query of its own.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Sum, TextChoices

from apps.core.clock import now
from apps.finance.ledger.choices import AccountKind, Book, JournalKind, Mode
from apps.finance.ledger.errors import ExportInvalid
from apps.finance.ledger.models import Account, Entry, ExportMapping, Journal
from kernel.money.exact import ZERO, add, plain

CHUNK = 500
OWN_BOOKS = (Book.WALLET, Book.HOUSE)


class ExportFormat(TextChoices):
    """What is written."""

    CSV = "csv", "CSV, every entry"
    """All facts of every entry."""
    HLEDGER = "hledger", "hledger (plain text)"
    """hledger's journal format; ledger-cli reads it too."""
    BEANCOUNT = "beancount", "beancount (plain text)"
    """beancount's input syntax."""
    QUICKBOOKS = "quickbooks", "QuickBooks journal entries (CSV)"
    """Columns that QuickBooks' import of journal entries asks for."""
    XERO = "xero", "Xero manual journals (CSV, one asset)"
    """Columns that Xero's import of manual journals asks for."""


ENDINGS = {
    ExportFormat.CSV: "csv",
    ExportFormat.HLEDGER: "hledger",
    ExportFormat.BEANCOUNT: "beancount",
    ExportFormat.QUICKBOOKS: "csv",
    ExportFormat.XERO: "csv",
}
DEFAULTS: dict[AccountKind, tuple[str, str]] = {
    AccountKind.CUSTOMER: ("Liabilities:Customers:Wallets", "2100"),
    AccountKind.SAVINGS: ("Liabilities:Customers:Savings", "2110"),
    AccountKind.EARN: ("Liabilities:Customers:Earn", "2120"),
    AccountKind.STAKE: ("Liabilities:Customers:Staking", "2130"),
    AccountKind.CUSTODY: ("Assets:Custody", "1100"),
    AccountKind.WALLET_CLEARING: ("Assets:Clearing:Wallets", "1900"),
    AccountKind.HOUSE_CLEARING: ("Assets:Clearing:House", "1910"),
    AccountKind.MIRROR: ("Liabilities:Venues:Mirrors", "2900"),
    AccountKind.VENUE_CLEARING: ("Assets:Venues:Clearing", "1920"),
    AccountKind.VENUE_FEES: ("Liabilities:Venues:Fees", "2910"),
    AccountKind.FEES: ("Income:Fees", "4100"),
    AccountKind.INTEREST: ("Expenses:Interest", "5100"),
    AccountKind.ADJUSTMENTS: ("Expenses:Adjustments", "5200"),
}
"""Kind → name and code, where the tenant has not named it otherwise."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What belongs into an export: one mode, some books, one asset or all; an account for each customer or one."""

    mode: Mode = Mode.LIVE
    books: Sequence[Book] = OWN_BOOKS
    asset: str = ""
    by_customer: bool = False


@dataclass(frozen=True, slots=True)
class Posting:
    """A leg as accounting writes it: `amount` is positive for a debit."""

    name: str
    code: str
    account_id: UUID
    kind: str
    holder_id: UUID | None
    asset: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Transaction:
    """A journal as accounting writes it."""

    journal: Journal
    postings: Sequence[Posting]


class Names:
    """The names and codes of accounts, as the tenant has them now."""

    def __init__(self, *, by_customer: bool) -> None:
        self._by_customer = by_customer
        self._known = {kind.value: pair for kind, pair in DEFAULTS.items()}
        self._known |= {row.kind: (row.name, row.code) for row in ExportMapping.objects.all()}

    def of(self, kind: str, holder_id: UUID | None) -> tuple[str, str]:
        """Return name and code of an account."""
        name, code = self._known[kind]
        return (f"{name}:C{holder_id.hex}" if self._by_customer and holder_id is not None else name), code


def list_names() -> list[tuple[AccountKind, str, str]]:
    """Return kind, name and code of every kind of account, as the tenant has them now."""
    names = Names(by_customer=False)
    return [(kind, *names.of(kind.value, None)) for kind in DEFAULTS]


class Export:
    """One file. `first_chunk`, then `next_chunk` until it returns None; `read` does both."""

    def __init__(self, *, since: datetime, until: datetime, format: ExportFormat, wanted: Wanted) -> None:
        if since >= until:
            raise ExportInvalid("The end of the period lies before its beginning.", field="until")
        if until > now():
            raise ExportInvalid("The period has not ended yet.", field="until")
        if format is ExportFormat.XERO and not wanted.asset:
            raise ExportInvalid("Xero keeps a manual journal in one currency: choose an asset.", field="asset")
        self.since, self.until, self.format, self.wanted = since, until, format, wanted
        self.name = f"journals-{since:%Y%m%d}-{until:%Y%m%d}-{wanted.mode}.{ENDINGS[format]}"
        self._names = Names(by_customer=wanted.by_customer)
        self._last = 0

    def first_chunk(self) -> str:
        """Return the head of the file: columns, or declarations and opening balances."""
        head = {
            ExportFormat.HLEDGER: self._hledger_head,
            ExportFormat.BEANCOUNT: self._beancount_head,
        }.get(self.format)
        return head() if head is not None else _row(COLUMNS[self.format])

    def next_chunk(self) -> str | None:
        """Return the next journals, None after the last."""
        journals = self._journals()
        if not journals:
            return None
        self._last = journals[-1].pk
        write = WRITERS[self.format]
        return "".join(write(found) for journal in journals if (found := self._transaction(journal)).postings)

    def read(self) -> Iterator[str]:
        """Yield the whole file."""
        yield self.first_chunk()
        while (chunk := self.next_chunk()) is not None:
            yield chunk

    def _journals(self) -> list[Journal]:
        entries = Entry.objects.select_related("account").order_by("id")
        if self.wanted.asset:
            entries = entries.filter(account__asset_id=self.wanted.asset)
        rows = Journal.objects.filter(
            pk__gt=self._last,
            mode=self.wanted.mode,
            book__in=self.wanted.books,
            effective_at__gte=self.since,
            effective_at__lt=self.until,
        )
        return list(rows.order_by("pk").prefetch_related(Prefetch("entries", queryset=entries))[:CHUNK])

    def _transaction(self, journal: Journal) -> Transaction:
        return Transaction(journal, [self._posting(entry.account, entry.amount) for entry in journal.entries.all()])

    def _posting(self, account: Account, amount: Decimal) -> Posting:
        name, code = self._names.of(account.kind, account.holder_id)
        return Posting(
            name, code, account.pk, account.kind, account.holder_id, account.asset_id, plain(amount.copy_negate())
        )

    def _opening(self) -> list[tuple[str, str, Decimal]]:
        """Return (name, asset, debit balance) at the start of the period; over all they sum to zero per asset."""
        rows = Entry.objects.filter(
            account__mode=self.wanted.mode, account__book__in=self.wanted.books, effective_at__lt=self.since
        )
        rows = rows.filter(account__asset_id=self.wanted.asset) if self.wanted.asset else rows
        keys = ("account__kind", "account__holder_id", "account__asset_id")
        found: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
        for row in rows.order_by().values(*keys).annotate(total=Sum("amount")):
            name, _ = self._names.of(row["account__kind"], row["account__holder_id"])
            place = (name, row["account__asset_id"])
            found[place] = add(found[place], row["total"].copy_negate())
        return [(name, asset, plain(amount)) for (name, asset), amount in sorted(found.items()) if amount]

    def _used(self) -> set[tuple[str, str]]:
        """Return (name, asset) of every account with an entry before the end of the period."""
        rows = Entry.objects.filter(
            account__mode=self.wanted.mode, account__book__in=self.wanted.books, effective_at__lt=self.until
        )
        rows = rows.filter(account__asset_id=self.wanted.asset) if self.wanted.asset else rows
        names = ("account__kind", "account__holder_id", "account__asset_id")
        keys: Any = rows.order_by().values_list(*names).distinct()
        return {(self._names.of(kind, holder)[0], asset) for kind, holder, asset in keys}

    def _head(self, comment: str) -> str:
        books = " and ".join(Book(book).value for book in self.wanted.books)
        period = f"{self.since:%Y-%m-%d %H:%M} to {self.until:%Y-%m-%d %H:%M} UTC"
        return f"{comment} Journals that count from {period}: {books}, {self.wanted.mode}.\n"

    def _hledger_head(self) -> str:
        used = self._used()
        lines = [self._head(";"), "decimal-mark .\n"]
        lines += [f"commodity {_hledger_asset(asset)}\n" for asset in sorted({asset for _, asset in used})]
        lines += [f"account {name}\n" for name in sorted({name for name, _ in used})]
        opening = self._opening()
        if opening:
            lines.append(f"\n{self.since:%Y-%m-%d} * opening balances\n")
            lines += [f"    {name}  {amount:f} {_hledger_asset(asset)}\n" for name, asset, amount in opening]
        return "".join(lines)

    def _beancount_head(self) -> str:
        used: dict[str, list[str]] = defaultdict(list)
        for name, asset in sorted(self._used()):
            used[name].append(asset)
        lines = [self._head(";"), 'option "title" "Ledger"\n']
        lines += [f"{self.since:%Y-%m-%d} open {name} {','.join(assets)}\n" for name, assets in sorted(used.items())]
        opening = self._opening()
        if opening:
            lines.append(f'\n{self.since:%Y-%m-%d} * "opening balances"\n')
            lines += [f"  {name}  {amount:f} {asset}\n" for name, asset, amount in opening]
        return "".join(lines)


def _words(journal: Journal) -> str:
    return JournalKind(journal.kind).label


def _row(values: Sequence[object]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(values)
    return text.getvalue()


COLUMNS: dict[ExportFormat, tuple[str, ...]] = {
    ExportFormat.CSV: (
        "date", "effective_at", "booked_at", "journal", "key", "kind", "book", "mode", "reverses", "account",
        "account_code", "account_id", "account_kind", "holder", "asset", "debit", "credit", "amount",
    ),
    ExportFormat.QUICKBOOKS: (
        "Journal No.", "Journal Date", "Currency", "Account Number", "Account Name", "Debits", "Credits", "Description",
    ),
    ExportFormat.XERO: ("*Narration", "*Date", "Description", "*AccountCode", "*TaxRate", "*Amount"),
}  # fmt: skip


def _csv(found: Transaction) -> str:
    journal = found.journal
    head = (
        f"{journal.effective_at:%Y-%m-%d}", journal.effective_at.isoformat(), journal.booked_at.isoformat(),
        journal.uid, journal.key, journal.kind, journal.book, journal.mode, journal.reverses_id or "",
    )  # fmt: skip
    return "".join(
        _row(
            (
                *head, one.name, one.code, one.account_id, one.kind, one.holder_id or "", one.asset,
                *_sides(one.amount), f"{one.amount:f}",
            )
        )
        for one in found.postings
    )  # fmt: skip


def _quickbooks(found: Transaction) -> str:
    journal = found.journal
    return "".join(
        _row(
            (
                journal.uid, f"{journal.effective_at:%Y-%m-%d}", one.asset, one.code, one.name, *_sides(one.amount),
                f"{_words(journal)} {journal.key}",
            )
        )
        for one in found.postings
    )  # fmt: skip


def _xero(found: Transaction) -> str:
    journal = found.journal
    narration = f"{_words(journal)} {journal.uid}"
    return "".join(
        _row((narration, f"{journal.effective_at:%Y-%m-%d}", journal.key, one.code, "Tax Exempt", f"{one.amount:f}"))
        for one in found.postings
    )


def _hledger(found: Transaction) -> str:
    journal = found.journal
    head = f"\n{journal.effective_at:%Y-%m-%d} * ({journal.uid}) {_words(journal)}  ; key:{journal.key}\n"
    return head + "".join(f"    {one.name}  {one.amount:f} {_hledger_asset(one.asset)}\n" for one in found.postings)


def _beancount(found: Transaction) -> str:
    journal = found.journal
    head = f'\n{journal.effective_at:%Y-%m-%d} * "{_words(journal)}"\n  uid: "{journal.uid}"\n  key: "{journal.key}"\n'
    return head + "".join(f"  {one.name}  {one.amount:f} {one.asset}\n" for one in found.postings)


def _sides(amount: Decimal) -> tuple[str, str]:
    return (f"{amount:f}", "") if amount > 0 else ("", f"{amount.copy_abs():f}")


def _hledger_asset(code: str) -> str:
    """Return a commodity as hledger takes it: quoted where it holds a digit."""
    return code if code.isalpha() else f'"{code}"'


WRITERS: dict[ExportFormat, Callable[[Transaction], str]] = {
    ExportFormat.CSV: _csv,
    ExportFormat.QUICKBOOKS: _quickbooks,
    ExportFormat.XERO: _xero,
    ExportFormat.HLEDGER: _hledger,
    ExportFormat.BEANCOUNT: _beancount,
}
