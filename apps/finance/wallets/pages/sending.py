"""What the pages of transfers and of play money are given."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse

from apps.core.ids import uuid7
from apps.core.view import Fact, Figure, State, Step
from apps.finance.ledger.choices import Mode
from apps.finance.wallets import queries
from apps.finance.wallets.choices import RuleName, TransferState
from apps.finance.wallets.pages.forms_moving import SendForm
from apps.finance.wallets.pages.wording import exact, moment, movement, short_moment, shown, with_code
from apps.finance.wallets.queries import TransferView
from apps.finance.wallets.terms import get_rule

SHOWN_TRANSFERS = 12
STATES = {
    TransferState.HELD.value: State("wait", "On its way"),
    TransferState.DONE.value: State("good", "Delivered"),
    TransferState.RETURNED.value: State("warn", "Came back"),
}


@dataclass(frozen=True, slots=True)
class TransferRow:
    """A transfer in the list."""

    url: str
    time: str
    who: str
    amount: Figure
    asset: str
    state: State


@dataclass(frozen=True, slots=True)
class SendPage:
    """Sending to another customer."""

    mode: str
    parent_url: str
    form: Any
    errors: Sequence[str]
    idempotency_key: str
    has_money: bool
    available: Sequence[Fact]
    threshold: str
    is_confirmed: bool
    deposit_url: str
    transfers: Sequence[TransferRow]


@dataclass(frozen=True, slots=True)
class TransferPage:
    """One transfer."""

    title: str
    mode: str
    parent_url: str
    state: State
    amount: Figure
    asset: str
    steps: Sequence[Step]
    facts: Sequence[Fact]
    here: str


@dataclass(frozen=True, slots=True)
class PaperPage:
    """Setting play money anew."""

    parent_url: str
    amount: str
    available: Sequence[Fact]
    idempotency_key: str


def send_page(owner_id: UUID, mode: Mode, *, form: Any = None, key: str = "", is_confirmed: bool = False) -> SendPage:
    """Return the form, with what a refused one held, or with what the second factor has confirmed."""
    wallets = _spendable(owner_id, mode)
    form = form or make_form(owner_id, mode)
    return SendPage(
        mode=mode.value,
        parent_url=reverse("wallet"),
        form=form,
        errors=list(form.non_field_errors()),
        idempotency_key=key or uuid7().hex,
        has_money=bool(wallets),
        available=[Fact(row.asset, shown(row.available, row.asset)) for row in wallets],
        threshold="" if mode is Mode.PAPER else f"{get_rule(RuleName.TRANSFER_CONFIRM_ABOVE):,} USDT",
        is_confirmed=is_confirmed,
        deposit_url=reverse("wallet-deposit") if mode is Mode.LIVE else reverse("wallet-paper"),
        transfers=[row_of(row) for row in queries.list_transfers(owner_id, mode=mode, limit=SHOWN_TRANSFERS)],
    )


def make_form(owner_id: UUID, mode: Mode, *args: Any, **more: Any) -> SendForm:
    """Return the form over what a customer can spend."""
    return SendForm(*args, assets=[(row.asset, row.asset) for row in _spendable(owner_id, mode)], **more)


def transfer_page(owner_id: UUID, transfer_id: UUID) -> TransferPage:
    """Return a transfer as one of the two sees it. Raises TransferMissing."""
    row = queries.get_transfer(transfer_id, owner_id=owner_id)
    is_out = row.direction == "out"
    facts = [
        Fact("To" if is_out else "From", row.to if is_out else "another customer"),
        Fact("Amount", with_code(row.amount, row.asset)),
        Fact("Fee", "none"),
        Fact("Sent", moment(row.created_at)),
    ]
    return TransferPage(
        title=f"{'Sent' if is_out else 'Received'} {with_code(row.amount, row.asset)}",
        mode=row.mode,
        parent_url=reverse("wallet-send"),
        state=STATES[row.state],
        amount=movement(row.amount.copy_negate() if is_out else row.amount, row.asset),
        asset=row.asset,
        steps=_steps(row),
        facts=facts,
        here=reverse("wallet-transfer", args=[row.id]),
    )


def paper_page(owner_id: UUID) -> PaperPage:
    """Return what play money there is, and how much there would be."""
    return PaperPage(
        parent_url=reverse("wallet"),
        amount=f"{get_rule(RuleName.PAPER_AMOUNT):,} USDT",
        available=[Fact(row.asset, exact(row.available, row.asset)) for row in _spendable(owner_id, Mode.PAPER)],
        idempotency_key=uuid7().hex,
    )


def row_of(row: TransferView) -> TransferRow:
    """Return a transfer as lists show it."""
    is_out = row.direction == "out"
    return TransferRow(
        url=reverse("wallet-transfer", args=[row.id]),
        time=short_moment(row.created_at),
        who=f"to {row.to}" if is_out else "from another customer",
        amount=movement(row.amount.copy_negate() if is_out else row.amount, row.asset),
        asset=row.asset,
        state=STATES[row.state],
    )


def _spendable(owner_id: UUID, mode: Mode) -> list[queries.WalletRow]:
    return [row for row in queries.list_wallets(owner_id, mode=mode) if row.available]


def _steps(row: TransferView) -> list[Step]:
    sent = Step("done", "Sent", moment(row.created_at))
    if row.state == TransferState.DONE:
        return [sent, Step("done", "Delivered", moment(row.ended_at))]
    if row.state == TransferState.RETURNED:
        text = "It could not be delivered, so it is in your wallet again. Ask the recipient for their address here."
        return [sent, Step("done", "Came back", moment(row.ended_at), text)]
    return [sent, Step("now", "Being delivered", "", "Takes seconds.")]
