"""The personal topic `orders`: every change of an order, after its commit, as the table's row."""

from typing import Any

from django.db import transaction

from apps.core.context import current_schema
from apps.core.live.publishing import publish_to_user
from apps.core.live.topics import Identity, Scope, Topic, register_topic
from apps.trading.orders.models import Order
from apps.trading.orders.shown import row_of, seen_of

TOPIC = "orders"


def register() -> None:
    """Make the topic known."""
    register_topic(Topic(prefix=TOPIC, scope=Scope.USER, snapshot=_snapshot, authorise=lambda _who, _topic: True))


def announce(order: Order) -> None:
    """Publish an order as it is at the commit of the present transaction."""
    schema, owner_id, order_id = current_schema(), order.owner_id, order.pk

    def send() -> None:
        found = Order.objects.filter(pk=order_id).first()
        if found is not None:
            publish_to_user(TOPIC, owner_id, frame(found), schema=schema)

    transaction.on_commit(send, robust=True)


def frame(order: Order) -> dict[str, Any]:
    """Return an order as the topic carries it: the texts of its row, and its result as a plain number."""
    row = row_of(order)
    return {
        "id": row.id,
        "bot_id": "" if order.origin_id is None else str(order.origin_id),
        "time": row.time,
        "side": row.side,
        "kind": row.kind,
        "pair": row.pair,
        "state": order.state,
        "state_sentence": row.state.sentence,
        "state_tone": row.state.tone,
        "size": row.size,
        "wanted": row.wanted,
        "got": row.got,
        "slippage": row.slippage,
        "latency": row.latency,
        "fee": row.fee,
        "seen": seen_of(order),
        "result": "" if order.realised is None else f"{order.realised.normalize():f}",
    }


def _snapshot(identity: Identity, _topic: str) -> dict[str, Any]:
    newest = Order.objects.filter(owner_id=identity.user_id).order_by("-id")[:20]
    return {"rows": [frame(order) for order in newest]}
