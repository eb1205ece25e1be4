"""What follows from events: a row for each new customer, and a word to a customer whose tier changed."""

from apps.compliance.limits.choices import Tier
from apps.compliance.limits.operations import start_customer
from apps.compliance.limits.topics import TIER_CHANGED
from apps.core.actors import Actor
from apps.core.models import OutboxEvent
from apps.core.outbox import handles
from apps.platform.notifications.operations import notify
from kernel.events.compliance import TierChanged
from kernel.events.platform import UserRegistered


@handles(UserRegistered, name="limits.start_customer")
def start(event: UserRegistered, _row: OutboxEvent) -> None:
    """Show the new customer at the compliance desk."""
    start_customer(actor=Actor.system("limits"), owner_id=event.user_id)


@handles(TierChanged, name="limits.tell_tier_change")
def tell(event: TierChanged, row: OutboxEvent) -> None:
    """Tell the customer, with a link to the limits."""
    params = {"tier": Tier(event.tier).label, "number": event.tier}
    notify(event.user_id, TIER_CHANGED.name, params, dedupe_key=str(row.uid))
