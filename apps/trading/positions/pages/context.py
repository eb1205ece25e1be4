"""What the positions page is given: plain values, each with its unit, its time and where it comes from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.urls import reverse

from apps.core.ids import uuid7
from apps.core.view import Choice, Figure, Limit, Stat, State, level, portion, quantity, result, share
from apps.trading.exchanges.queries import list_connections
from apps.trading.positions import queries
from apps.trading.positions.choices import (
    CONTRACT_VENUES,
    AccountState,
    PositionSide,
    Purpose,
    RequestKind,
    RequestState,
)
from apps.trading.positions.live import key_of
from apps.trading.positions.models import Book, ContractPosition, ContractRequest, ContractTerms, MarginAccount
from apps.trading.positions.pages.forms import CorrectionForm, HedgeForm, ModeForm, MoveForm, TermsForm
from apps.trading.positions.queries import PositionValue, ResultRow
from kernel.instruments import perpetual_of

NONE = Figure("–")
NEWEST = 20
TONES = {
    AccountState.SAFE: "good",
    AccountState.WATCH: "wait",
    AccountState.CALLED: "warn",
    AccountState.LIQUIDATING: "danger",
}
GROUPS = {
    "connection": "Account",
    "book": "Book",
    "bot": "Bot",
    "strategy": "Strategy",
    "portfolio": "Portfolio",
    "symbol": "Symbol",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A position of ours. Figures in `quote`, quantity in base; `mark_note` says of when and what the price is."""

    id: str
    symbol: str
    where: str
    side: str
    quote: str
    quantity: Figure
    entry: Figure
    mark: Figure
    mark_note: str
    unrealised: Figure
    percent: Figure
    realised: Figure
    fees: Figure
    fees_note: str
    funding: Figure
    net: Figure


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group's sum in one quote asset."""

    label: str
    quote: str
    unrealised: Figure
    percent: Figure
    realised: Figure
    realised_fifo: Figure
    fees: Figure
    funding: Figure
    net: Figure
    note: str


@dataclass(frozen=True, slots=True)
class ContractRow:
    """A contract as the exchange showed it; `distance` is how far the mark is from its liquidation."""

    symbol: str
    side: str
    quantity: Figure
    entry: Figure
    mark: Figure
    liquidation: str
    distance: str
    margin: str
    unrealised: Figure
    ratio: str
    key: str = ""
    close_url: str = ""
    close_key: str = ""


@dataclass(frozen=True, slots=True)
class RequestRow:
    """What the product wanted and what became of it."""

    time: str
    what: str
    size: str
    reason: str
    state: State


@dataclass(frozen=True, slots=True)
class Account:
    """A contract account with everything about it."""

    id: str
    title: str
    state: State
    stats: Sequence[Stat]
    ratio: Limit
    source: str
    error: str
    positions: Sequence[ContractRow]
    requests: Sequence[RequestRow]
    funding: Sequence[tuple[str, str, Figure]]
    hedges: Sequence[tuple[str, str, str]]
    protects: bool
    forms: dict[str, Any]
    urls: dict[str, str]
    keys: dict[str, str]
    terms: Sequence[tuple[str, str, str]] = ()
    mode: str = ""


@dataclass(frozen=True, slots=True)
class PositionsPage:
    """All of it."""

    note: str
    rows: Sequence[Row]
    by: str
    groups: Sequence[GroupRow]
    choices: Sequence[Choice]
    accounts: Sequence[Account]
    offers: Sequence[tuple[str, str]]
    forms: dict[str, Any]
    urls: dict[str, str]
    keys: dict[str, str] = field(default_factory=dict)


def positions_page(
    owner_id: UUID, *, by: str = "connection", sent: dict[str, Any] | None = None, sent_to: UUID | None = None
) -> PositionsPage:
    """Return the page; `sent` are forms that were not accepted, of the account `sent_to`. Raises GroupingUnknown."""
    sent = sent or {}
    values = [queries.value_position(row) for row in queries.list_positions(owner_id, is_open=True)[:200]]
    books = list(queries.list_books(owner_id)[:200])
    accounts = list(queries.list_contracts(owner_id))
    known = {row.connection_id for row in accounts}
    offers = [
        (str(row.pk), row.label)
        for row in list_connections(owner_id)
        if row.state == "active" and row.venue.ccxt_id in CONTRACT_VENUES and row.pk not in known
    ]
    return PositionsPage(
        note=f"{len(values)} open" if values else "none open",
        rows=[_row(value) for value in values],
        by=GROUPS.get(by, by.capitalize()),
        groups=[_group(row) for row in queries.sum_results(owner_id, by=by)],
        choices=[Choice(name, f"?by={key}", key == by) for key, name in _choices()],
        accounts=[_account(row, sent if row.pk == sent_to else {}) for row in accounts],
        offers=offers,
        forms={"correct": sent.get("correct") or CorrectionForm(books=book_choices(books))},
        urls={"open": reverse("contracts-open"), "correct": reverse("positions-correct")},
        keys={name: uuid7().hex for name in ("open", "correct")},
    )


def account_forms(account_id: UUID, data: Any = None) -> dict[str, Any]:
    """Return the forms of an account; their fields have names of their own on the page."""
    auto_id = f"id_{account_id}_%s"
    symbols = [perpetual_of(row.symbol) for row in queries.list_terms(account_id)]
    return {
        "move": MoveForm(data, auto_id=auto_id),
        "hedge": HedgeForm(data, auto_id=auto_id),
        "terms": TermsForm(data, auto_id=f"id_{account_id}_terms_%s", symbols=symbols),
        "mode": ModeForm(data, auto_id=f"id_{account_id}_mode_%s"),
    }


def book_choices(books: Sequence[Book]) -> list[tuple[str, str]]:
    """Return the books whose positions a person may correct."""
    return [(str(book.pk), book_title(book)) for book in books if book.purpose != Purpose.CONTRACT]


def book_title(book: Book) -> str:
    """Return what a book is called: its account and purpose."""
    purpose = {"manual": "by hand", "bot": f"bot …{str(book.purpose_id)[-4:]}", "contract": "contracts"}[book.purpose]
    return f"{book.connection.label}, {purpose}"


def _choices() -> list[tuple[str, str]]:
    return [(key, GROUPS.get(key, key.capitalize())) for key in queries.list_groupings()]


def _row(value: PositionValue) -> Row:
    position, mark = value.position, value.mark
    side = PositionSide(position.position_side).label if position.position_side else ""
    if not side:
        side = "Long" if position.quantity > 0 else "Short"
    note = "no price known"
    if mark is not None:
        kind = "mark of the exchange" if position.is_contract else "bid" if position.quantity >= 0 else "ask"
        note = f"{kind}, {_moment(mark.at)}{', old' if mark.is_stale else ''}"
    others = ", ".join(f"{amount} {asset}" for asset, amount in sorted(position.other_fees.items()))
    worth = f"worth {value.other_fees:,.2f} {position.quote}" if value.other_fees is not None else "no price for all"
    return Row(
        id=str(position.pk),
        symbol=position.symbol,
        where=book_title(position.book),
        side=side,
        quote=position.quote,
        quantity=quantity(position.quantity),
        entry=level(value.entry),
        mark=level(mark.price) if mark else NONE,
        mark_note=note,
        unrealised=result(value.unrealised) if value.unrealised is not None else NONE,
        percent=share(value.percent) if value.percent is not None else NONE,
        realised=result(position.realised_average),
        fees=level(position.fees),
        fees_note=f"and {others} ({worth})" if others else "",
        funding=result(position.funding) if position.is_contract else NONE,
        net=result(value.net) if value.net is not None else NONE,
    )


def _group(row: ResultRow) -> GroupRow:
    return GroupRow(
        label=row.label,
        quote=row.quote,
        unrealised=result(row.unrealised) if row.unrealised is not None else NONE,
        percent=share(row.percent) if row.percent is not None else NONE,
        realised=result(row.realised),
        realised_fifo=result(row.realised_fifo),
        fees=level(row.fees),
        funding=result(row.funding),
        net=result(row.net) if row.net is not None else NONE,
        note=f"no price of {', '.join(row.no_price)}" if row.no_price else "",
    )


def _account(row: MarginAccount, sent: dict[str, Any]) -> Account:
    amounts = (
        ("Wallet", row.wallet, "without what positions would bring"),
        ("Margin balance", row.balance, "wallet and unrealised result"),
        ("Initial margin", row.initial, "set aside for positions and orders"),
        ("Maintenance margin", row.maintenance, "below it the exchange liquidates"),
        ("Available", row.available, "free for new positions"),
    )
    stats = [Stat(name, level(value), note) for name, value, note in amounts]
    stats.insert(2, Stat("Unrealised", result(row.unrealised), "at the exchange's marks"))
    state = AccountState(row.state)
    used = min(100, int(row.ratio))
    read = f"Read from {row.connection.venue.title} {_moment(row.read_at)}" if row.read_at else "Not read yet"
    one = {"account_id": row.pk}
    names = ("move", "protect", "hedge", "terms", "mode")
    return Account(
        id=str(row.pk),
        title=f"{row.connection.label}, {row.asset}",
        state=State(TONES[state], state.label),
        stats=stats,
        ratio=Limit("Margin ratio", portion(row.ratio, 2).text, "100 %", used, over=row.ratio >= 80),
        source=f"{read}. Amounts in {row.asset}; hedge mode {'on' if row.is_hedged else 'off'}.",
        error=row.error,
        positions=[_contract(each) for each in queries.list_contract_positions(row.pk)],
        requests=[_request(each) for each in queries.list_requests(row.pk)[:NEWEST]],
        funding=[(_moment(each.at), each.symbol, result(each.amount, 4)) for each in queries.list_funding(row.pk)[:5]],
        hedges=[_hedge(each) for each in queries.list_rules(row.pk)],
        protects=row.protects,
        forms=account_forms(row.pk) | sent,
        urls={name: reverse(f"contracts-{name}", kwargs=one) for name in names},
        keys={name: uuid7().hex for name in names},
        terms=[_terms(each) for each in queries.list_terms(row.pk)],
        mode=_mode(row),
    )


def _mode(row: MarginAccount) -> str:
    names = {True: "hedge mode", False: "one-way mode"}
    held = names[row.is_hedged]
    if row.wanted_hedged is not None:
        return f"{held}; asked for {names[row.wanted_hedged]}"
    return f"{held}; {row.mode_words}" if row.mode_words else held


def _terms(row: ContractTerms) -> tuple[str, str, str]:
    held = f"{row.leverage}×, {'isolated' if row.is_isolated else 'cross'}"
    if row.is_pending:
        return perpetual_of(row.symbol), held, f"asked for {row.wanted_leverage}×"
    return perpetual_of(row.symbol), held, row.words


def _hedge(rule: Any) -> tuple[str, str, str]:
    band = f"{_plain(rule.low)} to {_plain(rule.high)}, back to {_plain(rule.target)}"
    held = "not looked at yet" if rule.delta is None else f"held {_plain(rule.delta)} at {_moment(rule.decided_at)}"
    return rule.symbol, band if rule.is_on else f"{band} (off)", held


def _contract(row: ContractPosition) -> ContractRow:
    side = PositionSide(row.position_side).label if row.position_side else "Long" if row.quantity > 0 else "Short"
    near = abs(row.mark - row.liquidation) * 100 / row.mark if row.liquidation is not None else None
    mode = f"isolated, {row.isolated_wallet:,.2f}" if row.is_isolated else "cross"
    return ContractRow(
        symbol=row.symbol,
        side=side,
        quantity=quantity(row.quantity),
        entry=level(row.entry),
        mark=level(row.mark),
        liquidation=level(row.liquidation).text if row.liquidation is not None else "none",
        distance=portion(near, 2).text if near is not None else "",
        margin=f"{row.leverage}× {mode}",
        unrealised=result(row.unrealised),
        ratio=portion(row.ratio, 2).text,
        key=key_of(row),
        close_url=reverse("contracts-close", kwargs={"position_id": row.pk}),
        close_key=uuid7().hex,
    )


def _request(row: ContractRequest) -> RequestRow:
    state = RequestState(row.state)
    tone = {"wanted": "wait", "sent": "wait", "done": "good", "refused": "warn"}[state.value]
    what = f"{row.side.capitalize()} {row.symbol}"
    size = f"{_plain(row.quantity)}"
    if row.kind == RequestKind.MOVE:
        what = "To contracts" if row.side == "buy" else "To the spot wallet"
        size = f"{_plain(row.quantity)} {row.symbol}"
    elif row.filled:
        size = f"{_plain(row.filled)} of {size} at {row.price:,.2f}"
    return RequestRow(
        time=_moment(row.created_at), what=what, size=size, reason=row.words or row.reason,
        state=State(tone, state.label),
    )  # fmt: skip


def _plain(value: Decimal) -> str:
    return quantity(value).text


def _moment(at: datetime | None) -> str:
    return f"{at:%d %b, %H:%M:%S} UTC" if at else ""
