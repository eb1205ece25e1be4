"""The personal topic `algos`: every change of a large order that can be seen, after its commit, as the table's row."""

from typing import Any

from apps.core.live.publishing import publish_to_user_after_commit
from apps.core.live.topics import Identity, Scope, Topic, register_topic
from apps.trading.instruments.queries import get_spec, get_specs
from apps.trading.orders.algos.models import AlgoOrder
from apps.trading.orders.algos.queries import list_algos
from apps.trading.orders.algos.shown import row_of, seen_of
from kernel.instruments import InstrumentSpec

TOPIC = "algos"
NEWEST = 20


def register() -> None:
    """Make the topic known."""
    register_topic(Topic(prefix=TOPIC, scope=Scope.USER, snapshot=_snapshot, authorise=lambda _who, _topic: True))


def announce(algo: AlgoOrder) -> None:
    """Publish a large order as it is at the commit of the present transaction."""

    def now_there() -> dict[str, Any] | None:
        found = AlgoOrder.objects.filter(pk=algo.pk).first()
        return None if found is None else frame(found, get_spec(found.symbol))

    publish_to_user_after_commit(TOPIC, algo.owner_id, now_there)


def frame(algo: AlgoOrder, spec: InstrumentSpec) -> dict[str, Any]:
    """Return a large order as the topic carries it: the texts of its row."""
    row = row_of(algo, spec)
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
    found = list_algos(identity.user_id)[:NEWEST]
    specs = get_specs({algo.symbol for algo in found})
    return {"rows": [frame(algo, specs[algo.symbol]) for algo in found]}
