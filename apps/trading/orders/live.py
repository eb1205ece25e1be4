"""The personal topic `orders`: every change of an order, after its commit, as the table's row."""

from typing import Any

from apps.core.live.publishing import publish_to_user_after_commit
from apps.core.live.topics import Identity, Scope, Topic, register_topic
from apps.trading.instruments.queries import get_spec, get_specs
from apps.trading.orders.models import Order
from apps.trading.orders.shown import row_of, seen_of
from kernel.instruments import InstrumentSpec

TOPIC = "orders"


def register() -> None:
    """Make the topic known."""
    register_topic(Topic(prefix=TOPIC, scope=Scope.USER, snapshot=_snapshot, authorise=lambda _who, _topic: True))


def announce(order: Order) -> None:
    """Publish an order as it is at the commit of the present transaction."""

    def now_there() -> dict[str, Any] | None:
        found = Order.objects.filter(pk=order.pk).first()
        return None if found is None else frame(found, get_spec(found.symbol))

    publish_to_user_after_commit(TOPIC, order.owner_id, now_there)


def frame(order: Order, spec: InstrumentSpec) -> dict[str, Any]:
    """Return an order as the topic carries it: the texts of its row, and its result as a plain number."""
    row = row_of(order, spec)
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
    specs = get_specs({order.symbol for order in newest})
    return {"rows": [frame(order, specs[order.symbol]) for order in newest]}
