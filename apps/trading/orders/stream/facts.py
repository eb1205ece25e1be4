"""The database and REST side of a followed account; runs in the account's own thread, inside its tenant."""

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ParamSpec, TypeVar
from uuid import UUID

from django.db import close_old_connections

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.context import PUBLIC, in_schema
from apps.core.tasks import all_schemas
from apps.trading.exchanges.errors import VenueUnavailable
from apps.trading.exchanges.operations import VenuePort, open_venue, record_balances
from apps.trading.exchanges.queries import list_active_connections
from apps.trading.orders import operations
from apps.trading.orders.choices import OrderState
from apps.trading.orders.operations import Report
from apps.trading.orders.queries import find_by_client_id

P = ParamSpec("P")
R = TypeVar("R")

SYSTEM = Actor.system("accounts")
ANSWER_COMING = timedelta(seconds=3)
"""So long the worker that sent an order is left to record the answer itself."""


@dataclass(frozen=True, slots=True)
class Account:
    """A connection of a tenant; one that was set anew has another key, and is followed anew."""

    schema: str
    connection_id: UUID
    key_hint: str = ""


@dataclass
class Threads:
    """A few threads; an account always gets the same one, so that its client is made once."""

    count: int = 8
    _pools: list[ThreadPoolExecutor] = field(default_factory=list)

    def of(self, account: Account) -> ThreadPoolExecutor:
        """Return the thread of an account."""
        if not self._pools:
            self._pools = [ThreadPoolExecutor(1, thread_name_prefix=f"account-{n}") for n in range(self.count)]
        return self._pools[account.connection_id.int % self.count]

    def close(self) -> None:
        """Let the threads end."""
        for pool in self._pools:
            pool.shutdown(wait=True, cancel_futures=True)


def inside(schema: str, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a database function inside a schema, with a connection that was not broken by an earlier failure."""
    close_old_connections()
    try:
        with in_schema(schema):
            return function(*args, **kwargs)
    finally:
        close_old_connections()


def active_accounts() -> list[Account]:
    """Return the active connections of all tenants. Call it in public."""
    found = []
    for schema in all_schemas():
        if schema != PUBLIC:
            with in_schema(schema):
                found += [Account(schema, row.pk, row.key_hint) for row in list_active_connections()]
    return found


def snapshot(account: Account) -> Report:
    """Compare the account with our books; raises VenueUnavailable when that could not be finished."""
    report = operations.reconcile_connection(connection_id=account.connection_id)
    operations.note_stream(account.connection_id, snapshot_at=now(), last_error=report.error)
    if report.error:
        raise VenueUnavailable(reason=report.error)
    return report


def follow_up(account: Account, client_ids: Collection[str]) -> bool:
    """Ask about the orders a socket named, and store the balances; return whether an order was not one of ours.

    An order whose sender is still waiting for the answer is left to it. Raises VenueUnavailable and VenueRefused.
    """
    port = open_venue(account.connection_id)
    is_foreign = settle_named(account, client_ids, port)
    seen_at = now()
    record_balances(actor=SYSTEM, connection_id=account.connection_id, balances=port.balances(), seen_at=seen_at)
    operations.note_stream(account.connection_id, event_at=seen_at)
    return is_foreign


def settle_named(account: Account, client_ids: Collection[str], port: VenuePort) -> bool:
    """Ask about orders of a connection that a socket named; return whether one of them was not ours."""
    is_foreign = False
    for client_id in client_ids:
        order = find_by_client_id(account.connection_id, client_id)
        if order is None:
            is_foreign = True
        elif not _is_answered_soon(order.state, order.sent_at) and not (order.is_final and not order.needs_settling):
            operations.settle_order(order_id=order.pk, port=port, ask_anyway=True)
    return is_foreign


def _is_answered_soon(state: str, sent_at: object) -> bool:
    return state == OrderState.SENT and sent_at is not None and now() - ANSWER_COMING < sent_at  # type: ignore[operator]
