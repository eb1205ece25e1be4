"""When charges are made and tried again."""

from uuid import UUID

from apps.core import timers
from apps.core.actors import Actor
from apps.core.models import OutboxEvent, Timer
from apps.core.outbox import handles
from apps.trading.orders.commissions import operations
from apps.trading.orders.commissions.operations.charging import TIMER
from kernel.events.finance import DepositCredited
from kernel.events.trading import OrderClosed, OrderFilled

SYSTEM = Actor.system("orders")


@handles(OrderFilled, name="orders.charge_commission")
def charge(item: OrderFilled, _row: OutboxEvent) -> None:
    """Charge a fill, once."""
    operations.charge_fill(actor=SYSTEM, fill_id=item.fill_id)


@handles(OrderClosed, name="orders.release_commission")
def release(item: OrderClosed, _row: OutboxEvent) -> None:
    """Charge what is not charged of an order that is over, and give back what was held for the rest."""
    operations.release_cover(actor=SYSTEM, order_id=item.order_id)


@handles(DepositCredited, name="orders.charge_after_deposit")
def after_deposit(item: DepositCredited, _row: OutboxEvent) -> None:
    """Book what was due, now that money came in."""
    operations.charge_due(actor=SYSTEM, owner_id=item.owner_id)


@timers.on_timer(TIMER)
def again(timer: Timer) -> None:
    """Try what is due once more."""
    operations.charge_due(actor=SYSTEM, owner_id=UUID(timer.payload["owner_id"]))
