"""The personal topic `positions`: each booked fill puts the position's new figures on it, after the commit."""

from typing import Any

from django.db import transaction

from apps.core.context import current_schema
from apps.core.live.publishing import publish_to_user
from apps.core.live.topics import Identity, Scope, Topic, register_topic
from apps.trading.positions.models import Position
from apps.trading.positions.queries import list_positions, value_position

TOPIC = "positions"


def register() -> None:
    """Make the topic known."""
    register_topic(Topic(prefix=TOPIC, scope=Scope.USER, snapshot=_snapshot, authorise=lambda _who, _topic: True))


def announce(position: Position) -> None:
    """Publish a position after the commit of the present transaction."""
    schema, owner_id = current_schema(), position.book.owner_id
    transaction.on_commit(lambda: publish_to_user(TOPIC, owner_id, frame(position), schema=schema), robust=True)


def frame(position: Position) -> dict[str, Any]:
    """Return a position as the topic carries it; numbers are texts."""
    value = value_position(position)
    return {
        "id": str(position.pk),
        "book_id": str(position.book_id),
        "symbol": position.symbol,
        "quantity": plain(position.quantity),
        "entry": plain(value.entry),
        "mark": plain(value.mark.price if value.mark else None),
        "mark_at": value.mark.at.isoformat() if value.mark else "",
        "unrealised": plain(value.unrealised),
        "realised": plain(position.realised_average),
        "fees": plain(position.fees),
        "net": plain(value.net),
    }


def plain(amount: Any) -> str:
    """Return an amount as text without trailing zeros, "" for None."""
    return "" if amount is None else f"{amount.normalize():f}"


def _snapshot(identity: Identity, _topic: str) -> dict[str, Any]:
    return {"rows": [frame(row) for row in list_positions(identity.user_id, is_open=True)[:100]]}
