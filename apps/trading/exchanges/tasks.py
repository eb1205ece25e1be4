"""Work of exchanges that needs a customer's key: queue `trading`."""

from uuid import UUID

from apps.core.tasks import tenant_task
from apps.trading.exchanges import operations


@tenant_task("exchanges.check_connection")
def check(connection_id: str) -> None:
    """Ask the venue for the balances of a connection."""
    operations.check_connection(connection_id=UUID(connection_id))
