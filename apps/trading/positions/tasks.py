"""Work of contract accounts that needs a customer's key: queue `trading`. Each can run twice or die half-way."""

from uuid import UUID

from celery import shared_task

from apps.core import work
from apps.core.context import current_schema
from apps.core.tasks import tenant_task
from apps.trading.positions import operations, queries
from apps.trading.positions.choices import WORK

EXPIRES = 4


@tenant_task("positions.read_contracts")
def read_contracts(account_id: str) -> None:
    """Send what is wanted, then read the account, and decide."""
    operations.advance_account(account_id=UUID(account_id))


@tenant_task("positions.read_all_contracts")
def read_all() -> None:
    """Enqueue a reading of each contract account of this tenant."""
    for account_id in queries.list_readable_contracts():
        read_contracts.apply_async((current_schema(), str(account_id)), expires=EXPIRES)


@shared_task(name="positions.sweep_contracts")  # type: ignore[untyped-decorator]  # celery ships no types
def sweep() -> None:
    """Every few seconds: tenants that have contract accounts."""
    work.sweep(WORK, lambda: read_all.apply_async((current_schema(),), expires=EXPIRES))
