"""The personal topic `risk`: state and switches of a customer, after each commit that changed them."""

from typing import Any
from uuid import UUID

from django.db import transaction

from apps.core.context import current_schema
from apps.core.live.publishing import publish_to_user
from apps.core.live.topics import Identity, Scope, Topic, register_topic
from apps.trading.risk.gathering import engaged_scope
from apps.trading.risk.models import RiskStanding

TOPIC = "risk"


def register() -> None:
    """Make the topic known."""
    register_topic(Topic(prefix=TOPIC, scope=Scope.USER, snapshot=_snapshot, authorise=lambda _who, _topic: True))


def announce(owner_id: UUID) -> None:
    """Publish a customer's state after the commit of the present transaction."""
    schema = current_schema()
    transaction.on_commit(lambda: publish_to_user(TOPIC, owner_id, frame(owner_id), schema=schema), robust=True)


def frame(owner_id: UUID) -> dict[str, Any]:
    """Return state and switch of a customer as the topic carries them."""
    rows = RiskStanding.objects.filter(owner_id=owner_id, subject_id=owner_id)
    states = {row.is_live: (row.get_state_display(), row.state) for row in rows}
    engaged = engaged_scope(owner_id)
    return {
        "switch": engaged.value if engaged else "",
        "paper": states.get(False, ("Active", "active"))[1],
        "live": states.get(True, ("Active", "active"))[1],
        "paper_words": states.get(False, ("Active", "active"))[0],
        "live_words": states.get(True, ("Active", "active"))[0],
    }


def _snapshot(identity: Identity, _topic: str) -> dict[str, Any]:
    return frame(identity.user_id)
