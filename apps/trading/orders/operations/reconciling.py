"""Comparing our books with a venue: settle, read what is open, read what was executed, compare balances.

Safe to repeat and to run at once: a second run changes nothing. Foreign orders are listed and never touched; a
difference becomes an incident; no fill is ever invented.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from apps.core.actors import Actor
from apps.core.clock import now, now_ms
from apps.core.errors import DomainError
from apps.trading.exchanges.errors import VenueRefused, VenueUnavailable
from apps.trading.exchanges.operations import (
    Confirmed,
    VenueFill,
    VenueOrder,
    VenuePort,
    open_venue,
)
from apps.trading.exchanges.queries import get_connection
from apps.trading.orders.choices import IncidentKind
from apps.trading.orders.client_ids import is_ours
from apps.trading.orders.models import ExternalOrder, FillCursor, Order
from apps.trading.orders.operations.comparing import compare_balances
from apps.trading.orders.operations.comparing_contracts import compare_contracts
from apps.trading.orders.operations.incidents import note_incident, resolve_incidents
from apps.trading.orders.operations.recording import record_fills, record_outcome
from apps.trading.orders.operations.settling import PAGE, missing_fills, settle_order
from apps.trading.orders.queries import (
    find_by_client_id,
    list_incidents,
    list_resting,
    list_traded_symbols,
    list_unsettled,
)
from kernel.instruments import is_perpetual

SYSTEM = Actor.system("orders")
OVERLAP_MS = 60_000
"""Executions younger than this are read again next time: venues do not show them in perfect order at once."""


@dataclass
class Report:
    """What a run saw and did. `differences` are the open incidents after it; `error` says why it could not finish.

    `new_contract_fills` are among `new_fills`.
    """

    connection_id: UUID
    venue: str
    settled: int = 0
    unsettled: int = 0
    new_fills: int = 0
    new_contract_fills: int = 0
    external: int = 0
    balances_compared: bool = False
    contracts_compared: bool = False
    differences: list[dict[str, str]] = field(default_factory=list)
    error: str = ""


def reconcile_connection(*, connection_id: UUID, port: VenuePort | None = None) -> Report:
    """Bring what we know of an account up to date and report the differences that remain.

    Raises ConnectionMissing; a venue that does not answer, or a connection that is not active, is `error`.
    """
    connection = get_connection(connection_id)
    report = Report(connection_id, connection.venue.code)
    try:
        _run(connection_id, open_venue(connection_id) if port is None else port, report)
    except (VenueUnavailable, VenueRefused) as reason:
        report.error = reason.text
    except DomainError as reason:
        report.error = reason.text
    report.unsettled = len(list_unsettled(connection_id))
    report.differences = [
        {"kind": row.kind, "subject": row.subject, "expected": row.expected, "found": row.found}
        for row in list_incidents(connection_id)
    ]
    return report


def _run(connection_id: UUID, port: VenuePort, report: Report) -> None:
    for order in list_unsettled(connection_id):
        if not settle_order(order_id=order.pk, port=port).needs_settling:
            report.settled += 1
    _compare_open_orders(connection_id, port, report)
    _read_all(connection_id, port, report)
    report.balances_compared = compare_balances(connection_id, port, lambda: _read_all(connection_id, port, report))
    report.contracts_compared = compare_contracts(connection_id)


def _read_all(connection_id: UUID, port: VenuePort, report: Report) -> None:
    for symbol in list_traded_symbols(connection_id):
        new = read_fills(connection_id, symbol, port)
        report.new_fills += new
        report.new_contract_fills += new if is_perpetual(symbol) else 0


def _compare_open_orders(connection_id: UUID, port: VenuePort, report: Report) -> None:
    resting = {order.client_id: order for order in list_resting(connection_id)}
    shown = port.open_orders()
    if any(is_perpetual(symbol) for symbol in list_traded_symbols(connection_id)):
        shown = [*shown, *port.contract_orders()]
    lost, external = [], []
    for view in shown:
        order = resting.pop(view.client_id, None) or find_by_client_id(connection_id, view.client_id)
        if order is not None:
            _take_view(order, view, port)
        elif is_ours(view.client_id):
            lost.append(view.client_id)
            note_incident(
                connection_id=connection_id, kind=IncidentKind.LOST_INTENT, subject=view.client_id, found=view.status
            )
        else:
            external.append(view)
    resolve_incidents(connection_id=connection_id, kind=IncidentKind.LOST_INTENT, still=lost)
    _list_external(connection_id, external)
    report.external = len(external)
    missing = [order.client_id for order in resting.values() if not _ask_after(order, port)]
    resolve_incidents(connection_id=connection_id, kind=IncidentKind.MISSING_ORDER, still=missing)


def _take_view(order: Order, view: VenueOrder, port: VenuePort) -> None:
    fills = tuple(missing_fills(port, order, view))
    record_outcome(actor=SYSTEM, order_id=order.pk, outcome=Confirmed(view, fills))


def _ask_after(order: Order, port: VenuePort) -> bool:
    """Ask for an order that should rest in the book and is not listed there; return whether the venue knows it."""
    view = port.query(order.symbol, order.client_id)
    if view is not None:
        _take_view(order, view, port)
        return True
    note_incident(
        connection_id=order.connection_id,
        kind=IncidentKind.MISSING_ORDER,
        subject=order.client_id,
        expected=order.state,
        found="not found",
    )
    return False


def _list_external(connection_id: UUID, views: Sequence[VenueOrder]) -> None:
    for view in views:
        ExternalOrder.objects.update_or_create(
            connection_id=connection_id,
            symbol=view.symbol,
            venue_order_id=view.venue_order_id,
            defaults={
                "client_id": view.client_id[:64],
                "side": view.side.value,
                "kind": view.kind.value,
                "status": view.status.value,
                "is_open": True,
                "quantity": view.quantity,
                "filled": view.filled,
                "price": view.price,
                "seen_at": now(),
            },
        )
    gone = ExternalOrder.objects.filter(connection_id=connection_id, is_open=True)
    gone.exclude(venue_order_id__in=[view.venue_order_id for view in views]).update(is_open=False)


def read_fills(connection_id: UUID, symbol: str, port: VenuePort) -> int:
    """Book the executions since the cursor that belong to our orders, move the cursor; return how many were new.

    Raises VenueUnavailable and VenueRefused.
    """
    cursor = FillCursor.objects.filter(connection_id=connection_id, symbol=symbol).first()
    since = None if cursor is None else cursor.trade_id
    new, settled_before = 0, now_ms() - OVERLAP_MS
    while True:
        page = port.fills(symbol, since)
        new += _book_page(connection_id, symbol, page)
        old = [fill.trade_id for fill in page if fill.at_ms < settled_before]
        if old:
            FillCursor.objects.update_or_create(
                connection_id=connection_id, symbol=symbol, defaults={"trade_id": old[-1]}
            )
        if len(page) < PAGE or since == page[-1].trade_id:
            return new
        since = page[-1].trade_id


def _book_page(connection_id: UUID, symbol: str, page: Sequence[VenueFill]) -> int:
    by_order: dict[str, list[VenueFill]] = {}
    for fill in page:
        by_order.setdefault(fill.venue_order_id, []).append(fill)
    ours = Order.objects.filter(connection_id=connection_id, symbol=symbol, venue_order_id__in=list(by_order))
    new = 0
    for order in ours:
        known = set(order.fills.values_list("trade_id", flat=True))
        fills = [fill for fill in by_order[order.venue_order_id] if fill.trade_id not in known]
        if fills:
            record_fills(actor=SYSTEM, order_id=order.pk, fills=fills)
            new += len(fills)
    return new
