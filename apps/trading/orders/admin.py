"""Orders, fills and differences at the trading desk."""

from typing import ClassVar

from django.urls import reverse

from apps.core.desk import Desk, DeskAdmin, LedgerAdmin, OperationAction, Queue, add_queue, desk_admin
from apps.trading.orders import operations, queries
from apps.trading.orders.algos import admin as algos_admin  # noqa: F401 - registers itself
from apps.trading.orders.commissions import admin as commissions_admin  # noqa: F401 - registers itself
from apps.trading.orders.models import ExternalOrder, Fill, Order, OrderGroup, OrderSafety, ReconcileIncident
from apps.trading.orders.routing import admin as routing_admin  # noqa: F401 - registers itself
from apps.trading.orders.staff_trades import admin as staff_trades_admin  # noqa: F401 - registers itself


@desk_admin(Order)
class OrderAdmin(DeskAdmin):
    """Orders of the tenant's customers."""

    desk = Desk.TRADING
    list_display: ClassVar = ["created_at", "owner_id", "side", "quantity", "symbol", "state", "filled", "reject_code"]
    list_filter: ClassVar = ["state", "symbol", "origin_kind"]
    operations = (
        OperationAction(
            name="cancel",
            label="Cancel order",
            permission=operations.TRADE,
            run=lambda actor, row, given: operations.cancel_order(actor=actor, order_id=row.pk, reason=given["reason"]),
            available=lambda row: not row.is_final,
            is_dangerous=True,
        ),
    )


@desk_admin(OrderGroup)
class OrderGroupAdmin(DeskAdmin):
    """Orders that belong together."""

    desk = Desk.TRADING
    list_display: ClassVar = ["created_at", "owner_id", "kind", "side", "symbol", "quantity", "covered", "state"]
    list_filter: ClassVar = ["state", "kind"]


@desk_admin(OrderSafety)
class OrderSafetyAdmin(DeskAdmin):
    """Limits that customers set themselves."""

    desk = Desk.TRADING
    list_display: ClassVar = ["owner_id", "confirm_above", "most_per_order", "most_per_day", "self_match"]


@desk_admin(Fill)
class FillAdmin(LedgerAdmin):
    """Executions."""

    desk = Desk.TRADING
    list_display: ClassVar = ["at", "symbol", "side", "quantity", "price", "fee", "fee_asset", "trade_id"]


@desk_admin(ReconcileIncident)
class ReconcileIncidentAdmin(DeskAdmin):
    """Where our books and a venue differ."""

    desk = Desk.TRADING
    list_display: ClassVar = ["created_at", "kind", "subject", "expected", "found", "seen_at", "resolved_at"]
    list_filter: ClassVar = ["kind"]


@desk_admin(ExternalOrder)
class ExternalOrderAdmin(DeskAdmin):
    """Orders on customers' accounts that were not placed here."""

    desk = Desk.TRADING
    list_display: ClassVar = ["symbol", "side", "quantity", "filled", "status", "is_open", "seen_at"]


add_queue(
    Queue(
        desk=Desk.TRADING,
        title="Differences to the venues",
        count=lambda: queries.list_incidents().count(),
        url=lambda: f"{reverse('admin:orders_reconcileincident_changelist')}?resolved_at__isnull=True",
    )
)
