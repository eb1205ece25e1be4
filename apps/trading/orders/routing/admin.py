"""Routed orders at the trading desk."""

from typing import ClassVar

from apps.core.desk import Desk, DeskAdmin, OperationAction, desk_admin
from apps.trading.orders.operations.placing import TRADE
from apps.trading.orders.routing import operations
from apps.trading.orders.routing.models import RoutedOrder


@desk_admin(RoutedOrder)
class RoutedOrderAdmin(DeskAdmin):
    """Orders that are shared out over customers' accounts."""

    desk = Desk.TRADING
    list_display: ClassVar = ["created_at", "owner_id", "mode", "side", "quantity", "symbol", "status", "why", "filled"]
    list_filter: ClassVar = ["status", "mode", "symbol"]
    operations = (
        OperationAction(
            name="cancel",
            label="Cancel",
            permission=TRADE,
            run=lambda actor, row, given: operations.cancel_route(actor=actor, route_id=row.pk, reason=given["reason"]),
            available=lambda row: not row.is_over,
            is_dangerous=True,
        ),
    )
