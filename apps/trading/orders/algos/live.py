"""The personal topic `algos`: every change of a large order that can be seen, after its commit, as the table's row."""

from typing import Any

from django.db import transaction

from apps.core.context import current_schema
from apps.core.live.publishing import publish_to_user
from apps.core.live.topics import Identity, Scope, Topic, register_topic
from apps.trading.orders.algos.models import AlgoOrder
from apps.trading.orders.algos.queries import list_algos
from apps.trading.orders.algos.shown import row_of, seen_of

TOPIC = "algos"
NEWEST = 20


def register() -> None:
    """Make the topic known."""
    register_topic(Topic(prefix=TOPIC, scope=Scope.USER, snapshot=_snapshot, authorise=lambda _who, _topic: True))


def announce(algo: AlgoOrder) -> None:
    """Publish a large order as it is at the commit of the present transaction."""
    schema, owner_id, algo_id = current_schema(), algo.owner_id, algo.pk

    def send() -> None:
        found = AlgoOrder.objects.filter(pk=algo_id).first()
        if found is not None:
            publish_to_user(TOPIC, owner_id, frame(found), schema=schema)

    transaction.on_commit(send, robust=True)


def frame(algo: AlgoOrder) -> dict[str, Any]:
    """Return a large order as the topic carries it: the texts of its row."""
    row = row_of(algo)
    return {
        "id": row.id,
        "time": row.time,
        "title": row.title,
        "pair": row.pair,
        "side": row.side.capitalize(),
        "status": algo.status,
        "state_sentence": row.state.sentence,
        "state_tone": row.state.tone,
        "size": row.size,
        "filled": row.filled,
        "average": row.average,
        "slippage": row.slippage,
        "seen": seen_of(algo),
    }


def _snapshot(identity: Identity, _topic: str) -> dict[str, Any]:
    return {"rows": [frame(algo) for algo in list_algos(identity.user_id)[:NEWEST]]}
