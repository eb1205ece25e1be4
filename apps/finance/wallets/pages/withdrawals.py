"""What the pages of withdrawals are given: the form, what one would cost and wait for, one with its timeline."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.urls import reverse

from apps.compliance.limits.choices import ANY_ASSET, Verb
from apps.compliance.limits.queries import list_limits_of
from apps.core.assets import get_asset
from apps.core.clock import now
from apps.core.errors import DomainError
from apps.core.ids import uuid7
from apps.core.view import Fact, Figure, State, Step
from apps.finance.ledger.choices import Mode
from apps.finance.ledger.queries import get_available
from apps.finance.wallets import queries, topics
from apps.finance.wallets.choices import EntryState, Subject, WaitCause, WithdrawalState
from apps.finance.wallets.pages.forms_moving import WithdrawForm
from apps.finance.wallets.pages.wording import exact, left_until, moment, raw, short_moment, with_code
from apps.finance.wallets.queries import AddressView, WithdrawalView
from apps.finance.wallets.terms import required_approvers
from apps.finance.wallets.waits import Wait
from kernel.addresses import groups_of_four
from kernel.money.exact import cut

SHOWN_WITHDRAWALS = 12
_STATE = WithdrawalState
RANKS = {
    _STATE.REQUESTED.value: 1,
    _STATE.HELD.value: 2,
    _STATE.SCREENING.value: 3,
    _STATE.APPROVAL.value: 4,
    _STATE.SIGNING.value: 5,
    _STATE.FAILED.value: 5,
    _STATE.BROADCAST.value: 6,
    _STATE.CONFIRMED.value: 7,
}
"""How far a state is: the number of milestones that are behind it."""
TONES = {
    _STATE.REQUESTED.value: "warn",
    _STATE.FAILED.value: "warn",
    _STATE.CONFIRMED.value: "good",
    _STATE.CANCELLED.value: "off",
    _STATE.REJECTED.value: "danger",
}


@dataclass(frozen=True, slots=True)
class Preview:
    """What a withdrawal would cost, and what will happen to it; `problem` says why it cannot be."""

    problem: str
    payout: str
    asset: str
    facts: Sequence[Fact]
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True)
class WithdrawalRow:
    """A withdrawal in the list."""

    url: str
    time: str
    to: str
    amount: Figure
    asset: str
    state: State


@dataclass(frozen=True, slots=True)
class WithdrawPage:
    """Asking for a withdrawal."""

    mode: str
    parent_url: str
    form: Any
    errors: Sequence[str]
    idempotency_key: str
    preview: Preview | None
    asset: str
    available: str
    available_raw: str
    has_addresses: bool
    addresses_url: str
    limits_url: str
    preview_url: str
    notices: Sequence[str]
    withdrawals: Sequence[WithdrawalRow]


@dataclass(frozen=True, slots=True)
class WithdrawalPage:
    """One withdrawal."""

    title: str
    mode: str
    parent_url: str
    state: State
    amount: str
    asset: str
    arrives: str
    label: str
    network: str
    groups: Sequence[str]
    facts: Sequence[Fact]
    steps: Sequence[Step]
    text: str
    is_bad: bool
    here: str
    can_confirm: bool
    is_proved: bool
    can_cancel: bool
    confirm_key: str
    cancel_key: str
    cancel_facts: Sequence[Fact]


def withdraw_page(owner_id: UUID, mode: Mode, *, form: Any = None, entry: str = "", key: str = "") -> WithdrawPage:
    """Return the form, with what a refused one held and what it would come to."""
    book = sendable(owner_id)
    form = form or make_form(book, initial={"entry": entry})
    asset = form.asset
    available = get_available(owner_id, asset, mode=mode) if asset else Decimal(0)
    chosen = next((row for row in book if str(row.id) == str(form.data.get("entry") or entry)), None)
    amount = form.cleaned_data.get("amount") if form.is_bound and form.is_valid() else None
    return WithdrawPage(
        mode=mode.value,
        parent_url=reverse("wallet"),
        form=form,
        errors=list(form.non_field_errors()),
        idempotency_key=key or uuid7().hex,
        preview=preview_of(owner_id, mode, chosen, amount) if chosen is not None and amount is not None else None,
        asset=asset,
        available=with_code(available, asset) if asset else "",
        available_raw=raw(cut(available, get_asset(asset).minor_unit)) if asset else "0",
        has_addresses=bool(book),
        addresses_url=reverse("wallet-addresses"),
        limits_url=reverse("limits-own"),
        preview_url=reverse("wallet-withdraw-preview"),
        notices=[_wait_words(wait) for wait in queries.list_waits_of(owner_id)],
        withdrawals=[row_of(row) for row in queries.list_withdrawals(owner_id, mode=mode, limit=SHOWN_WITHDRAWALS)],
    )


def withdrawal_page(owner_id: UUID, withdrawal_id: UUID, *, is_proved: bool = False) -> WithdrawalPage:
    """Return the page of a withdrawal; `is_proved`: the code was just given. Raises WithdrawalMissing."""
    row = queries.get_withdrawal(withdrawal_id, owner_id=owner_id)
    facts = [
        Fact("Fee", with_code(row.fee, row.asset)),
        Fact("Asked", moment(row.created_at)),
        Fact("Reference", f"W-{row.id.hex[-8:].upper()}"),
    ]
    if row.txid:
        facts.append(Fact("Transaction", row.txid))
    can_confirm = row.state == _STATE.REQUESTED and row.confirm_by is not None and row.confirm_by > now()
    return WithdrawalPage(
        title=f"Withdrawal of {with_code(row.amount, row.asset)}",
        mode=row.mode,
        parent_url=reverse("wallet-withdraw"),
        state=state_of(row),
        amount=exact(row.amount, row.asset),
        asset=row.asset,
        arrives=f"Arrives {with_code(row.payout, row.asset)} after the fee of {with_code(row.fee, row.asset)}",
        label=row.label,
        network=row.network_title,
        groups=groups_of_four(row.address),
        facts=facts,
        steps=timeline(row),
        text=_text(row),
        is_bad=row.state in (_STATE.FAILED, _STATE.REJECTED),
        here=reverse("wallet-withdrawal", args=[row.id]),
        can_confirm=can_confirm,
        is_proved=can_confirm and is_proved,
        can_cancel=row.can_cancel,
        confirm_key=uuid7().hex,
        cancel_key=uuid7().hex,
        cancel_facts=[Fact("To", row.label), Fact("Free again at once", with_code(row.amount, row.asset))],
    )


def make_form(book: Sequence[AddressView], *args: Any, **more: Any) -> WithdrawForm:
    """Return the form over an address book."""
    entries = [(str(row.id), _entry_words(row)) for row in book]
    return WithdrawForm(*args, entries=entries, assets={str(row.id): row.asset for row in book}, **more)


def sendable(owner_id: UUID) -> list[AddressView]:
    """Return the addresses of a book that are proved."""
    return [row for row in queries.list_addresses(owner_id) if row.state == EntryState.ACTIVE]


def preview_of(owner_id: UUID, mode: Mode, entry: AddressView, amount: Decimal) -> Preview:
    """Return what a withdrawal of `amount` to an address would come to."""
    try:
        cost = queries.preview_fee(entry.asset, entry.network, amount)
    except DomainError as refusal:
        return Preview(refusal.text, "", entry.asset, [], [])
    limits = _limit_facts(owner_id, entry.asset) if mode is Mode.LIVE else []
    required = required_approvers(Subject.WITHDRAWAL, entry.asset, amount) if mode is Mode.LIVE else 0
    waits = queries.list_waits_of(owner_id)
    if not entry.is_usable and entry.active_after is not None:
        waits = [*waits, Wait(WaitCause.NEW_ADDRESS, entry.active_after)]
    facts = [
        Fact("Leaves your wallet", with_code(amount, entry.asset)),
        Fact("Fee", with_code(cost.fee, entry.asset)),
        *limits,
    ]
    return Preview(
        problem=_problem(owner_id, mode, entry.asset, amount, is_closed=mode is Mode.LIVE and not limits),
        payout=exact(cost.payout, entry.asset),
        asset=entry.asset,
        facts=facts,
        steps=_steps_before(waits, required, entry.network_title, mode),
    )


def row_of(row: WithdrawalView) -> WithdrawalRow:
    """Return a withdrawal as lists show it."""
    return WithdrawalRow(
        url=reverse("wallet-withdrawal", args=[row.id]),
        time=short_moment(row.created_at),
        to=row.label,
        amount=Figure(exact(row.amount, row.asset)),
        asset=row.asset,
        state=state_of(row),
    )


def state_of(row: WithdrawalView) -> State:
    """Return the state in words with its tone."""
    return State(TONES.get(row.state, "wait"), row.state_words)


def timeline(row: WithdrawalView) -> list[Step]:
    """Return the milestones: those behind, the present one with why it waits, those to come."""
    is_over = row.state in (_STATE.CANCELLED, _STATE.REJECTED)
    required = _approvers(row)
    reached = [step for step in row.steps if step.state in RANKS]
    rank = max((RANKS[step.state] for step in reached), default=1) if is_over else RANKS[row.state]
    steps: list[Step] = []
    for number, (name, text) in enumerate(_milestones(row), start=1):
        if number == 5 and not required:
            continue
        if rank >= number:
            steps.append(Step("done", name, _time_of(row, number), ""))
        elif is_over:
            break
        else:
            is_now = not any(step.state == "now" for step in steps)
            steps.append(Step("now" if is_now else "later", name, "", text if is_now else ""))
    if is_over:
        steps.append(
            Step("done", row.state_words, _clock(row.ended_at), f"The money is back: {topics.words_of(row.end_code)}.")
        )
    return steps


def _approvers(row: WithdrawalView) -> int:
    """Return how many people agree: those asked, or before that those who would be asked."""
    if row.approvals_required or row.mode == Mode.PAPER or RANKS.get(row.state, 9) >= RANKS[_STATE.APPROVAL.value]:
        return row.approvals_required
    return required_approvers(Subject.WITHDRAWAL, row.asset, row.amount)


def _milestones(row: WithdrawalView) -> list[tuple[str, str]]:
    """Return name and present text of each milestone, in order; a milestone is behind when RANKS says so."""
    confirm = f"Until {moment(row.confirm_by)}; after that the money is free again." if row.confirm_by else ""
    waits = (
        " ".join(f"{_wait_words(wait)}." for wait in row.waits) or "Nothing to wait for; it goes on within a minute."
    )
    agreed = f"{row.approvals_given} of {row.approvals_required} people of the house have agreed."
    sent = (
        "It did not go out. Staff try it again; you can cancel it."
        if row.state == _STATE.FAILED
        else "It is being handed over."
    )
    return [
        ("Requested and set aside", ""),
        ("Confirm with your second factor" if row.state == _STATE.REQUESTED else "Confirmed", confirm),
        ("Waiting times", waits),
        ("Checks", "Address, limits and lists are looked at."),
        ("Approval", agreed),
        (f"Sent to {row.network_title}", sent),
        ("Proved by the network", "Takes minutes, sometimes an hour."),
    ]


def _time_of(row: WithdrawalView, number: int) -> str:
    found = next((step.at for step in row.steps if RANKS.get(step.state, 0) >= number), None)
    return _clock(found)


def _clock(at: datetime | None) -> str:
    return "" if at is None else short_moment(at)


def _text(row: WithdrawalView) -> str:
    if row.state in (_STATE.CANCELLED, _STATE.REJECTED):
        return f"It did not leave: {topics.words_of(row.end_code)}. {with_code(row.amount, row.asset)} are yours again."
    if row.state == _STATE.FAILED:
        return "It did not go out; nothing has left. The money is held until staff try it again or you cancel it."
    return ""


def _wait_words(wait: Wait) -> str:
    if wait.until is None:
        return str(wait.cause.label)
    left = left_until(wait.until)
    return f"{wait.cause.label}, until {moment(wait.until)}{f' ({left})' if left else ''}"


def _entry_words(row: AddressView) -> str:
    note = "" if row.is_usable else ", waits"
    return f"{row.label} · {row.asset}, {row.network_title} · {row.address[:6]}…{row.address[-4:]}{note}"


def _problem(owner_id: UUID, mode: Mode, asset: str, amount: Decimal, *, is_closed: bool) -> str:
    """Return why the form would be refused as it is, as far as that is known before it is sent."""
    available = get_available(owner_id, asset, mode=mode)
    if is_closed:
        return f"Withdrawals of {asset} are closed at your tier. The page of your limits says what opens them."
    if amount > available:
        return f"Only {with_code(available, asset)} are available. Choose a smaller amount."
    return ""


def _limit_facts(owner_id: UUID, asset: str) -> list[Fact]:
    rows = [row for row in list_limits_of(owner_id) if row.verb == Verb.WITHDRAW]
    own = [row for row in rows if row.asset == asset] or [row for row in rows if row.asset == ANY_ASSET]
    return [
        Fact(
            f"Left of your limit, {row.window.label.lower()}",
            "not known now" if row.left is None else with_code(row.left, row.unit),
        )
        for row in own
    ]


def _steps_before(waits: Sequence[Wait], required: int, network: str, mode: Mode) -> list[Step]:
    longest = sorted(waits, key=lambda wait: (wait.until is None, wait.until or now()))
    steps = [
        Step("now", "Your second factor", "", "You have 15 minutes to confirm. The amount is set aside from now on.")
    ]
    if longest:
        steps.append(Step("later", "Waiting times", "", " ".join(f"{_wait_words(wait)}." for wait in longest)))
    if mode is Mode.LIVE:
        steps.append(Step("later", "Checks", "", "Address, limits and lists."))
    if required:
        people = "1 person of the house has" if required == 1 else f"{required} people of the house have"
        steps.append(Step("later", "Approval", "", f"{people} to agree."))
    text = "You can cancel at any moment before this."
    return [*steps, Step("later", f"Sent to {network}", "", text)]
