"""Opening the mirror of an account: what the venue held before our first fill."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection as database

from apps.core.actors import Actor
from apps.core.operation import operation
from apps.finance.ledger.operations import BalanceChange, NewJournal, balance_journals, post_many
from apps.finance.ledger.queries import list_known_keys
from apps.trading.exchanges.queries import get_connection, list_balances
from apps.trading.orders.errors import BalancesUnknown
from apps.trading.orders.models import BalanceBaseline, Fill
from apps.trading.orders.operations.mirroring import mirror_of
from apps.trading.orders.operations.recording import RECORD
from apps.trading.sandbox.errors import AccountMissing
from apps.trading.sandbox.queries import get_account

LOCK = 7_301


def lock_mirror(connection_id: UUID) -> None:
    """Let one transaction at a time open, back-fill or reset the mirror of a connection."""
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(current_schema() || %s))", [LOCK, str(connection_id)])


def is_mirror_open(connection_id: UUID) -> bool:
    """Return whether the first balances of a connection are known and booked."""
    rows = list(BalanceBaseline.objects.filter(connection_id=connection_id))
    keys = {baseline_key(row) for row in rows if row.amount}
    return bool(rows) and list_known_keys(keys) == keys


def baseline_key(row: BalanceBaseline) -> str:
    """Return the key of the journal of a first balance."""
    return f"baseline:{row.pk}"


def opening_journals(connection: Any) -> list[NewJournal]:
    """Return the journals that open the mirror of a connection before its first order; none when it is open already.

    Stores the first balances beside them. Raises BalancesUnknown when nothing was seen of the account yet, or when it
    has fills that only a comparison can tell from what was there before.
    """
    lock_mirror(connection.pk)
    if BalanceBaseline.objects.filter(connection_id=connection.pk).exists():
        return []
    first = first_balances(connection)
    if first is None or Fill.objects.filter(connection_id=connection.pk).exists():
        raise BalancesUnknown
    return baseline_journals(connection, _store(connection.pk, first))


@operation("orders.open_mirror", permission=RECORD, trail=False)
def open_mirror(*, actor: Actor, connection_id: UUID, first: Mapping[str, Decimal] | None = None) -> bool:
    """Book what an account held before our first fill; return whether the mirror is open now. Safe to repeat.

    `first` is the venue's figure less what our fills moved; for a paper account its start funds count instead. All
    fills are booked before (`backfill_connection`).
    """
    connection = get_connection(connection_id)
    lock_mirror(connection_id)
    rows = list(BalanceBaseline.objects.filter(connection_id=connection_id))
    if not rows:
        found: Mapping[str, Decimal] | None = first_balances(connection)
        found = first if found is None else found
        rows = [] if found is None else _store(connection_id, found)
    known = list_known_keys([baseline_key(row) for row in rows])
    post_many(
        actor=actor,
        journals=baseline_journals(connection, [row for row in rows if baseline_key(row) not in known]),
    )
    return bool(rows)


def first_balances(connection: Any) -> dict[str, Decimal] | None:
    """Return the start funds of a paper account, else what was seen of one without fills, else None."""
    try:
        funds = get_account(connection.pk).funds
    except AccountMissing:
        seen = list_balances(connection.pk)
        if not seen or Fill.objects.filter(connection_id=connection.pk).exists():
            return None
        return {row.asset: row.free + row.locked for row in seen}
    return {asset: Decimal(amount) for asset, amount in funds.items()}


def baseline_journals(connection: Any, rows: list[BalanceBaseline]) -> list[NewJournal]:
    """Return the journals of first balances; those of nothing have none."""
    changes = [BalanceChange(key=baseline_key(row), asset=row.asset, amount=row.amount) for row in rows]
    return balance_journals(mirror_of(connection), changes)


def _store(connection_id: UUID, first: Mapping[str, Decimal]) -> list[BalanceBaseline]:
    return BalanceBaseline.objects.bulk_create(
        [BalanceBaseline(connection_id=connection_id, asset=name, amount=amount) for name, amount in first.items()]
    )
