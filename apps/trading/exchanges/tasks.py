"""Work of exchanges that needs a customer's key: queue `trading`. Each can run twice or die half-way."""

from uuid import UUID

from celery import shared_task

from apps.core.actors import Actor
from apps.core.tasks import tenant_task
from apps.trading.exchanges import operations


@tenant_task("exchanges.check_connection")
def check(connection_id: str) -> None:
    """Ask the venue for the balances of a connection."""
    operations.check_connection(connection_id=UUID(connection_id))


@tenant_task("exchanges.verify_key")
def verify_key(connection_id: str) -> None:
    """Try the key that waits at a connection."""
    operations.try_key(connection_id=UUID(connection_id))


@shared_task(name="exchanges.watch")  # type: ignore[untyped-decorator]  # celery ships no types
def watch() -> None:
    """Every half minute: judge how the exchanges are and write it down."""
    operations.record_states(actor=Actor.system("exchanges"))
