"""Algorithms at the trading desk."""

from typing import ClassVar

from apps.core.desk import Desk, DeskAdmin, OperationAction, desk_admin
from apps.trading.orders.algos import operations
from apps.trading.orders.algos.models import AlgoOrder
from apps.trading.orders.operations.placing import TRADE
from apps.trading.orders.quality.models import QualityAlert


@desk_admin(AlgoOrder)
class AlgoOrderAdmin(DeskAdmin):
    """Large orders that algorithms work off for customers."""

    desk = Desk.TRADING
    list_display: ClassVar = ["created_at", "owner_id", "algo", "side", "quantity", "symbol", "status", "why", "filled"]
    list_filter: ClassVar = ["status", "algo", "symbol"]
    operations = (
        OperationAction(
            name="cancel",
            label="Cancel and take back",
            permission=TRADE,
            run=lambda actor, row, given: operations.cancel_algo(actor=actor, algo_id=row.pk, reason=given["reason"]),
            available=lambda row: not row.is_over,
            is_dangerous=True,
        ),
    )


@desk_admin(QualityAlert)
class QualityAlertAdmin(DeskAdmin):
    """When customers want to be told of an execution."""

    desk = Desk.TRADING
    list_display: ClassVar = ["owner_id", "worst_slippage_bps", "slowest_answer_ms"]
