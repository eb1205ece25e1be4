"""What happened to the money a customer can spend: all assets in one list, by the moment of booking, newest first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse

from apps.core.assets import get_asset
from apps.core.view import Fact, Figure, Page
from apps.finance.ledger.choices import AccountKind, Mode
from apps.finance.ledger.errors import EntryMissing
from apps.finance.ledger.queries import Balance, EntryRow, get_balance, get_balances, list_entries
from apps.finance.wallets.calendar_days import midnight
from apps.finance.wallets.pages.forms import ActivityForm
from apps.finance.wallets.pages.subjects import Subject, subjects_of, words_of
from apps.finance.wallets.pages.wording import exact, moment, movement, short_moment, with_code

PAGE_SIZE = 40
CHUNK = 100
MOST_LOOKED_AT = 3000
"""Rows that one page reads at most while it looks for a rare kind; the next page goes on from there."""


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """A movement: what, of what, how much, what was there after it."""

    url: str
    time: str
    what: str
    subject: str
    subject_url: str
    asset: str
    amount: Figure
    balance: str


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """The list with its filter."""

    form: Any
    rows: Sequence[ActivityRow]
    page: Page
    is_filtered: bool
    all_url: str
    deposit_url: str
    statements_url: str


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """One movement, to read and to print."""

    title: str
    mode: str
    parent_url: str
    amount: Figure
    asset: str
    facts: Sequence[Fact]
    subject_url: str
    books_url: str


@dataclass(frozen=True, slots=True)
class Found:
    """Movements of a page, and where the next one goes on: the lowest version read of each account."""

    rows: list[tuple[Balance, EntryRow]]
    reached: dict[str, int]
    is_more: bool


def activity_page(owner_id: UUID, mode: Mode, given: QueryDict) -> ActivityPage:
    """Return a page of the list; `asset`, `kind`, `since`, `until` narrow it, `after` goes on."""
    form = ActivityForm(given, assets=[row.asset for row in spendable(owner_id, mode)])
    wanted: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    found = find(owner_id, mode, wanted, after=read_cursor(given.get("after", "")))
    narrowed = {name: given[name] for name in ("asset", "kind", "since", "until") if given.get(name)}
    base = reverse("wallet-activity")
    older = urlencode({**narrowed, "after": write_cursor(found.reached)}) if found.is_more else ""
    summary = "1 movement" if len(found.rows) == 1 else f"{len(found.rows)} movements, newest first"
    return ActivityPage(
        form=form,
        rows=rows_of(owner_id, found.rows),
        page=Page(
            summary,
            f"{base}?{urlencode(narrowed)}" if given.get("after") else "",
            f"{base}?{older}" if older else "",
        ),
        is_filtered=bool(narrowed or given.get("after")),
        all_url=base,
        deposit_url=reverse("wallet-deposit"),
        statements_url=f"{reverse('ledger-statements')}?mode={mode.value}",
    )


def recent(owner_id: UUID, mode: Mode, most: int) -> list[ActivityRow]:
    """Return the newest movements."""
    return rows_of(owner_id, find(owner_id, mode, {}, after={}, most=most).rows)


def receipt_page(owner_id: UUID, account_id: UUID, version: int) -> ReceiptPage:
    """Return one movement of an own account. Raises AccountMissing, EntryMissing."""
    account = get_balance(account_id, holder_id=owner_id)
    row = next(iter(list_entries(account_id, below=version + 1, limit=1)), None)
    if row is None or row.version != version:
        raise EntryMissing
    known = subjects_of(owner_id, {row.subject_id} if row.subject_id is not None else set())
    subject = known.get(row.subject_id) if row.subject_id is not None else None
    what, asset = words_of(row.kind, row.amount), get_asset(account.asset)
    facts = [
        Fact("What", what),
        Fact("Amount", with_code(row.amount.copy_abs(), account.asset)),
        Fact("Asset", f"{asset.name}, {asset.code}"),
        Fact("Booked", moment(row.booked_at)),
        Fact("Balance after it", with_code(row.balance_after, account.asset)),
        Fact("Money", "Real money" if account.mode == Mode.LIVE else "Play money"),
        Fact("Reference", str(row.journal_uid)),
    ]
    if subject is not None:
        facts.insert(1, Fact("For", subject.label))
    if row.effective_at.date() != row.booked_at.date():
        facts.insert(-3, Fact("Counts from", moment(row.effective_at)))
    return ReceiptPage(
        title=what,
        mode=account.mode,
        parent_url=reverse("wallet-activity"),
        amount=movement(row.amount, account.asset),
        asset=account.asset,
        facts=facts,
        subject_url=subject.url if subject else "",
        books_url=reverse("ledger-entry", args=[account_id, version]),
    )


def spendable(owner_id: UUID, mode: Mode) -> list[Balance]:
    """Return the accounts a customer spends from, by asset."""
    return [row for row in get_balances(owner_id, mode=mode) if row.kind == AccountKind.CUSTOMER]


def find(
    owner_id: UUID, mode: Mode, wanted: Mapping[str, Any], *, after: Mapping[str, int], most: int = PAGE_SIZE
) -> Found:
    """Return the newest movements below the versions in `after`, of the asset, kind and period that are wanted."""
    accounts = [row for row in spendable(owner_id, mode) if wanted.get("asset") in (None, "", row.asset)]
    since, until = wanted.get("since"), wanted.get("until")
    span = {
        "since": midnight(since) if since else None,
        "until": midnight(until + timedelta(days=1)) if until else None,
    }
    streams = [_downwards(row, after.get(row.asset), span) for row in accounts]
    newest_first = merge(*streams, key=lambda pair: (pair[1].booked_at, pair[1].version), reverse=True)
    rows: list[tuple[Balance, EntryRow]] = []
    reached = dict(after)
    looked_at = 0
    for pair in islice(newest_first, MOST_LOOKED_AT):
        if len(rows) == most:
            return Found(rows, reached, is_more=True)
        looked_at += 1
        reached[pair[0].asset] = pair[1].version
        if wanted.get("kind") in (None, "", pair[1].kind):
            rows.append(pair)
    return Found(rows, reached, is_more=looked_at == MOST_LOOKED_AT)


def rows_of(owner_id: UUID, found: Sequence[tuple[Balance, EntryRow]]) -> list[ActivityRow]:
    """Return movements as pages show them."""
    known = subjects_of(owner_id, {row.subject_id for _, row in found if row.subject_id is not None})
    return [_row(account, row, known) for account, row in found]


def read_cursor(text: str) -> dict[str, int]:
    """Return asset → version from "USDT.12_BTC.7"; what cannot be read is left out."""
    parts = [part.rpartition(".") for part in text[:1000].split("_")]
    return {asset: int(number) for asset, _, number in parts if asset and number.isascii() and number.isdigit()}


def write_cursor(reached: Mapping[str, int]) -> str:
    """Return the text that `read_cursor` reads."""
    return "_".join(f"{asset}.{version}" for asset, version in sorted(reached.items()))


def _downwards(
    account: Balance, below: int | None, span: Mapping[str, datetime | None]
) -> Iterator[tuple[Balance, EntryRow]]:
    while True:
        page = list_entries(account.account_id, below=below, limit=CHUNK, since=span["since"], until=span["until"])
        for row in page:
            yield account, row
        if len(page) < CHUNK:
            return
        below = page[-1].version


def _row(account: Balance, row: EntryRow, known: Mapping[UUID, Subject]) -> ActivityRow:
    subject = known.get(row.subject_id) if row.subject_id is not None else None
    return ActivityRow(
        url=reverse("wallet-receipt", args=[account.account_id, row.version]),
        time=short_moment(row.booked_at),
        what=words_of(row.kind, row.amount),
        subject=subject.label if subject else "",
        subject_url=subject.url if subject else "",
        asset=account.asset,
        amount=movement(row.amount, account.asset),
        balance=exact(row.balance_after, account.asset),
    )
