"""Orders that end at a moment: DAY and GTD, by a timer of ours that survives restarts."""

from uuid import UUID

from apps.core.actors import Actor
from apps.core.models import Timer
from apps.core.timers import on_timer
from apps.trading.orders.choices import ENDS
from apps.trading.orders.errors import OrderAlreadyOver
from apps.trading.orders.operations.cancelling import cancel_order

SYSTEM = Actor.system("orders")


@on_timer(ENDS)
def end_in_time(timer: Timer) -> None:
    """Take an order back at its end; one that is over already stays as it is."""
    try:
        cancel_order(actor=SYSTEM, order_id=UUID(timer.payload["order_id"]), reason="its time is over")
    except OrderAlreadyOver:
        return
