"""Work of the sandbox on queue `trading`: it talks to the exchange and seals keys."""

from uuid import UUID

from apps.core.tasks import tenant_task
from apps.trading.sandbox import operations
from apps.trading.sandbox.errors import SandboxAway

RETRY = {"autoretry_for": (SandboxAway,), "retry_backoff": 2, "retry_backoff_max": 60, "max_retries": 30}


@tenant_task("sandbox.open_account", **RETRY)
def open_account(connection_id: str) -> None:
    """Open the paper account of a connection."""
    operations.finish_paper_account(connection_id=UUID(connection_id))


@tenant_task("sandbox.close_account", **RETRY)
def close_account(connection_id: str) -> None:
    """Revoke the key of a closed connection."""
    operations.close_paper_account(connection_id=UUID(connection_id))
