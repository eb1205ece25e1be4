"""Grants that wait a day because nobody else could approve them."""

from uuid import UUID

from apps.core import audit, timers
from apps.core.actors import Actor, ActorKind
from apps.core.models import Timer
from apps.platform.security.operations.roles import ACTION, run_grant


@timers.on_timer(ACTION)
def give_delayed_role(timer: Timer) -> None:
    """Give the role; the audit row names the person who asked."""
    maker = Actor(ActorKind.STAFF, UUID(timer.payload["maker_id"]), timer.payload["maker_id"])
    run_grant(maker, timer.payload)
    audit.record(actor=maker, operation=ACTION, reason=timer.payload["reason"], data={**timer.payload, "delayed": True})
