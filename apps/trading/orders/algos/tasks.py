"""Work of algorithms: queue `trading`. A task can run twice, at once, or die half-way."""

from uuid import UUID

from celery import shared_task

from apps.core import work
from apps.core.context import current_schema
from apps.core.tasks import tenant_task
from apps.trading.orders.algos import operations, queries
from apps.trading.orders.algos.choices import WORK

EXPIRES = 5


@tenant_task("orders.advance_algo")
def advance(algo_id: str) -> None:
    """Bring an algorithm as far as it goes now."""
    operations.advance_algo(algo_id=UUID(algo_id))


@shared_task(name="orders.sweep_algos")  # type: ignore[untyped-decorator]  # celery ships no types
def sweep_algos() -> None:
    """Every second: look at the algorithms that are not over, in the tenants that have some."""
    work.sweep(WORK, nudge_algos)


def nudge_algos() -> None:
    """Enqueue a look at each algorithm of this schema; a look that could not start in time is not worth waiting for."""
    schema = current_schema()
    for algo_id in queries.list_going_on():
        advance.apply_async((schema, str(algo_id)), expires=EXPIRES)
