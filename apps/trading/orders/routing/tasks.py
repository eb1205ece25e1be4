"""Work of routed orders: queue `trading`. A task can run twice, at once, or die half-way."""

from uuid import UUID

from celery import shared_task

from apps.core import work
from apps.core.context import current_schema
from apps.core.tasks import tenant_task
from apps.trading.orders.routing import operations, queries
from apps.trading.orders.routing.choices import WORK

EXPIRES = 5


@tenant_task("orders.advance_route")
def advance(route_id: str) -> None:
    """Bring a routed order as far as it goes now."""
    operations.advance_route(route_id=UUID(route_id))


@shared_task(name="orders.sweep_routes")  # type: ignore[untyped-decorator]  # celery ships no types
def sweep_routes() -> None:
    """Every second: look at the routed orders that are not over, in the tenants that have some."""
    work.sweep(WORK, nudge_routes)


def nudge_routes() -> None:
    """Enqueue a look at each routed order of this schema."""
    schema = current_schema()
    for route_id in queries.list_going_on():
        advance.apply_async((schema, str(route_id)), expires=EXPIRES)
