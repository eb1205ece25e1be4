"""Background work of back-tests, on the queue `heavy`."""

from uuid import UUID

from celery import shared_task

from apps.core.clock import now
from apps.core.context import PUBLIC, current_schema, in_schema
from apps.core.tasks import all_schemas, tenant_task
from apps.trading.backtests import queries, study_queries
from apps.trading.backtests.execution import execute
from apps.trading.backtests.operations import give_back_run, give_back_study
from apps.trading.backtests.operations.requests import enqueue, on_queued
from apps.trading.backtests.operations.studies import hand_out, on_study_queued
from apps.trading.backtests.operations.work import WORKER
from apps.trading.backtests.study_execution import work_on


@tenant_task("backtests.run", soft_time_limit=110, time_limit=120)
def run_backtest(run_id: str) -> None:
    """Do one back-test. A message that comes twice does it once: the lease decides."""
    execute(UUID(run_id))


@tenant_task("backtests.study_part", soft_time_limit=110, time_limit=120)
def study_part(study_id: str) -> None:
    """Do one part of a study and hand out the next. A message that comes twice finds nothing, or the next part."""
    if work_on(UUID(study_id)):
        hand_out(current_schema(), UUID(study_id))


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
            silent = study_queries.list_silent_studies(now())
            for study_id in silent:
                give_back_study(actor=WORKER, study_id=study_id)
        for run_id in abandoned:
            enqueue(schema, run_id)
        for study_id in silent:
            hand_out(schema, study_id)


def register() -> None:
    """Say how runs reach the workers (called when the product starts)."""
    on_queued(lambda schema, run_id: run_backtest.delay(schema, str(run_id)))
    on_study_queued(lambda schema, study_id: study_part.delay(schema, str(study_id)))
