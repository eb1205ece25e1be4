"""Statements as files: CSV for programs, PDF for people."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from apps.core.clock import now
from apps.finance.ledger.choices import AccountKind, JournalKind, Mode
from apps.finance.ledger.errors import StatementTooLong
from apps.finance.ledger.models import Account
from apps.finance.ledger.queries import EntryRow
from apps.finance.ledger.statements import get_statement, iterate_lines
from apps.finance.ledger.typesetting import typeset

MOST_LINES = 5000
"""Of a PDF: about a hundred pages."""
MOST_CSV_LINES = 200_000
"""Of a CSV: about forty megabytes."""
MONTH = re.compile(r"(20\d\d|21\d\d)-(0[1-9]|1[0-2])", re.ASCII)
COLUMNS = (
    "account", "kind_of_account", "mode", "asset", "line", "booked_at", "effective_at", "kind", "amount", "balance",
    "journal", "reference",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month in UTC."""

    year: int
    number: int

    @classmethod
    def of(cls, moment: datetime) -> "Month":
        """Return the month of a moment."""
        here = moment.astimezone(UTC)
        return cls(here.year, here.month)

    @property
    def since(self) -> datetime:
        """Return its first moment."""
        return datetime(self.year, self.number, 1, tzinfo=UTC)

    @property
    def until(self) -> datetime:
        """Return the first moment of the next month."""
        return self.next.since

    @property
    def next(self) -> "Month":
        """Return the month after."""
        return Month(self.year + 1, 1) if self.number == 12 else Month(self.year, self.number + 1)

    @property
    def key(self) -> str:
        """Return it as addresses name it: 2026-07."""
        return f"{self.year:04d}-{self.number:02d}"


def months_between(first: datetime, last: datetime, *, most: int) -> list[Month]:
    """Return the months from one moment to another, newest first, at most `most`."""
    month, found = Month.of(first), []
    while month.since <= last:
        found.append(month)
        month = month.next
    return found[::-1][:most]


def month_of(key: str) -> Month | None:
    """Return the month of a key such as 2026-07, None for anything else."""
    found = MONTH.fullmatch(key)
    return Month(int(found[1]), int(found[2])) if found else None


def csv_of(accounts: Sequence[Account], *, since: datetime, until: datetime) -> Iterator[str]:
    """Yield the statement of accounts as CSV, oldest line first within each; amounts are exact and signed.

    Raises StatementTooLong before the first line.
    """
    statements = [(account, get_statement(account, since=since, until=until)) for account in accounts]
    _check_length(sum(statement.lines for _, statement in statements), MOST_CSV_LINES)
    yield _row(COLUMNS)
    for account, statement in statements:
        head = (account.pk, account.kind, account.mode, account.asset_id)
        yield _row((*head, "", since.isoformat(), "", "opening", "", f"{statement.opening:f}", "", ""))
        for line in iterate_lines(account, statement):
            yield _row(
                (
                    *head, line.version, line.booked_at.isoformat(), line.effective_at.isoformat(), line.kind,
                    f"{line.amount:f}", f"{line.balance_after:f}", line.journal_uid, line.subject_id or "",
                )
            )  # fmt: skip
        yield _row((*head, "", until.isoformat(), "", "closing", "", f"{statement.closing:f}", "", ""))


def pdf_of(accounts: Sequence[Account], *, since: datetime, until: datetime, tenant_name: str, customer: str) -> bytes:
    """Return the statement of accounts as PDF. Raises StatementTooLong, DocumentsNotInstalled."""
    statements = [(account, get_statement(account, since=since, until=until)) for account in accounts]
    _check_length(sum(statement.lines for _, statement in statements), MOST_LINES)
    data: dict[str, Any] = {
        "tenant": tenant_name,
        "customer": customer,
        "title": "Statement of account" if len(statements) == 1 else "Statement of accounts",
        "period": period_text(since, until),
        "made": f"{now():%-d %B %Y, %H:%M} UTC",
        "accounts": [
            {
                "title": title_of(account),
                "asset": account.asset_id,
                "opening": exact(statement.opening),
                "incoming": exact(statement.incoming),
                "outgoing": exact(statement.outgoing),
                "closing": exact(statement.closing),
                "lines": [_line(line) for line in iterate_lines(account, statement)],
            }
            for account, statement in statements
        ],
    }
    return typeset("statement", data)


def title_of(account: Account) -> str:
    """Return an account in words: “USDT · Wallet (paper)”."""
    words = "Wallet" if account.kind == AccountKind.CUSTOMER else AccountKind(account.kind).label
    mode = "" if account.mode == Mode.LIVE else " (paper)"
    return f"{account.asset_id} · {words}{mode}"


def period_text(since: datetime, until: datetime) -> str:
    """Return a period of whole days as people write it; otherwise with its times."""
    last = until - timedelta(microseconds=1)
    if since.time() == until.time() == since.min.time():
        return f"{since:%-d %B %Y}" if since.date() == last.date() else f"{since:%-d %B %Y} to {last:%-d %B %Y}"
    return f"{since:%-d %B %Y, %H:%M} to {until:%-d %B %Y, %H:%M} UTC"


def exact(amount: Decimal) -> str:
    """Return all digits there are, with thousands and a true minus."""
    text = f"{amount.copy_abs():,f}"
    return f"−{text}" if amount < 0 else text


def signed(amount: Decimal) -> str:
    """Return all digits with a sign."""
    return f"+{exact(amount)}" if amount > 0 else exact(amount)


def _check_length(lines: int, most: int) -> None:
    if lines > most:
        raise StatementTooLong(lines=f"{lines:,}", most=f"{most:,}")


def _line(line: EntryRow) -> dict[str, str]:
    is_back_dated = line.effective_at.date() != line.booked_at.date()
    return {
        "date": f"{line.booked_at:%Y-%m-%d %H:%M}",
        "counts": f"{line.effective_at:%Y-%m-%d}" if is_back_dated else "",
        "kind": JournalKind(line.kind).label,
        "reference": str(line.journal_uid),
        "amount": signed(line.amount),
        "balance": exact(line.balance_after),
    }


def _row(values: Sequence[object]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(values)
    return text.getvalue()
