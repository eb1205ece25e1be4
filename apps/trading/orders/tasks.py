"""Work of orders that needs a customer's key: queue `trading`. Each task can run twice, at once, or die half-way."""

from decimal import Decimal
from uuid import UUID

from celery import shared_task

from apps.core import work
from apps.core.actors import Actor
from apps.core.context import PUBLIC, current_schema, in_schema
from apps.core.tasks import all_schemas, tenant_task
from apps.trading.exchanges.queries import list_active_connections
from apps.trading.orders import operations, queries
from apps.trading.orders.choices import HELD_WORK, NOT_LEFT, WORK, OrderState

SYSTEM = Actor.system("orders")
HELD_EXPIRES = 3


@tenant_task("orders.send")
def send(order_id: str) -> None:
    """Send an intent, once."""
    operations.send_order(order_id=UUID(order_id))


@tenant_task("orders.cancel")
def cancel(order_id: str) -> None:
    """Tell the venue to take an order back."""
    operations.transmit_cancel(order_id=UUID(order_id))


@tenant_task("orders.settle")
def settle(order_id: str) -> None:
    """Ask the venue about an order, and cancel it if that was wanted."""
    order = operations.settle_order(order_id=UUID(order_id))
    if order.cancel_requested_at is not None and not order.is_final:
        operations.transmit_cancel(order_id=order.pk)


@tenant_task("orders.reconcile")
def reconcile(connection_id: str) -> None:
    """Compare an account with our books."""
    operations.reconcile_connection(connection_id=UUID(connection_id))


@tenant_task("orders.amend")
def amend(order_id: str, quantity: str) -> None:
    """Have the venue make an order smaller where it stands."""
    operations.transmit_amend(order_id=UUID(order_id), quantity=Decimal(quantity))


@tenant_task("orders.replace")
def replace(order_id: str) -> None:
    """Set an order off whose first is over."""
    operations.advance_replacement(actor=SYSTEM, order_id=UUID(order_id))


@tenant_task("orders.send_group")
def send_group(group_id: str) -> None:
    """Send two exits as one list, once."""
    operations.send_group(group_id=UUID(group_id))


@tenant_task("orders.advance_group")
def advance_group(group_id: str) -> None:
    """Do what a group of orders lacks."""
    operations.advance_group(actor=SYSTEM, group_id=UUID(group_id))


@tenant_task("orders.stop_scope")
def stop_scope(switch_id: str, scope: str, subject_id: str, flatten: bool) -> None:
    """Take back what is open in the scope of an engaged switch, then close its positions."""
    operations.stop_scope(
        switch_id=UUID(switch_id), scope=scope, subject_id=UUID(subject_id) if subject_id else None, flatten=flatten
    )


@tenant_task("orders.take_back")
def take_back(order_ids: list[str], switch_id: str, scope: str, subject_id: str, flatten: bool) -> None:
    """Take back the orders of one account for an engaged switch; whoever is the last closes its positions."""
    operations.take_back_all(order_ids=[UUID(order_id) for order_id in order_ids], all_of_account=scope != "bot")
    operations.close_scope(
        switch_id=UUID(switch_id), scope=scope, subject_id=UUID(subject_id) if subject_id else None, flatten=flatten
    )


@tenant_task("orders.read_executions")
def read_executions(connection_id: str, symbol: str) -> None:
    """Book executions of our contract orders that the account's list shows."""
    operations.read_executions(connection_id=UUID(connection_id), symbol=symbol)


@tenant_task("orders.look_at_held")
def look_at_held() -> None:
    """Set off what the platform holds and checked prices meet."""
    operations.look_at_held()


@shared_task(name="orders.sweep_held")  # type: ignore[untyped-decorator]
def sweep_held() -> None:
    """Every second: look at orders that the platform holds, in the tenants that have some."""
    work.sweep(HELD_WORK, nudge_held)


def nudge_held() -> None:
    """Enqueue a look in this schema; one that could not start for so long is not worth waiting for."""
    look_at_held.apply_async((current_schema(),), expires=HELD_EXPIRES)


@shared_task(name="orders.sweep")  # type: ignore[untyped-decorator]  # celery ships no types
def sweep() -> None:
    """Every few seconds: the net under the nudges, for orders by hand (bots look after their own).

    Opens only tenants with an order to check (whoever sets `check_at` enters them into the index of work).
    """
    work.sweep(WORK, nudge_due)


@shared_task(name="orders.reconcile_all")  # type: ignore[untyped-decorator]
def reconcile_all() -> None:
    """Every minute: compare every active account with our books."""
    for schema in all_schemas():
        if schema != PUBLIC:
            with in_schema(schema):
                for connection in list_active_connections():
                    reconcile.delay(schema, str(connection.pk))


TASKS = {OrderState.INTENT: send, OrderState.HELD: replace}


def nudge_due() -> None:
    """Enqueue what is due in this schema."""
    schema = current_schema()
    for order in queries.list_orders_to_check():
        task = TASKS.get(OrderState(order.state), settle)
        if order.cancel_requested_at is not None and order.state in NOT_LEFT:
            task = cancel
        task.delay(schema, str(order.pk))
    for group_id in queries.list_groups_to_check():
        advance_group.delay(schema, str(group_id))
