"""Booking in the ledger what was there before it: fills, first balances, and holds for open orders.

Safe to repeat, to stop at any point and to run beside everything else: what is booked already is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from apps.core.actors import Actor
from apps.core.operation import operation
from apps.finance.ledger.choices import AccountKind, HoldPurpose
from apps.finance.ledger.operations import NewHold, fill_journals, open_accounts, post_many
from apps.finance.ledger.queries import find_hold
from apps.trading.exchanges.queries import get_connection
from apps.trading.instruments.queries import get_spec
from apps.trading.orders.errors import PriceUnknown
from apps.trading.orders.models import Fill
from apps.trading.orders.operations.mirroring import hold_key, mirror_of, mirrored
from apps.trading.orders.operations.opening import FirstSeen, is_mirror_open, lock_mirror, open_mirror
from apps.trading.orders.operations.recording import RECORD, locked
from apps.trading.orders.operations.reserving import need_of
from apps.trading.orders.queries import list_accounts_with_facts, list_unbooked_fills, list_unreserved
from apps.trading.positions.queries import get_mark

BATCH = 500


@dataclass
class Backfilled:
    """What a run booked: fills, mirrors that are open now, holds; and accounts whose first balances nobody knows."""

    fills: int = 0
    mirrors: int = 0
    holds: int = 0
    waiting: int = 0


def backfill_ledger(*, actor: Actor) -> Backfilled:
    """Book all that this tenant's ledger lacks of orders; return what was booked.

    Every batch is a transaction of its own. An account that is no paper account and was never compared waits: its
    first comparison opens its mirror.
    """
    done = Backfilled()
    for connection_id in list_accounts_with_facts():
        was_open = is_mirror_open(connection_id)
        part = backfill_connection(actor=actor, connection_id=connection_id)
        done.fills += part.fills
        done.holds += part.holds
        done.mirrors += bool(part.mirrors and not was_open)
        done.waiting += not part.mirrors
    return done


def backfill_connection(*, actor: Actor, connection_id: UUID, first: FirstSeen | None = None) -> Backfilled:
    """Book all that the mirror of one account lacks; `first` as in `open_mirror`."""
    done = Backfilled()
    while count := _book_fills(actor=actor, connection_id=connection_id):
        done.fills += count
    done.mirrors = int(open_mirror(actor=actor, connection_id=connection_id, first=first))
    for order_id in list_unreserved(connection_id):
        done.holds += _reserve(actor=actor, order_id=order_id)
    return done


@operation("orders.backfill_fills", permission=RECORD, trail=False)
def _book_fills(*, actor: Actor, connection_id: UUID) -> int:
    """Book the oldest fills of an account that are not booked; return how many."""
    lock_mirror(connection_id)
    fills = list_unbooked_fills(connection_id, BATCH)
    mirror = mirror_of(get_connection(connection_id))
    executions = [item for symbol, rows in _by_symbol(fills) for item in mirrored(rows, get_spec(symbol))]
    post_many(actor=actor, journals=fill_journals(mirror, executions))
    return len(fills)


def _by_symbol(fills: Sequence[Fill]) -> list[tuple[str, list[Fill]]]:
    ordered = sorted(fills, key=lambda row: row.symbol)
    return [(symbol, list(rows)) for symbol, rows in groupby(ordered, key=lambda row: row.symbol)]


@operation("orders.backfill_hold", permission=RECORD, trail=False)
def _reserve(*, actor: Actor, order_id: UUID) -> bool:
    """Hold what an open order may still cost, whether the mirror covers it or not; return whether it had no hold."""
    order = locked(order_id)
    is_over = order.is_final and not order.needs_settling
    if is_over or find_hold(hold_key(order_id)) is not None:
        return False
    mark = get_mark(order.symbol)
    try:
        need = need_of(
            order, order.connection, get_spec(order.symbol), order.wanted_price if mark is None else mark.price
        )
    except PriceUnknown:
        return False
    if not need.wanted:
        return False
    name = mirror_of(order.connection).account(AccountKind.MIRROR, need.asset)
    hold = NewHold(
        key=hold_key(order_id),
        account_id=open_accounts([name])[name],
        amount=need.wanted,
        purpose=HoldPurpose.ORDER,
        subject_id=order_id,
        must_cover=False,
    )
    post_many(actor=actor, holds=[hold])
    return True
