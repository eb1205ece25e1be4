"""The personal topic `risk`: state, switches and limits of a customer, after each commit that changed them."""

from typing import Any
from uuid import UUID

from apps.core.live.publishing import publish_to_user_after_commit
from apps.core.live.topics import Identity, Scope, Topic, register_topic
from apps.trading.risk.gathering import engaged_scope
from apps.trading.risk.models import RiskLimit, RiskStanding

TOPIC = "risk"


def register() -> None:
    """Make the topic known."""
    register_topic(Topic(prefix=TOPIC, scope=Scope.USER, snapshot=_snapshot, authorise=lambda _who, _topic: True))


def announce(owner_id: UUID) -> None:
    """Publish a customer's state after the commit of the present transaction."""
    publish_to_user_after_commit(TOPIC, owner_id, lambda: frame(owner_id))


def frame(owner_id: UUID) -> dict[str, Any]:
    """Return state, switch and limits of a customer as the topic carries them."""
    rows = RiskStanding.objects.filter(owner_id=owner_id, subject_id=owner_id)
    states = {row.is_live: (row.get_state_display(), row.state) for row in rows}
    engaged = engaged_scope(owner_id)
    limits = RiskLimit.objects.filter(owner_id=owner_id, value__isnull=False).order_by("scope", "rule", "target")
    return {
        "limits": [
            {"id": str(row.pk), "rule": row.rule, "target": row.target, "value": f"{row.value.normalize():f}"}
            for row in limits
            if row.value is not None
        ],
        "switch": engaged.value if engaged else "",
        "paper": states.get(False, ("Active", "active"))[1],
        "live": states.get(True, ("Active", "active"))[1],
        "paper_words": states.get(False, ("Active", "active"))[0],
        "live_words": states.get(True, ("Active", "active"))[0],
    }


def _snapshot(identity: Identity, _topic: str) -> dict[str, Any]:
    return frame(identity.user_id)
