"""What the sandbox does when others report something, and when its timers are due."""

from uuid import UUID

from apps.core import timers
from apps.core.models import OutboxEvent, Timer
from apps.core.outbox import handles
from apps.trading.exchanges.choices import ConnectionState
from apps.trading.exchanges.queries import get_connection
from apps.trading.sandbox.operations.accounts import (
    OPENING_TIMER,
    VENUE,
    nudge_closing,
    nudge_opening,
    schedule_retry,
)
from kernel.events.exchanges import ConnectionRevoked


@handles(ConnectionRevoked, name="sandbox.close_account")
def close_at_exchange(item: ConnectionRevoked, _event: OutboxEvent) -> None:
    """Have the key of a closed paper connection revoked at the exchange."""
    if item.venue == VENUE:
        nudge_closing(item.connection_id)


@timers.on_timer(OPENING_TIMER)
def open_overdue(timer: Timer) -> None:
    """Nudge a worker for an account that is still being opened, and look again later."""
    connection_id = UUID(timer.key.partition("/")[0])
    if get_connection(connection_id).state == ConnectionState.OPENING:
        schedule_retry(connection_id)
        nudge_opening(connection_id)
