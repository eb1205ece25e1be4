"""What makes an algorithm look again, and who is told of its end."""

from uuid import UUID

from django.db import transaction

from apps.core.context import current_schema
from apps.core.models import OutboxEvent
from apps.core.outbox import handles
from apps.core.templatetags.ui import trimmed
from apps.platform.notifications.choices import Criticality, NotificationTopic, declare_topic
from apps.platform.notifications.operations import notify
from apps.trading.orders.algos.choices import WHY
from apps.trading.orders.algos.tasks import advance
from apps.trading.orders.choices import Origin
from kernel.events.execution import AlgoEnded, AlgoPaused
from kernel.events.trading import OrderClosed

ENDED = declare_topic(
    NotificationTopic(
        name="orders.algo_ended",
        title="A large order is over",
        text="{symbol}: {filled} of {quantity} filled. {why}",
        criticality=Criticality.INFO,
        icon="orders",
        tone="good",
        path="/orders/algos/{algo_id}/",
    )
)
PAUSED = declare_topic(
    NotificationTopic(
        name="orders.algo_paused",
        title="A large order stands still",
        text="{why} Look at it and resume or cancel it.",
        criticality=Criticality.IMPORTANT,
        icon="orders",
        tone="warn",
        path="/orders/algos/{algo_id}/",
    )
)


@handles(OrderClosed, name="orders.advance_parent")
def advance_parent(item: OrderClosed, _row: OutboxEvent) -> None:
    """Look at the parent of a child that is over."""
    if item.origin_kind == Origin.ALGO and item.origin_id is not None:
        _look(item.origin_id)


@handles(AlgoEnded, name="orders.tell_algo_ended")
def tell_ended(item: AlgoEnded, row: OutboxEvent) -> None:
    """Tell the owner what came of it."""
    params = {
        "algo_id": str(item.algo_id),
        "symbol": item.symbol,
        "filled": trimmed(item.filled),
        "quantity": trimmed(item.quantity),
        "why": WHY[item.why],
    }
    notify(item.owner_id, ENDED.name, params, dedupe_key=str(row.uid))


@handles(AlgoPaused, name="orders.tell_algo_paused")
def tell_paused(item: AlgoPaused, row: OutboxEvent) -> None:
    """Tell the owner, unless it was a person who paused it."""
    if item.why != "person":
        params = {"algo_id": str(item.algo_id), "why": WHY[item.why]}
        notify(item.owner_id, PAUSED.name, params, dedupe_key=str(row.uid))


def _look(algo_id: UUID) -> None:
    schema = current_schema()
    transaction.on_commit(lambda: advance.delay(schema, str(algo_id)), robust=True)
