"""Comparing a venue's balances with the mirror in the ledger, at a moment when nothing moves in between.

A difference is told at once. One that stands unchanged while every order and execution of ours is known was made by
somebody else (a deposit, a withdrawal, a foreign order): then the venue's figure is taken over. No fill is invented.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.core.actors import Actor
from apps.core.assets import code_at_venue
from apps.core.clock import now
from apps.core.operation import operation
from apps.finance.ledger.operations import BalanceChange, balance_journals, post_many
from apps.finance.ledger.queries import list_mirrors, sum_beside_fills
from apps.trading.exchanges.operations import VenuePort, record_balances
from apps.trading.exchanges.queries import get_connection
from apps.trading.instruments.queries import get_spec
from apps.trading.orders.choices import IN_FLIGHT, IncidentKind
from apps.trading.orders.models import Order, ReconcileIncident
from apps.trading.orders.operations.backfilling import backfill_connection
from apps.trading.orders.operations.incidents import note_incident, resolve_incidents
from apps.trading.orders.operations.mirroring import mirror_of
from apps.trading.orders.operations.opening import FirstSeen, is_mirror_open
from apps.trading.orders.operations.recording import RECORD
from apps.trading.orders.queries import list_traded_symbols, list_unsettled, sum_moved
from kernel.instruments import is_perpetual

SYSTEM = Actor.system("orders")
ZERO = Decimal(0)
QUIET_TRIES = 5
STANDS_AFTER = timedelta(seconds=45)
"""A difference that is so old, and still the same, is taken over."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What our books and the venue say of an asset of an account."""

    connection_id: UUID
    asset: str
    expected: Decimal
    found: Decimal


def compare_balances(connection_id: UUID, port: VenuePort, read_fills: Callable[[], None]) -> bool:
    """Compare the venue's balances with the mirror; return whether a quiet moment was found.

    `read_fills` books the executions that the venue knows and we do not. An account that is seen for the first time,
    or that has fills from before there was a ledger, gets its mirror here. Raises VenueUnavailable, VenueRefused.
    """
    connection = get_connection(connection_id)
    for _ in range(QUIET_TRIES):
        is_open = is_mirror_open(connection_id)
        moves = {} if is_open else sum_beside_fills(connection_id, connection.owner_id)
        before = _moved(connection, is_open=is_open)
        balances, seen_at = port.balances(), now()
        read_fills()
        is_quiet = not Order.objects.filter(connection_id=connection_id, state__in=IN_FLIGHT).exists()
        if not is_quiet or _moved(connection, is_open=is_open) != before:
            continue
        record_balances(actor=SYSTEM, connection_id=connection_id, balances=balances, seen_at=seen_at)
        totals = {item.asset: item.free + item.locked for item in balances}
        if is_open:
            _tell(connection_id, before, totals)
            return True
        ours = {code: before.get(code, ZERO) + moves.get(code, ZERO) for code in before.keys() | moves.keys()}
        first = {asset: total - ours.get(code_at_venue(asset), ZERO) for asset, total in totals.items()}
        backfill_connection(actor=SYSTEM, connection_id=connection_id, first=FirstSeen(first, seen_at, moves))
        if not totals:  # an empty account: there is nothing to open
            return True
    return False


def _moved(connection: Any, *, is_open: bool) -> dict[str, Decimal]:
    """Return by asset how the mirror stands, or, before it is open, what our fills moved."""
    if is_open:
        mirrors = list_mirrors(connection.pk, connection.owner_id)
        return {asset: row.natural for asset, row in mirrors.items()}
    specs = {symbol: get_spec(symbol) for symbol in list_traded_symbols(connection.pk) if not is_perpetual(symbol)}
    moved = sum_moved(connection.pk, {symbol: (spec.base, spec.quote) for symbol, spec in specs.items()})
    return {code_at_venue(asset): amount for asset, amount in moved.items()}


def _tell(connection_id: UUID, ours: Mapping[str, Decimal], totals: Mapping[str, Decimal]) -> None:
    """Note what differs, take over what stands, resolve what is gone."""
    theirs = {code_at_venue(asset): (asset, total) for asset, total in totals.items()}
    all_known = not list_unsettled(connection_id)
    wrong = []
    for code in sorted(ours.keys() | theirs.keys()):
        asset, found = theirs.get(code, (code, Decimal(0)))
        expected = ours.get(code, Decimal(0))
        if expected != found:
            difference = Difference(connection_id, asset, expected, found)
            if _note(actor=SYSTEM, difference=difference, may_take_over=all_known):
                wrong.append(asset)
    resolve_incidents(connection_id=connection_id, kind=IncidentKind.BALANCE, still=wrong)


@operation("orders.note_difference", permission=RECORD, trail=False)
def _note(*, actor: Actor, difference: Difference, may_take_over: bool) -> bool:
    """Note a difference, or take the venue's figure over when it has stood for a while; return whether it remains."""
    texts = (f"{difference.expected.normalize():f}", f"{difference.found.normalize():f}")
    noted = (
        ReconcileIncident.objects.select_for_update()
        .filter(
            connection_id=difference.connection_id,
            kind=IncidentKind.BALANCE,
            subject=difference.asset,
            resolved_at__isnull=True,
        )
        .first()
    )
    if noted is None or (noted.expected, noted.found) != texts:
        note_incident(
            connection_id=difference.connection_id,
            kind=IncidentKind.BALANCE,
            subject=difference.asset,
            expected=texts[0],
            found=texts[1],
        )
        return True
    if not may_take_over or noted.seen_at > now() - STANDS_AFTER:
        return True
    change = BalanceChange(
        key=f"venue-balance:{noted.pk}",
        asset=difference.asset,
        amount=difference.found - difference.expected,
    )
    mirror = mirror_of(get_connection(difference.connection_id))
    post_many(actor=actor, journals=balance_journals(mirror, [change]))
    noted.resolved_at = now()
    noted.save(update_fields=["resolved_at"])
    return False
