"""Opening the mirror of an account: what the venue held before we booked anything of it.

Transfers between the wallets of an account are booked by readings of its contracts, also before its spot mirror is
open. What is booked then is taken off the first figure (only a comparison can do that), and what went before the
figure was seen is not booked any more (`first_seen_at`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection as database
from django.db.models import Max

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.operation import operation
from apps.finance.ledger.operations import BalanceChange, NewJournal, balance_journals, post_many
from apps.finance.ledger.queries import list_known_keys, sum_beside_fills
from apps.trading.exchanges.queries import get_connection, list_balances
from apps.trading.orders.errors import BalancesUnknown
from apps.trading.orders.models import BalanceBaseline, Fill
from apps.trading.orders.operations.mirroring import mirror_of
from apps.trading.orders.operations.recording import RECORD
from apps.trading.sandbox.errors import AccountMissing
from apps.trading.sandbox.queries import get_account

LOCK = 7_301


@dataclass(frozen=True, slots=True)
class FirstSeen:
    """What the venue held at `seen_at`, by its name of the asset, less what our fills and `moves` made of it.

    `moves`: by code of the asset, what was booked beside fills when it was seen.
    """

    amounts: Mapping[str, Decimal]
    seen_at: datetime
    moves: Mapping[str, Decimal]


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
    has fills or transfers that only a comparison can tell from what was there before.
    """
    lock_mirror(connection.pk)
    if BalanceBaseline.objects.filter(connection_id=connection.pk).exists():
        return []
    rows = _first_rows(connection)
    if rows is None or Fill.objects.filter(connection_id=connection.pk).exists():
        raise BalancesUnknown
    return baseline_journals(connection, BalanceBaseline.objects.bulk_create(rows))


@operation("orders.open_mirror", permission=RECORD, trail=False)
def open_mirror(*, actor: Actor, connection_id: UUID, first: FirstSeen | None = None) -> bool:
    """Book what an account held before our first fill; return whether the mirror is open now. Safe to repeat.

    `first` is what a comparison saw; for a paper account its start funds count instead. What was booked since then
    beside fills makes it void: the next comparison sees anew. All fills are booked before (`backfill_connection`).
    """
    connection = get_connection(connection_id)
    lock_mirror(connection_id)
    rows = list(BalanceBaseline.objects.filter(connection_id=connection_id))
    if not rows:
        found = _first_rows(connection)
        if found is None and first is not None and first.moves == sum_beside_fills(connection_id, connection.owner_id):
            found = [_row(connection_id, asset, amount, first.seen_at) for asset, amount in first.amounts.items()]
        rows = [] if found is None else BalanceBaseline.objects.bulk_create(found)
    known = list_known_keys([baseline_key(row) for row in rows])
    post_many(
        actor=actor,
        journals=baseline_journals(connection, [row for row in rows if baseline_key(row) not in known]),
    )
    return bool(rows)


def first_seen_at(connection_id: UUID) -> datetime | None:
    """Return when the first balances of an account were seen: what was transferred until then is in them.

    None for a mirror that is not open, and for a paper account, which began with its start funds. Until the end of the
    transaction nobody opens it.
    """
    lock_mirror(connection_id)
    if _start_funds(connection_id) is not None:
        return None
    rows = BalanceBaseline.objects.filter(connection_id=connection_id)
    seen: datetime | None = rows.aggregate(seen=Max("created_at"))["seen"]
    return seen


def first_balances(connection: Any) -> dict[str, Decimal] | None:
    """Return what the mirror of an account would be opened with without a comparison; None: only one can tell."""
    rows = _first_rows(connection)
    return None if rows is None else {row.asset: row.amount for row in rows}


def _first_rows(connection: Any) -> list[BalanceBaseline] | None:
    """The start funds of a paper account, else what was seen of one of which nothing was booked yet, else None."""
    funds = _start_funds(connection.pk)
    if funds is not None:
        return [_row(connection.pk, asset, Decimal(amount), now()) for asset, amount in funds.items()]
    seen = list_balances(connection.pk)
    is_first = not Fill.objects.filter(connection_id=connection.pk).exists()
    if not seen or not is_first or sum_beside_fills(connection.pk, connection.owner_id):
        return None
    return [_row(connection.pk, row.asset, row.free + row.locked, row.seen_at) for row in seen]


def _start_funds(connection_id: UUID) -> Mapping[str, str] | None:
    try:
        funds: Mapping[str, str] = get_account(connection_id).funds
    except AccountMissing:
        return None
    return funds


def _row(connection_id: UUID, asset: str, amount: Decimal, seen_at: datetime) -> BalanceBaseline:
    return BalanceBaseline(connection_id=connection_id, asset=asset, amount=amount, created_at=seen_at)


def baseline_journals(connection: Any, rows: list[BalanceBaseline]) -> list[NewJournal]:
    """Return the journals of first balances; those of nothing have none."""
    changes = [BalanceChange(key=baseline_key(row), asset=row.asset, amount=row.amount) for row in rows]
    return balance_journals(mirror_of(connection), changes)
