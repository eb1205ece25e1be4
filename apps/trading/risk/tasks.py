"""Work of risk: reviews after fills, the monitor over all standings, following the platform's switch."""

import logging
from uuid import UUID

from celery import shared_task
from django.db import transaction

from apps.core.actors import Actor
from apps.core.context import current_schema
from apps.core.tasks import tenant_task
from apps.platform.tenants.queries import list_active_tenants
from apps.trading.risk import operations, queries
from apps.trading.risk.choices import Scope
from apps.trading.risk.models import RiskStanding
from apps.trading.risk.valuing import Prices

logger = logging.getLogger("outcry.risk")
SYSTEM = Actor.system("risk")
CHUNK = 200


@tenant_task("risk.review_owner")
def review_owner(owner_id: str) -> None:
    """Review all standings of a customer and of the customer's bots."""
    review_rows(list(RiskStanding.objects.filter(owner_id=UUID(owner_id)).order_by("id")))


@tenant_task("risk.monitor")
def monitor(after: str = "") -> None:
    """Review one chunk of a tenant's standings, then enqueue the next; each row is a transaction of its own."""
    if not after:
        operations.follow_platform(actor=SYSTEM)
    rows = queries.list_standings(UUID(after) if after else None, CHUNK)
    review_rows(rows)
    if len(rows) == CHUNK:
        monitor.delay(current_schema(), str(rows[-1].pk))


@shared_task(name="risk.monitor_all")  # type: ignore[untyped-decorator]  # celery ships no types
def monitor_all() -> None:
    """Every minute: start the monitor of each tenant."""
    for tenant in list_active_tenants():
        monitor.delay(tenant.schema)


@tenant_task("risk.follow_platform")
def follow() -> None:
    """Follow the platform's kill switch."""
    operations.follow_platform(actor=SYSTEM)


def review_rows(rows: list[RiskStanding]) -> int:
    """Review standings with prices that are read once; one that fails stops no other. Return how many were done."""
    prices, done = Prices(), 0
    for row in rows:
        try:
            operations.review(
                actor=SYSTEM,
                scope=Scope(row.scope).value,
                subject_id=row.subject_id,
                owner_id=row.owner_id,
                is_live=row.is_live,
                prices=prices,
            )
            if row.scope == Scope.CUSTOMER:
                operations.store_measures(actor=SYSTEM, owner_id=row.owner_id, is_live=row.is_live, prices=prices)
            done += 1
        except Exception:
            logger.exception("review failed", extra={"standing": str(row.pk)})
    return done


def enqueue_review(owner_id: str) -> None:
    """Enqueue a review of a customer after the commit of the present transaction."""
    schema = current_schema()
    transaction.on_commit(lambda: review_owner.delay(schema, owner_id), robust=True)
