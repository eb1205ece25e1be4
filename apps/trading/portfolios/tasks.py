"""Work of portfolios: short, and of one effect however often it runs."""

import logging
from uuid import UUID

from celery import shared_task

from apps.core import work
from apps.core.actors import Actor
from apps.core.context import current_schema
from apps.core.tasks import tenant_task
from apps.trading.portfolios import alerting, operations, queries, rebalancing
from apps.trading.portfolios.choices import REBALANCING, SAMPLING
from apps.trading.portfolios.valuing import Prices

logger = logging.getLogger("outcry.portfolios")
SYSTEM = Actor.system("portfolios")
CHUNK = 200
EXPIRES = 50


@tenant_task("portfolios.sample")
def sample(after: str = "") -> None:
    """Note the values of one chunk of a tenant's portfolios, then enqueue the next; one that fails stops no other."""
    rows, prices = queries.list_to_sample(UUID(after) if after else None, CHUNK), dict[str, Prices]()
    for row in rows:
        try:
            operations.sample_portfolio(actor=SYSTEM, portfolio_id=row.pk, prices=prices)
        except Exception:
            logger.exception("a value could not be noted", extra={"portfolio": str(row.pk)})
    if not after:
        look_at_results(prices)
    if len(rows) == CHUNK:
        sample.delay(current_schema(), str(rows[-1].pk))


def look_at_results(prices: dict[str, Prices]) -> None:
    """Look at every alert on results of this schema, at prices by currency; one that fails stops no other."""
    for alert_id in alerting.list_alert_ids():
        try:
            operations.look_at_result(actor=SYSTEM, alert_id=alert_id, prices=prices)
        except Exception:
            logger.exception("an alert on results could not be looked at", extra={"alert": str(alert_id)})


@shared_task(name="portfolios.sweep")  # type: ignore[untyped-decorator]  # celery ships no types
def sweep() -> None:
    """Every minute: note the values in the tenants that have portfolios."""
    work.sweep(SAMPLING, lambda: sample.apply_async((current_schema(),), expires=EXPIRES))


@tenant_task("portfolios.advance")
def advance(plan_id: str) -> None:
    """Do what a rebalancing lacks."""
    operations.advance_rebalance(plan_id=UUID(plan_id))


@tenant_task("portfolios.deliver")
def deliver(delivery_id: str) -> None:
    """Try to send the results of a day, once."""
    operations.deliver(delivery_id=UUID(delivery_id))


@shared_task(name="portfolios.sweep_plans")  # type: ignore[untyped-decorator]
def sweep_plans() -> None:
    """Every few seconds: the net under closed orders, in the tenants where a rebalancing is under way."""
    work.sweep(REBALANCING, nudge_plans)


def nudge_plans() -> None:
    """Enqueue a look at each rebalancing of this schema."""
    for plan_id in rebalancing.list_running():
        advance.delay(current_schema(), str(plan_id))
