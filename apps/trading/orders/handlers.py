"""Who is told when our books and a venue differ, and what happens when an account is connected."""

from datetime import timedelta
from typing import Any

from django.db import transaction

from apps.core import timers
from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.context import current_schema
from apps.core.desk import PERMISSIONS, Desk
from apps.core.models import OutboxEvent, Timer
from apps.core.outbox import handles
from apps.platform.notifications.operations import notify
from apps.platform.security.queries import list_holders
from apps.trading.exchanges.queries import get_connection
from apps.trading.orders import operations
from apps.trading.orders.choices import IncidentKind, Origin
from apps.trading.orders.queries import list_unbooked_fills
from apps.trading.orders.topics import DIFFERS, DIFFERS_AT_DESK
from kernel.events.exchanges import ConnectionActivated
from kernel.events.positions import HedgeWanted, ReductionWanted
from kernel.events.risk import SwitchEngaged
from kernel.events.trading import OrderClosed, ReconcileDiffered

AGAIN = timedelta(seconds=5)
SYSTEM = Actor.system("orders")


@handles(ConnectionActivated, name="orders.open_mirror")
def open_mirror(item: ConnectionActivated, _event: OutboxEvent) -> None:
    """Book what a new account holds.

    An account of which nothing was seen yet, or that has fills from before the ledger, is opened by its first
    comparison.
    """
    if not list_unbooked_fills(item.connection_id, 1):
        operations.open_mirror(actor=Actor.system("orders"), connection_id=item.connection_id)


@handles(ReductionWanted, name="orders.reduce_contract")
def reduce_contract(item: ReductionWanted, _row: OutboxEvent) -> None:
    """Place the order of a stage of the reduction before liquidation."""
    operations.execute_request(actor=SYSTEM, request_id=item.request_id)


@handles(HedgeWanted, name="orders.hedge")
def hedge(item: HedgeWanted, _row: OutboxEvent) -> None:
    """Place the order of a hedge rule."""
    operations.execute_request(actor=SYSTEM, request_id=item.request_id)


@handles(OrderClosed, name="orders.answer_request")
def answer_request(item: OrderClosed, _row: OutboxEvent) -> None:
    """Tell a reduction or a hedge what its order came to."""
    if item.origin_kind == Origin.GUARD:
        operations.answer_for(actor=SYSTEM, order_id=item.order_id)


STOPS = "orders.stop_scope"
TRIES = 6


@handles(SwitchEngaged, name="orders.stop_scope")
def stop(item: SwitchEngaged, _row: OutboxEvent) -> None:
    """Take back and close at once what an engaged switch reaches; a timer looks again until nothing is left."""
    facts = {
        "switch": str(item.switch_id),
        "scope": item.scope,
        "subject": str(item.subject_id or ""),
        "flatten": item.flatten,
        "tries": TRIES,
    }
    timers.schedule(name=STOPS, key=str(item.switch_id), due_at=now() + AGAIN, payload=facts)
    _stop_after_commit(facts)


@timers.on_timer(STOPS)
def stop_again(timer: Timer) -> None:
    """The net under the first stop: what was in flight then is taken back now."""
    facts = dict(timer.payload)
    facts["tries"] -= 1
    if facts["tries"] > 0:
        timers.schedule(name=STOPS, key=f"{facts['switch']}:{facts['tries']}", due_at=now() + AGAIN, payload=facts)
    _stop_after_commit(facts)


def _stop_after_commit(facts: dict[str, Any]) -> None:
    from apps.trading.orders.tasks import stop_scope  # tasks call the operations

    given = (current_schema(), facts["switch"], facts["scope"], facts["subject"], facts["flatten"])
    transaction.on_commit(lambda: stop_scope.delay(*given), robust=True)


@handles(ReconcileDiffered, name="orders.tell_difference")
def tell_difference(item: ReconcileDiffered, row: OutboxEvent) -> None:
    """Tell the owner of the account, and everybody who sees the trading desk."""
    kind, incident_id = IncidentKind(item.kind), str(item.incident_id)
    account = get_connection(item.connection_id).label
    notify(item.owner_id, DIFFERS.name, {"account": account, "what": kind.told}, dedupe_key=str(row.uid))
    for person in list_holders(PERMISSIONS[Desk.TRADING]):
        if person != item.owner_id:
            params = {"incident_id": incident_id, "what": kind.label}
            notify(person, DIFFERS_AT_DESK.name, params, dedupe_key=str(row.uid))
