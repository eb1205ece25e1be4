"""Background work of back-tests, on the queue `heavy`."""

from uuid import UUID

from celery import shared_task

from apps.core.clock import now
from apps.core.context import PUBLIC, in_schema
from apps.core.tasks import all_schemas, tenant_task
from apps.trading.backtests import queries
from apps.trading.backtests.execution import execute
from apps.trading.backtests.operations import give_back_run
from apps.trading.backtests.operations.requests import enqueue, on_queued
from apps.trading.backtests.operations.work import WORKER


@tenant_task("backtests.run", soft_time_limit=110, time_limit=120)
def run_backtest(run_id: str) -> None:
    """Do one back-test. A message that comes twice does it once: the lease decides."""
    execute(UUID(run_id))


@shared_task(name="backtests.sweep")  # type: ignore[untyped-decorator]  # celery ships no types
def sweep() -> None:
    """Every few seconds: hand out again what waits or ran when its worker or its message was lost."""
    for schema in all_schemas():
        if schema == PUBLIC:
            continue
        with in_schema(schema):
            abandoned = queries.list_abandoned(now())
            for run_id in abandoned:
                give_back_run(actor=WORKER, run_id=run_id)
        for run_id in abandoned:
            enqueue(schema, run_id)


def register() -> None:
    """Say how runs reach the workers (called when the product starts)."""
    on_queued(lambda schema, run_id: run_backtest.delay(schema, str(run_id)))
