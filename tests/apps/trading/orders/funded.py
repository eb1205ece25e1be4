"""Accounts that hold something, and how their mirrors and holds stand; for tests without an exchange."""

from decimal import Decimal
from typing import Any

from django.db import connection as database

from apps.core.clock import now
from apps.core.proofs import prove
from apps.finance.ledger.models import Hold
from apps.finance.ledger.queries import list_mirrors
from apps.trading.exchanges.operations import Balance, add_connection, record_balances, seed_venues
from apps.trading.instruments.operations import seed_instruments
from apps.trading.orders.models import Order
from tests.apps.trading.orders.wishes import SYSTEM, D

PROOFS = ("ledger", "orders", "positions", "venue book")


def connected(owner: Any, **funds: str) -> Any:
    """A connection of which `funds` were seen."""
    seed_venues()
    seed_instruments()
    made = add_connection(actor=SYSTEM, owner_id=owner.pk, venue="sandbox", label="Mine", api_key="k", api_secret="s")
    seen = [Balance(asset, D(amount), D(0)) for asset, amount in funds.items()]
    record_balances(actor=SYSTEM, connection_id=made.pk, balances=seen, seen_at=now())
    return made


def standing(connection: Any) -> dict[str, tuple[Decimal, Decimal]]:
    """By asset: what the mirror has, and what of it is held."""
    found = list_mirrors(connection.pk, connection.owner_id)
    return {asset: (row.natural, row.held) for asset, row in found.items()}


def hold_of(order: Order) -> tuple[Decimal, Decimal, Decimal, str]:
    """(remaining, used, given back, state) of an order's hold."""
    row = Hold.objects.get(key=f"order:{order.pk}")
    return row.remaining, row.settled, row.released, row.state


def faults() -> dict[str, list[str]]:
    """What the proofs of money find in this schema."""
    with database.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        (schema,) = cursor.fetchone()
    found = prove(schema)
    return {name: found[name] for name in PROOFS if found[name]}
