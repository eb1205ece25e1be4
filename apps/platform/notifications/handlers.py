"""Which events people are told about."""

from apps.core.models import OutboxEvent
from apps.core.outbox import handles
from apps.platform.notifications.choices import ROLE_CHANGED, WELCOME
from apps.platform.notifications.operations import notify
from kernel.events.platform import RoleChanged, UserRegistered


@handles(UserRegistered, name="notifications.welcome")
def welcome(event: UserRegistered, row: OutboxEvent) -> None:
    """Greet a new person."""
    notify(event.user_id, WELCOME.name, {}, dedupe_key=str(row.uid))


@handles(RoleChanged, name="notifications.role_changed")
def tell_role_change(event: RoleChanged, row: OutboxEvent) -> None:
    """Tell a person that their rights changed."""
    role = event.role.replace("_", " ")
    what = f"You now have the role {role}" if event.granted else f"You no longer have the role {role}"
    notify(event.user_id, ROLE_CHANGED.name, {"what": what}, dedupe_key=str(row.uid))
