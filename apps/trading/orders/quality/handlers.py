"""Who is told of an execution."""

from apps.core.models import OutboxEvent
from apps.core.outbox import handles
from apps.platform.notifications.choices import Criticality, NotificationTopic, declare_topic
from apps.platform.notifications.operations import notify
from apps.trading.orders.quality.queries import get_quality_alert, slippage_of_order
from apps.trading.orders.queries import get_order
from kernel.events.trading import OrderClosed

POOR = declare_topic(
    NotificationTopic(
        name="orders.poor_execution",
        title="An order was executed worse than you want",
        text="{symbol}: {what}.",
        criticality=Criticality.IMPORTANT,
        icon="orders",
        tone="warn",
        path="/orders/{order_id}/",
    )
)


@handles(OrderClosed, name="orders.judge_execution")
def judge_execution(item: OrderClosed, row: OutboxEvent) -> None:
    """Tell the owner when an order that is over was outside their bounds, once for each order."""
    bounds = get_quality_alert(item.owner_id)
    if bounds is None:
        return
    order, words = get_order(item.order_id), []
    slippage = slippage_of_order(order)
    if bounds.worst_slippage_bps is not None and slippage is not None and slippage > bounds.worst_slippage_bps:
        words.append(f"filled {slippage:.1f} bp worse than the price at decision")
    if bounds.slowest_answer_ms is not None and order.sent_at is not None and order.answered_at is not None:
        took = (order.answered_at - order.sent_at).total_seconds() * 1000
        if took > bounds.slowest_answer_ms:
            words.append(f"the exchange took {took:,.0f} ms to answer")
    if words:
        params = {"symbol": order.symbol, "what": " and ".join(words), "order_id": str(order.pk)}
        notify(item.owner_id, POOR.name, params, dedupe_key=f"orders.quality:{order.pk}")
