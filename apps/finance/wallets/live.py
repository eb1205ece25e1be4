"""The personal topic `wallet`: balances of a mode, after each commit that changed them."""

from typing import Any
from uuid import UUID

from apps.core.live.publishing import publish_to_user_after_commit
from apps.core.live.topics import Identity, Scope, Topic, register_topic
from apps.finance.ledger.choices import Mode
from apps.finance.ledger.queries import get_balances
from kernel.money.exact import plain

TOPIC = "wallet"


def register() -> None:
    """Make the topic known."""
    register_topic(Topic(prefix=TOPIC, scope=Scope.USER, snapshot=_snapshot, authorise=lambda _who, _topic: True))


def announce(owner_id: UUID, mode: str) -> None:
    """Publish the balances of a customer as they are at the commit of the present transaction."""
    publish_to_user_after_commit(TOPIC, owner_id, lambda: frame(owner_id, Mode(mode)))


def frame(owner_id: UUID, mode: Mode) -> dict[str, Any]:
    """Return the accounts of a mode as the topic carries them; amounts are decimal texts."""
    rows = [
        {
            "account_id": str(row.account_id),
            "kind": row.kind,
            "asset": row.asset,
            "amount": f"{plain(row.natural):f}",
            "held": f"{plain(row.held):f}",
            "available": f"{plain(row.available):f}",
        }
        for row in get_balances(owner_id, mode=mode)
    ]
    return {"mode": mode.value, "balances": rows}


def _snapshot(identity: Identity, _topic: str) -> dict[str, Any]:
    return {"modes": [frame(identity.user_id, mode) for mode in Mode]}
