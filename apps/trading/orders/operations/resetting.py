"""Setting a paper account anew: its mirror to zero, its positions written off, another account at the exchange."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from apps.core.actors import Actor
from apps.core.ids import uuid7
from apps.core.operation import operation
from apps.finance.ledger.choices import JournalKind, Mode
from apps.finance.ledger.operations import BalanceChange, Mirror, NewJournal, balance_journals, post_many
from apps.finance.ledger.queries import list_mirrors
from apps.trading.exchanges.choices import ConnectionState
from apps.trading.exchanges.errors import ConnectionMissing
from apps.trading.exchanges.operations import CONNECT
from apps.trading.exchanges.queries import get_connection
from apps.trading.orders.errors import BalancesUnknown, OnlyPaperIsReset, ResetNotPossible
from apps.trading.orders.models import BalanceBaseline
from apps.trading.orders.operations.mirroring import mirror_of
from apps.trading.orders.operations.opening import is_mirror_open
from apps.trading.orders.operations.placing import PERSONS
from apps.trading.orders.queries import count_going_on
from apps.trading.positions.operations import reset_contracts, write_off
from apps.trading.sandbox.errors import AccountMissing
from apps.trading.sandbox.operations import request_fresh_account
from apps.trading.sandbox.queries import get_account

SYSTEM = Actor.system("orders")
CountActive = Callable[[UUID], int]
_active_bots: list[CountActive] = []


def count_active_bots(function: CountActive) -> None:
    """Register who knows how many bots are active on a connection (called by bots when the product starts)."""
    _active_bots[:] = [function]


@operation("orders.reset_paper_account", permission=CONNECT, audited=("connection_id",))
def reset_paper_account(*, actor: Actor, connection_id: UUID) -> Any:
    """Bring a paper account back to its start funds; return the connection, which is `opening` until a worker is done.

    In one transaction: the mirrors of both wallets go to zero, positions are written off, and another account at the
    exchange is asked for; orders and fills stay as history. The new account's balances are booked when it is open.
    Raises ConnectionMissing, OnlyPaperIsReset, BalancesUnknown, and ResetNotPossible while bots run or orders are open.
    """
    connection = get_connection(connection_id)
    if actor.kind in PERSONS and connection.owner_id != actor.id:
        raise ConnectionMissing
    _check_paper(connection)
    # From here on the connection's row is locked: whoever stores an order now waits, and then finds it closed.
    generation = request_fresh_account(actor=actor, connection_id=connection_id).generation
    _check_idle(connection_id)
    write_off(actor=SYSTEM, connection_id=connection_id, reset_id=uuid7())  # positions are locked before accounts
    journals = _to_zero(mirror_of(connection), generation)
    contracts = reset_contracts(actor=SYSTEM, connection_id=connection_id)
    if contracts is not None:
        journals += _to_zero(replace(mirror_of(connection), connection_id=contracts.pk), generation)
    post_many(actor=actor, journals=journals)
    BalanceBaseline.objects.filter(connection_id=connection_id).delete()
    connection.refresh_from_db()
    return connection


def _to_zero(mirror: Mirror, generation: int) -> list[NewJournal]:
    changes = [
        BalanceChange(key=f"reset:{mirror.connection_id}:{generation}:{asset}", asset=asset, amount=-row.natural)
        for asset, row in sorted(list_mirrors(mirror.connection_id, mirror.holder_id).items())
    ]
    return balance_journals(mirror, changes, JournalKind.RESET)


def _check_paper(connection: Any) -> None:
    try:
        get_account(connection.pk)
    except AccountMissing:
        raise OnlyPaperIsReset from None
    if connection.mode != Mode.PAPER or connection.state != ConnectionState.ACTIVE:
        raise OnlyPaperIsReset
    if not is_mirror_open(connection.pk):
        raise BalancesUnknown


def _check_idle(connection_id: UUID) -> None:
    bots = sum(count(connection_id) for count in _active_bots)
    if bots:
        raise ResetNotPossible(what=f"{bots} bot{'s run' if bots > 1 else ' runs'}", remedy="Stop them first")
    orders = count_going_on(connection_id)
    if orders:
        what = f"{orders} orders are open" if orders > 1 else "1 order is open"
        raise ResetNotPossible(what=what, remedy="Cancel them, or wait until they are over")
