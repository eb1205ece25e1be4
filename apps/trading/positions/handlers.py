"""Who is told about margin calls and reductions."""

from apps.core.models import OutboxEvent
from apps.core.outbox import handles
from apps.platform.notifications.operations import notify
from apps.trading.positions.topics import CALLED, REDUCED
from kernel.events.positions import MarginCalled, ReductionWanted


@handles(MarginCalled, name="positions.tell_margin_called")
def tell_margin_called(item: MarginCalled, row: OutboxEvent) -> None:
    """Tell the account's owner."""
    params = {
        "ratio": f"{item.ratio:.2f}",
        "maintenance": f"{item.maintenance:,.2f}",
        "balance": f"{item.balance:,.2f}",
        "asset": item.asset,
    }
    notify(item.owner_id, CALLED.name, params, dedupe_key=str(row.uid))


@handles(ReductionWanted, name="positions.tell_reduction")
def tell_reduction(item: ReductionWanted, row: OutboxEvent) -> None:
    """Tell the account's owner."""
    params = {
        "symbol": item.symbol,
        "stage": str(item.stage),
        "ratio": f"{item.ratio:.2f}",
        "quantity": f"{item.quantity.normalize():f}",
    }
    notify(item.owner_id, REDUCED.name, params, dedupe_key=str(row.uid))
