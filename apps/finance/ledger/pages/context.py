"""What the pages of the ledger are given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse

from apps.core.clock import now
from apps.core.view import Choice, Fact, Figure, Page, Stat
from apps.finance.ledger.choices import AccountState, HoldPurpose, JournalKind, Mode
from apps.finance.ledger.models import Account
from apps.finance.ledger.pages.forms import PeriodForm
from apps.finance.ledger.queries import EntryRow, get_account, list_open_holds
from apps.finance.ledger.statement_files import exact, months_between, period_text, signed, title_of
from apps.finance.ledger.statements import (
    get_entry,
    get_statement,
    list_lines,
    moved_accounts,
    own_accounts,
    span_of_bookings,
    sum_by_kind,
    sum_held_by_purpose,
)
from kernel.money.exact import plain

PAGE_SIZE = 100
MOST_MONTHS = 36


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a statement; `counts` is the day it counts from, when that is another than the day of booking."""

    url: str
    booked: str
    counts: str
    what: str
    amount: Figure
    balance: str


@dataclass(frozen=True, slots=True)
class StatementPage:
    """A statement with its filter."""

    title: str
    mode: str
    asset: str
    period: str
    notice: str
    form: Any
    ranges: Sequence[Choice]
    stats: Sequence[Stat]
    lines: Sequence[Line]
    page: Page
    csv_url: str
    pdf_url: str
    explain_url: str
    statements_url: str


@dataclass(frozen=True, slots=True)
class Part:
    """A step from the opening to what is available; `url` leads to what it is made of."""

    label: str
    note: str
    figure: Figure
    url: str
    is_sum: bool = False


@dataclass(frozen=True, slots=True)
class HoldLine:
    """Something that is held."""

    purpose: str
    amount: str
    since: str
    until: str


@dataclass(frozen=True, slots=True)
class ExplainPage:
    """Where a balance comes from, step by step."""

    title: str
    mode: str
    asset: str
    period: str
    form: Any
    parts: Sequence[Part]
    holds: Sequence[HoldLine]
    is_now: bool
    statement_url: str


@dataclass(frozen=True, slots=True)
class EntryPage:
    """One line, before and after, and what stands behind it."""

    title: str
    mode: str
    parent_url: str
    parent_label: str
    stats: Sequence[Stat]
    facts: Sequence[Fact]


@dataclass(frozen=True, slots=True)
class MonthRow:
    """A month of all accounts."""

    label: str
    note: str
    csv_url: str
    pdf_url: str


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account in the list."""

    title: str
    balance: str
    held: str
    url: str
    explain_url: str


@dataclass(frozen=True, slots=True)
class MonthsPage:
    """Statements of all accounts by month, and the accounts themselves."""

    modes: Sequence[Choice]
    mode: str
    months: Sequence[MonthRow]
    accounts: Sequence[AccountRow]


def statement_page(holder_id: UUID, account_id: UUID, given: QueryDict) -> StatementPage:
    """Return the statement of an own account; `since`, `until`, `kind`, `below` narrow it. Raises AccountMissing."""
    account = get_account(account_id, holder_id=holder_id)
    form = PeriodForm(given if given else None)
    since, until = form.period()
    kind, below = form.chosen_kind(), _version(given.get("below", ""))
    statement = get_statement(account, since=since, until=until)
    found = list_lines(account, statement, kind=kind, below=below, limit=PAGE_SIZE + 1)
    shown, base = found[:PAGE_SIZE], reverse("ledger-account", args=[account.pk])
    query = {"since": f"{since:%Y-%m-%d}", "until": f"{until - timedelta(days=1):%Y-%m-%d}"}
    narrowed = {**query, "kind": kind} if kind else query
    older = urlencode({**narrowed, "below": shown[-1].version}) if len(found) > PAGE_SIZE else ""
    return StatementPage(
        title=title_of(account),
        mode=account.mode,
        asset=account.asset_id,
        period=period_text(since, until),
        notice=FROZEN if account.state == AccountState.FROZEN else "",
        form=form if given and not form.is_valid() else PeriodForm(initial={**query, "kind": kind}),
        ranges=_ranges(base, since.date().isoformat(), query["until"]),
        stats=[
            Stat("Opening", _level(statement.opening)),
            Stat("In", _level(statement.incoming)),
            Stat("Out", _level(statement.outgoing)),
            Stat("Closing", _level(statement.closing), note=f"{statement.lines:,} lines"),
        ],
        lines=[_line(account, row) for row in shown],
        page=Page(
            f"{len(shown)} lines, newest first",
            f"{base}?{urlencode(narrowed)}" if below is not None else "",
            f"{base}?{older}" if older else "",
        ),
        csv_url=f"{reverse('ledger-account-csv', args=[account.pk])}?{urlencode(query)}",
        pdf_url=f"{reverse('ledger-account-pdf', args=[account.pk])}?{urlencode(query)}",
        explain_url=f"{reverse('ledger-explain', args=[account.pk])}?{urlencode(query)}",
        statements_url=_statements_url(account),
    )


def explain_page(holder_id: UUID, account_id: UUID, given: QueryDict) -> ExplainPage:
    """Return how the balance of an own account came about. Raises AccountMissing."""
    account = get_account(account_id, holder_id=holder_id)
    form = PeriodForm(given if given else None)
    since, until = form.period()
    statement = get_statement(account, since=since, until=until)
    query = {"since": f"{since:%Y-%m-%d}", "until": f"{until - timedelta(days=1):%Y-%m-%d}"}
    base, is_now = reverse("ledger-account", args=[account.pk]), until > now()
    before = f"{since - timedelta(days=1):%Y-%m-%d}"
    parts = [
        Part(
            f"Balance before {since:%-d %B %Y}",
            "",
            _level(statement.opening),
            f"{base}?{urlencode({'until': before})}" if statement.first > 1 else "",
            is_sum=True,
        )
    ]
    for moved in sum_by_kind(account, statement):
        url = f"{base}?{urlencode({**query, 'kind': moved.kind.value})}"
        both = [(moved.incoming, "in"), (moved.outgoing, "out")]
        lines = "1 line" if moved.lines == 1 else f"{moved.lines:,} lines"
        parts += [Part(f"{moved.kind.label}, {way}", lines, _result(sum_), url) for sum_, way in both if sum_]
    word = "now" if is_now else f"at the end of {until - timedelta(days=1):%-d %B %Y}"
    parts.append(Part(f"Balance {word}", "", _level(statement.closing), f"{base}?{urlencode(query)}", is_sum=True))
    if is_now:
        parts += _held_parts(account)
    return ExplainPage(
        title=title_of(account),
        mode=account.mode,
        asset=account.asset_id,
        period=period_text(since, until),
        form=form if given and not form.is_valid() else PeriodForm(initial=query),
        parts=parts,
        holds=_holds(account) if is_now else [],
        is_now=is_now,
        statement_url=f"{base}?{urlencode(query)}",
    )


def entry_page(holder_id: UUID, account_id: UUID, version: int) -> EntryPage:
    """Return one line of an own account. Raises AccountMissing, EntryMissing."""
    account = get_account(account_id, holder_id=holder_id)
    found = get_entry(account, version)
    facts = [
        Fact("What", JournalKind(found.row.kind).label),
        Fact("Booked", f"{found.row.booked_at:%-d %b %Y, %H:%M:%S} UTC"),
        Fact("Counts from", f"{found.row.effective_at:%-d %b %Y, %H:%M:%S} UTC"),
        Fact("Line of the account", str(found.row.version)),
        Fact("Journal", str(found.row.journal_uid)),
    ]
    if found.row.subject_id is not None:
        facts.append(Fact("Belongs to", str(found.row.subject_id)))
    if found.reversed_by is not None:
        facts.append(Fact("Taken back", f"{found.reversed_by:%-d %b %Y, %H:%M} UTC"))
    if found.reverses is not None:
        facts.append(Fact("Takes back a journal of", f"{found.reverses:%-d %b %Y, %H:%M} UTC"))
    return EntryPage(
        title=f"{JournalKind(found.row.kind).label} {signed(found.row.amount)} {account.asset_id}",
        mode=account.mode,
        parent_url=reverse("ledger-account", args=[account.pk]),
        parent_label=title_of(account),
        stats=[
            Stat("Before", _level(found.balance_before)),
            Stat("Amount", _result(found.row.amount)),
            Stat("After", _level(found.row.balance_after)),
        ],
        facts=facts,
    )


def months_page(holder_id: UUID, mode: Mode) -> MonthsPage:
    """Return the months in which anything was booked, newest first, and the accounts."""
    accounts = moved_accounts(holder_id, mode=mode)
    span = span_of_bookings(accounts)
    base, query = reverse("ledger-statements"), "" if mode == Mode.LIVE else f"?{urlencode({'mode': mode.value})}"
    months = months_between(span[0], now(), most=MOST_MONTHS) if span is not None else []
    has_paper = own_accounts(holder_id, mode=Mode.PAPER).filter(version__gt=0).exists()
    return MonthsPage(
        modes=[
            Choice("Live", base, mode == Mode.LIVE),
            Choice("Paper", f"{base}?mode=paper", mode == Mode.PAPER),
        ]
        if has_paper
        else [],
        mode=mode.value,
        months=[
            MonthRow(
                f"{month.since:%B %Y}",
                "so far" if month.until > now() else "",
                reverse("ledger-month-csv", args=[month.key]) + query,
                reverse("ledger-month-pdf", args=[month.key]) + query,
            )
            for month in months
        ],
        accounts=[
            AccountRow(
                title_of(account),
                exact(plain(account.natural)),
                exact(plain(account.held)),
                reverse("ledger-account", args=[account.pk]),
                reverse("ledger-explain", args=[account.pk]),
            )
            for account in accounts
        ],
    )


FROZEN = "This account is frozen: nothing may leave it, what comes in is booked. Support can tell you why."


def _line(account: Account, row: EntryRow) -> Line:
    return Line(
        url=reverse("ledger-entry", args=[account.pk, row.version]),
        booked=f"{row.booked_at:%-d %b %Y, %H:%M}",
        counts=f"{row.effective_at:%-d %b %Y}" if row.effective_at.date() != row.booked_at.date() else "",
        what=JournalKind(row.kind).label,
        amount=_result(row.amount),
        balance=exact(row.balance_after),
    )


def _held_parts(account: Account) -> list[Part]:
    parts = [
        Part(
            f"Held: {HoldPurpose(found.purpose).label.lower()}",
            "1 reservation" if found.holds == 1 else f"{found.holds:,} reservations",
            _level(found.amount.copy_negate()),
            "#holds",
        )
        for found in sum_held_by_purpose(account)
    ]
    return [*parts, Part("Available now", "", _level(plain(account.available)), "", is_sum=True)]


def _holds(account: Account) -> list[HoldLine]:
    return [
        HoldLine(
            HoldPurpose(row.purpose).label,
            exact(plain(row.remaining)),
            f"{row.created_at:%-d %b %Y, %H:%M}",
            f"{row.expires_at:%-d %b %Y, %H:%M}" if row.expires_at is not None else "until it is used or given back",
        )
        for row in list_open_holds(account.pk)
    ]


def _ranges(base: str, since: str, until: str) -> list[Choice]:
    today = now().date()
    first = today.replace(day=1)
    before = (first - timedelta(days=1)).replace(day=1)
    known = [
        ("This month", first, today),
        ("Last month", before, first - timedelta(days=1)),
        ("90 days", today - timedelta(days=89), today),
        ("A year", today - timedelta(days=364), today),
    ]
    return [
        Choice(
            label,
            f"{base}?{urlencode({'since': start.isoformat(), 'until': end.isoformat()})}",
            (start.isoformat(), end.isoformat()) == (since, until),
        )
        for label, start, end in known
    ]


def _statements_url(account: Account) -> str:
    base = reverse("ledger-statements")
    return base if account.mode == Mode.LIVE else f"{base}?mode=paper"


def _level(amount: Decimal) -> Figure:
    return Figure(exact(amount), "zero" if not amount else "plain", f"{amount:f}")


def _result(amount: Decimal) -> Figure:
    return Figure(signed(amount), "up" if amount > 0 else "down", f"{amount:f}")


def _version(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
