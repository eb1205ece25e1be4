"""Comparing a contract account with our books: its positions with what their executions make, its wallet with its book.

A reading books every execution and every change of the wallet that the venue lists, each once; what differs after that
is told, and nothing is repaired silently. So is a position mode that was changed there while orders wait here.
"""

from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.finance.ledger.queries import list_mirrors
from apps.trading.orders.algos.queries import count_contracts_going_on
from apps.trading.orders.choices import IN_FLIGHT, NOT_LEFT, IncidentKind
from apps.trading.orders.models import Order
from apps.trading.orders.operations.incidents import note_incident, resolve_incidents
from apps.trading.orders.queries import CONTRACTS, for_other_mode
from apps.trading.positions.choices import Purpose
from apps.trading.positions.operations import read_account
from apps.trading.positions.queries import find_contracts, list_connection_positions, list_contract_positions

TRIES = 3
ZERO = Decimal(0)
Differences = dict[str, tuple[Decimal, Decimal]]
"""By subject: (ours, theirs)."""


def compare_contracts(connection_id: UUID) -> bool:
    """Read the contract account of a connection and note what differs; return whether a quiet moment was found.

    A connection without one has nothing to compare. A difference counts when it stands over two readings. Raises
    ContractsAway.
    """
    account = find_contracts(connection_id)
    if account is None:
        return True
    before: tuple[Differences, Differences] | None = None
    for _ in range(TRIES):
        account = read_account(account_id=account.pk)
        found = _positions(account), _wallet(account)
        is_quiet = not Order.objects.filter(CONTRACTS, connection_id=connection_id, state__in=IN_FLIGHT).exists()
        if is_quiet and (found == before or not any(found)):
            for kind, rows in zip((IncidentKind.CONTRACT, IncidentKind.CONTRACT_WALLET), found, strict=True):
                _tell(connection_id, kind, rows)
            _tell_mode(account)
            return True
        before = found
    return False


def _positions(account: Any) -> Differences:
    ours = {
        (row.symbol, row.position_side): row.quantity
        for row in list_connection_positions(account.connection_id)
        if row.book.purpose == Purpose.CONTRACT
    }
    theirs = {(row.symbol, row.position_side): row.quantity for row in list_contract_positions(account.pk)}
    return {
        " ".join(place).strip(): (ours.get(place, ZERO), theirs.get(place, ZERO))
        for place in sorted(ours.keys() | theirs.keys())
        if ours.get(place, ZERO) != theirs.get(place, ZERO)
    }


def _wallet(account: Any) -> Differences:
    mirror = list_mirrors(account.pk, account.owner_id).get(account.asset)
    booked = ZERO if mirror is None else mirror.natural
    return {} if booked == account.wallet else {account.asset: (booked, account.wallet)}


def _tell_mode(account: Any) -> None:
    """Note that orders wait here for the other position mode than the one that holds at the exchange."""
    waiting = Order.objects.filter(CONTRACTS, for_other_mode(account.is_hedged), connection_id=account.connection_id)
    count = waiting.filter(state__in=NOT_LEFT).count()
    count += count_contracts_going_on(account.connection_id, is_hedged=not account.is_hedged)
    theirs, ours = ("hedge mode", "one-way mode") if account.is_hedged else ("one-way mode", "hedge mode")
    if count:
        note_incident(
            connection_id=account.connection_id,
            kind=IncidentKind.CONTRACT_MODE,
            subject=ours,
            expected=f"{ours}: {count} {'orders wait' if count > 1 else 'order waits'} for it",
            found=theirs,
        )
    still = [ours] if count else []
    resolve_incidents(connection_id=account.connection_id, kind=IncidentKind.CONTRACT_MODE, still=still)


def _tell(connection_id: UUID, kind: IncidentKind, rows: Differences) -> None:
    for subject, (ours, theirs) in rows.items():
        note_incident(
            connection_id=connection_id,
            kind=kind,
            subject=subject,
            expected=f"{ours.normalize():f}",
            found=f"{theirs.normalize():f}",
        )
    resolve_incidents(connection_id=connection_id, kind=kind, still=list(rows))
