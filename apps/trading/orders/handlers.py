"""Who is told when our books and a venue differ, and what happens when an account is connected."""

from apps.core.actors import Actor
from apps.core.desk import PERMISSIONS, Desk
from apps.core.models import OutboxEvent
from apps.core.outbox import handles
from apps.platform.notifications.operations import notify
from apps.platform.security.queries import list_holders
from apps.trading.exchanges.queries import get_connection
from apps.trading.orders import operations
from apps.trading.orders.choices import IncidentKind
from apps.trading.orders.queries import list_unbooked_fills
from apps.trading.orders.topics import DIFFERS, DIFFERS_AT_DESK
from kernel.events.exchanges import ConnectionActivated
from kernel.events.trading import ReconcileDiffered


@handles(ConnectionActivated, name="orders.open_mirror")
def open_mirror(item: ConnectionActivated, _event: OutboxEvent) -> None:
    """Book what a new account holds.

    An account of which nothing was seen yet, or that has fills from before the ledger, is opened by its first
    comparison.
    """
    if not list_unbooked_fills(item.connection_id, 1):
        operations.open_mirror(actor=Actor.system("orders"), connection_id=item.connection_id)


@handles(ReconcileDiffered, name="orders.tell_difference")
def tell_difference(item: ReconcileDiffered, row: OutboxEvent) -> None:
    """Tell the owner of the account, and everybody who sees the trading desk."""
    what, incident_id = IncidentKind(item.kind).label, str(item.incident_id)
    account = get_connection(item.connection_id).label
    notify(item.owner_id, DIFFERS.name, {"account": account, "what": what}, dedupe_key=str(row.uid))
    for person in list_holders(PERMISSIONS[Desk.TRADING]):
        if person != item.owner_id:
            params = {"incident_id": incident_id, "what": what}
            notify(person, DIFFERS_AT_DESK.name, params, dedupe_key=str(row.uid))
