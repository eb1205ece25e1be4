"""Work of alerts: short, and of one effect however often it runs."""

from celery import shared_task

from apps.core.actors import Actor
from apps.core.context import current_schema
from apps.core.tasks import tenant_task
from apps.trading.instruments import operations, queries

SYSTEM = Actor.system("alerts")
EXPIRES = 4


@tenant_task("instruments.check_alerts")
def check() -> None:
    """Look at the alerts of a tenant."""
    operations.check_alerts(actor=SYSTEM, facts=queries.read_facts(queries.list_watched_symbols()))


@shared_task(name="instruments.sweep_alerts")  # type: ignore[untyped-decorator]  # celery ships no types
def sweep() -> None:
    """Every other second: the net under closed candles, and the look at prices between them."""
    operations.sweep_alerts()


def enqueue() -> None:
    """Enqueue a look in this schema; one that could not start for so long is not worth waiting for."""
    check.apply_async((current_schema(),), expires=EXPIRES)


operations.on_sweep(enqueue)
