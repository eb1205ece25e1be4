"""What closed orders mean to a rebalancing: the next ones may go."""

from apps.core.models import OutboxEvent
from apps.core.outbox import handles
from apps.trading.orders.choices import Origin
from apps.trading.portfolios.operations import enqueue
from kernel.events.trading import OrderClosed


@handles(OrderClosed, name="portfolios.advance_rebalance")
def advance_rebalance(item: OrderClosed, _row: OutboxEvent) -> None:
    """Look at the rebalancing whose order is over."""
    if item.origin_kind == Origin.REBALANCE and item.origin_id is not None:
        enqueue(item.origin_id)
