"""What closed orders and due moments mean to a rebalancing."""

from datetime import date, datetime
from uuid import UUID

from apps.core import timers
from apps.core.actors import Actor
from apps.core.models import OutboxEvent, Timer
from apps.core.outbox import handles
from apps.trading.orders.choices import Origin
from apps.trading.portfolios.operations import close_day, deliver_again, enqueue, run_schedule
from apps.trading.portfolios.operations.scheduling import TIMER
from apps.trading.portfolios.operations.webhooks import DAY_OVER, TRY_AGAIN
from kernel.events.trading import OrderClosed


@handles(OrderClosed, name="portfolios.advance_rebalance")
def advance_rebalance(item: OrderClosed, _row: OutboxEvent) -> None:
    """Look at the rebalancing whose order is over."""
    if item.origin_kind == Origin.REBALANCE and item.origin_id is not None:
        enqueue(item.origin_id)


@timers.on_timer(TIMER)
def rebalance_when_due(timer: Timer) -> None:
    """Look at a portfolio that is rebalanced by schedule."""
    facts = timer.payload
    due_at = datetime.fromisoformat(facts["due_at"])
    run_schedule(actor=Actor.system("portfolios"), schedule_id=UUID(facts["schedule"]), due_at=due_at)


@timers.on_timer(DAY_OVER)
def close_day_when_over(timer: Timer) -> None:
    """Write down what a day brought and have it sent."""
    facts = timer.payload
    actor, day = Actor.system("portfolios"), date.fromisoformat(facts["day"])
    close_day(actor=actor, webhook_id=UUID(facts["webhook"]), day=day)


@timers.on_timer(TRY_AGAIN)
def try_again(timer: Timer) -> None:
    """Have a message that was not delivered tried once more."""
    deliver_again(UUID(timer.payload["delivery"]))
