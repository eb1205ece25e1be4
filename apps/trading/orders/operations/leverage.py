"""The contract account of a connection, and the part of an order's worth that its leverage ties up."""

from decimal import ROUND_UP, Context, Decimal
from typing import Any
from uuid import UUID

from apps.trading.orders.errors import ContractsNotOpen
from apps.trading.orders.models import Order
from apps.trading.positions.queries import find_contracts, get_terms
from kernel.margin import margin_rate

UP = Context(prec=60, rounding=ROUND_UP)


def contracts_of(connection_id: UUID) -> Any:
    """Return the contract account of a connection that was read already, or raise ContractsNotOpen."""
    account = find_contracts(connection_id)
    if account is None or account.read_at is None:
        raise ContractsNotOpen(field="symbol")
    return account


def rate_of(order: Order) -> Decimal:
    """Return the part of an order's worth that it ties up, by the leverage of its contract."""
    return margin_rate(get_terms(contracts_of(order.connection_id).pk, order.symbol).leverage)
