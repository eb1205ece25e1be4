"""When the timers of keys are due."""

from uuid import UUID

from apps.core import timers
from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.models import Timer
from apps.platform.notifications.operations import notify
from apps.trading.exchanges.operations import nudge_trial, remind_of_age, schedule_trial
from apps.trading.exchanges.operations.keys import ROTATION_TIMER, VERIFY_TIMER
from apps.trading.exchanges.queries import get_connection
from apps.trading.exchanges.topics import KEY_OLD

SYSTEM = Actor.system("exchanges")


@timers.on_timer(VERIFY_TIMER)
def try_again(timer: Timer) -> None:
    """Nudge a worker for a key that still waits, and look again later."""
    connection_id = UUID(timer.key.partition("/")[0])
    if get_connection(connection_id).next_key:
        schedule_trial(connection_id)
        nudge_trial(connection_id)


@timers.on_timer(ROTATION_TIMER)
def remind(timer: Timer) -> None:
    """Tell the owner that a key is old, and again two weeks later."""
    connection = remind_of_age(actor=SYSTEM, connection_id=UUID(timer.key.partition("/")[0]))
    if connection is None:
        return
    days = (now() - (connection.key_since or connection.created_at)).days
    params = {
        "connection": connection.label,
        "connection_id": str(connection.pk),
        "venue": connection.venue.title,
        "days": str(days),
    }
    notify(connection.owner_id, KEY_OLD.name, params, dedupe_key=f"key-old-{connection.pk}-{days}")
