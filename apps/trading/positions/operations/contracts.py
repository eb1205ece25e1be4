"""Contract accounts: opening one, choosing protection and hedges, moving funds; what a person asks for."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from apps.core import work
from apps.core.actors import Actor
from apps.core.clock import now, to_ms
from apps.core.context import current_schema
from apps.core.ids import uuid7
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.core.transitions import transition
from apps.trading.exchanges.choices import ConnectionState
from apps.trading.exchanges.queries import get_connection
from apps.trading.positions.choices import (
    CONTRACT_VENUES,
    REQUEST_STATES,
    WORK,
    AccountState,
    RequestKind,
    RequestState,
)
from apps.trading.positions.errors import AmountUnclear, BandUnclear, NoContractsHere
from apps.trading.positions.models import ContractPosition, ContractRequest, ContractTerms, HedgeRule, MarginAccount
from apps.trading.positions.operations.booking import RECORD
from apps.trading.positions.queries import get_own_contracts

CONTRACTS = declare("positions.contracts", "Use contract wallets: open, fund, protect, hedge")
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A hedge band in base: allowed from `low` to `high`, brought back to `target`; one order trades `most`."""

    low: Decimal
    high: Decimal
    target: Decimal
    most: Decimal


@operation("positions.open_contracts", permission=CONTRACTS, audited=("owner_id", "connection_id"))
def open_contracts(*, actor: Actor, owner_id: UUID, connection_id: UUID) -> MarginAccount:
    """Begin to read a connection's wallet for contracts; the same account when it is there already.

    Raises ConnectionMissing, and NoContractsHere for an exchange whose contracts we do not know.
    """
    connection = get_connection(connection_id, owner_id=owner_id)
    if connection.venue.ccxt_id not in CONTRACT_VENUES or connection.state != ConnectionState.ACTIVE:
        raise NoContractsHere
    account, _ = MarginAccount.objects.get_or_create(connection_id=connection.pk, defaults={"owner_id": owner_id})
    work.keep(WORK)
    nudge(account.pk)
    return account


@operation("positions.protect_contracts", permission=CONTRACTS, audited=("account_id", "protects"))
def protect_contracts(*, actor: Actor, owner_id: UUID, account_id: UUID, protects: bool) -> MarginAccount:
    """Switch the staged reduction before liquidation on or off. Raises ContractsMissing."""
    account = get_own_contracts(account_id, owner_id)
    MarginAccount.objects.filter(pk=account.pk).update(protects=protects)
    account.protects = protects
    return account


@operation("positions.request_move", permission=CONTRACTS, audited=("account_id", "amount"))
def request_move(*, actor: Actor, owner_id: UUID, account_id: UUID, amount: Decimal) -> ContractRequest:
    """Have an amount of the account's asset moved from the spot wallet to the one of contracts (negative: back).

    A trading worker sends it after the commit, once. Raises ContractsMissing and AmountUnclear.
    """
    account = get_own_contracts(account_id, owner_id)
    if not amount.is_finite() or not amount or amount != amount.quantize(CENT) or abs(amount) > Decimal(10) ** 12:
        raise AmountUnclear
    row = ContractRequest.objects.create(
        account=account,
        kind=RequestKind.MOVE,
        symbol=account.asset,
        side="buy" if amount > 0 else "sell",
        quantity=abs(amount),
        reason="Asked for",
        client_id=client_id(),
    )
    nudge(account.pk)
    return row


@operation("positions.set_hedge", permission=CONTRACTS, audited=("account_id", "symbol", "band", "is_on"))
def set_hedge(
    *, actor: Actor, owner_id: UUID, account_id: UUID, symbol: str, band: Band, is_on: bool = True
) -> HedgeRule:
    """Set, change or switch off the hedge of a symbol: what the connection's books hold of its base, with contracts.

    Raises ContractsMissing and BandUnclear.
    """
    account = get_own_contracts(account_id, owner_id)
    if not band.low <= band.target <= band.high or band.most <= 0:
        raise BandUnclear
    facts = {"low": band.low, "high": band.high, "target": band.target, "most": band.most, "is_on": is_on}
    row, _ = HedgeRule.objects.update_or_create(account=account, symbol=symbol, defaults=facts)
    return row


@operation("positions.reset_contracts", permission=RECORD, trail=False)
def reset_contracts(*, actor: Actor, connection_id: UUID) -> MarginAccount | None:
    """Forget what the exchange showed of a paper account that is set anew; what is wanted of it is refused.

    Returns its contract account, whose mirror the caller brings to zero, or None. Nothing is traded on it until the
    new one was read. Call it in the transaction of the reset.
    """
    account = MarginAccount.objects.select_for_update().filter(connection_id=connection_id).first()
    if account is None:
        return None
    open_ones = ContractRequest.objects.filter(account=account, state__in=(RequestState.WANTED, RequestState.SENT))
    for row in open_ones:
        transition(row, "refuse", table=REQUEST_STATES, expected=row.state, actor=actor, words="The account was reset.")
    ContractPosition.objects.filter(account=account).delete()
    ContractTerms.objects.filter(account=account).update(wanted_leverage=None, wanted_isolated=None)
    nothing = ("wallet", "cross_wallet", "balance", "unrealised", "initial", "maintenance", "available", "ratio")
    MarginAccount.objects.filter(pk=account.pk).update(
        **dict.fromkeys(nothing, 0),
        state=AccountState.SAFE,
        read_at=None,
        income_at=to_ms(now()),
        done_stage=0,
        error="",
        wanted_hedged=None,
        mode_words="",
    )
    return account


def client_id() -> str:
    """Return a new client id: 34 letters and digits."""
    return f"um{uuid7().hex}"


def nudge(account_id: UUID) -> None:
    """Have a trading worker read the account once this transaction is committed; beat is the net under it."""
    from apps.trading.positions.tasks import read_contracts  # the task calls this package

    schema = current_schema()
    transaction.on_commit(lambda: read_contracts.apply_async((schema, str(account_id)), queue="trading"), robust=True)
