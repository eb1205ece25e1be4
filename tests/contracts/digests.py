"""Whether the tables of money, orders and their traces are as they were; only tables that moved are summed anew.

For tests whose one connection writes: what another one commits, and a TRUNCATE, moves no counter here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection as plain_connection

connection: Any = plain_connection
"""Django keeps the open savepoints in `savepoint_ids`; its stubs do not tell."""
WATCHED = (
    "ledger_", "wallets_", "limits_", "orders_", "positions_", "portfolios_", "sandbox_", "exchanges_", "core_approval",
    "core_timer", "core_idempotency", "core_outboxevent", "notifications_outgoingmail", "security_stepup",
)  # fmt: skip
MOVES = """
SELECT n.nspname, pg_current_xact_id_if_assigned()::text, c.relname, pg_stat_get_xact_tuples_inserted(c.oid)
  + pg_stat_get_xact_tuples_updated(c.oid) + pg_stat_get_xact_tuples_deleted(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') ORDER BY c.relname
"""
"""How many rows of each table this transaction has written so far; what was rolled back to a savepoint counts too."""


@dataclass
class Kept:
    """The checksums of a schema at one moment of a transaction, with the savepoints that were open then."""

    transaction: str | None
    savepoints: tuple[str, ...]
    moves: dict[str, int]
    sums: dict[str, str]

    def holds(self, transaction: str | None) -> bool:
        """Whether nothing that was there at that moment can have been rolled back since."""
        still_open = tuple(connection.savepoint_ids[: len(self.savepoints)]) == self.savepoints
        return transaction is not None and transaction == self.transaction and still_open


_kept: dict[str, list[Kept]] = {}
"""By schema, the moments that can still be told from; a later one was taken inside the savepoints of the earlier."""


def digest() -> dict[str, str]:
    """Return a checksum of every watched table of this schema."""
    schema, transaction, moves = _moves()
    kept = _kept.setdefault(schema, [])
    while kept and not kept[-1].holds(transaction):
        kept.pop()
    before = kept[-1] if kept else Kept(transaction, (), {}, {})
    moved = [name for name, count in moves.items() if before.moves.get(name) != count]
    sums = {name: checksum for name, checksum in before.sums.items() if name in moves} | sums_of(moved)
    if kept and len(kept[-1].savepoints) == len(connection.savepoint_ids):
        kept.pop()
    kept.append(Kept(transaction, tuple(connection.savepoint_ids), moves, sums))
    return sums


def changed(before: Mapping[str, str]) -> list[str]:
    """Return the tables that are not as they were."""
    return sorted(name for name, checksum in digest().items() if before.get(name) != checksum)


def sums_of(names: Iterable[str]) -> dict[str, str]:
    """Return the checksums of tables of this schema, from their rows."""
    parts = [
        f"""SELECT '{name}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM "{name}" t"""
        for name in names
    ]
    if not parts:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return dict(cursor.fetchall())


def back_at_first() -> None:
    """Say that all has just been rolled back to where this schema was looked at first in this transaction."""
    schema, transaction, moves = _moves()
    first = _kept.get(schema, [])[:1]
    if first and first[0].holds(transaction):
        first[0].moves = moves
        _kept[schema] = first


def _moves() -> tuple[str, str | None, dict[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(MOVES)
        rows = cursor.fetchall()
    return rows[0][0], rows[0][1], {row[2]: row[3] for row in rows if row[2].startswith(WATCHED)}
