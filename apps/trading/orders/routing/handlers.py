"""What makes a routed order look again, and who is told of its end."""

from django.db import transaction

from apps.core.context import current_schema
from apps.core.models import OutboxEvent
from apps.core.outbox import handles
from apps.core.templatetags.ui import trimmed
from apps.platform.notifications.choices import Criticality, NotificationTopic, declare_topic
from apps.platform.notifications.operations import notify
from apps.trading.orders.choices import Origin
from apps.trading.orders.routing.choices import WHY
from apps.trading.orders.routing.tasks import advance
from kernel.events.execution import RouteEnded
from kernel.events.trading import OrderClosed, OrderFilled

ENDED = declare_topic(
    NotificationTopic(
        name="orders.route_ended",
        title="A routed order is over",
        text="{symbol}: {filled} of {quantity} filled. {why}",
        criticality=Criticality.INFO,
        icon="orders",
        tone="good",
        path="/orders/routes/{route_id}/",
    )
)


@handles(OrderClosed, name="orders.advance_route")
def advance_parent(item: OrderClosed, _row: OutboxEvent) -> None:
    """Look at the parent of a part that is over."""
    _look(item)


@handles(OrderFilled, name="orders.count_routed_fill")
def count_fill(item: OrderFilled, _row: OutboxEvent) -> None:
    """Have the parent of a part count a fill, also one that comes late."""
    _look(item)


def _look(item: OrderClosed | OrderFilled) -> None:
    if item.origin_kind == Origin.ROUTE and item.origin_id is not None:
        schema, route_id = current_schema(), str(item.origin_id)
        transaction.on_commit(lambda: advance.delay(schema, route_id), robust=True)


@handles(RouteEnded, name="orders.tell_route_ended")
def tell_ended(item: RouteEnded, row: OutboxEvent) -> None:
    """Tell the owner what came of it."""
    params = {
        "route_id": str(item.route_id),
        "symbol": item.symbol,
        "filled": trimmed(item.filled),
        "quantity": trimmed(item.quantity),
        "why": WHY[item.why],
    }
    notify(item.owner_id, ENDED.name, params, dedupe_key=str(row.uid))
