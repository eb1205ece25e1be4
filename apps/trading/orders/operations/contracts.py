"""Contract orders around the path: what the account's list shows of them, and closing a position at market."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from apps.core.actors import Actor
from apps.core.context import current_schema
from apps.core.errors import DomainError
from apps.core.operation import operation
from apps.trading.exchanges.operations import open_venue
from apps.trading.orders.choices import FINAL, Kind
from apps.trading.orders.models import Order
from apps.trading.orders.operations.checking import NewOrder
from apps.trading.orders.operations.placing import TRADE, place_order
from apps.trading.orders.operations.reconciling import read_fills
from apps.trading.positions.errors import PositionMissing
from apps.trading.positions.queries import ContractPosition, get_own_contract
from kernel.instruments import Side, perpetual_of


def follow_executions(connection_id: UUID, symbols: Sequence[str]) -> None:
    """Have executions that a reading of the account saw booked to our orders, after the commit.

    There is no stream of contracts: this, the answers to orders and the comparison are how fills become known.
    """
    from apps.trading.orders.tasks import read_executions as read  # the task calls this package

    names = [perpetual_of(symbol) for symbol in symbols]
    waiting = Order.objects.filter(connection_id=connection_id, symbol__in=names).exclude(state__in=FINAL)
    schema = current_schema()
    for symbol in sorted(set(waiting.values_list("symbol", flat=True))):
        given = (schema, str(connection_id), symbol)
        transaction.on_commit(lambda given=given: read.delay(*given), robust=True)  # type: ignore[misc]


def read_executions(*, connection_id: UUID, symbol: str) -> int:
    """Book executions of our orders of one contract; return how many were new. Silence is made up for later."""
    try:
        return read_fills(connection_id, symbol, open_venue(connection_id))
    except DomainError:
        return 0


def closing_order(shown: ContractPosition) -> NewOrder:
    """Return the order at market that closes a contract as it was shown, and can only reduce."""
    return NewOrder(
        symbol=perpetual_of(shown.symbol),
        side=Side.SELL if shown.quantity > 0 else Side.BUY,
        kind=Kind.MARKET,
        quantity=shown.quantity.copy_abs(),
        reduce_only=True,
        position_side=shown.position_side,
    )


@operation("orders.close_contract", permission=TRADE, audited=("owner_id", "position_id"))
def close_contract(*, actor: Actor, owner_id: UUID, position_id: UUID, confirmed: bool = False) -> Order:
    """Place the order at market that closes a contract as the exchange showed it last; it can only reduce.

    Raises PositionMissing, and as `place_order`.
    """
    shown = get_own_contract(position_id, owner_id)
    if not shown.quantity:
        raise PositionMissing
    return place_order(
        actor=actor,
        owner_id=owner_id,
        connection_id=shown.account.connection_id,
        order=closing_order(shown),
        confirmed=confirmed,
    )
