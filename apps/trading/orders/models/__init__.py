"""Tables of orders."""

from apps.trading.orders.algos.models import AlgoOrder
from apps.trading.orders.commissions.models import (
    CommissionCharge,
    CommissionPromotion,
    CommissionRate,
    CommissionSchedule,
    CommissionVolume,
    OrderCommission,
)
from apps.trading.orders.models.accounts import (
    AccountStream,
    BalanceBaseline,
    ExternalOrder,
    FillCursor,
    ReconcileIncident,
)
from apps.trading.orders.models.orders import Fill, Order, OrderGroup
from apps.trading.orders.models.safety import OrderSafety
from apps.trading.orders.quality.models import QualityAlert
from apps.trading.orders.routing.models import RoutedOrder
from apps.trading.orders.staff_trades.models import StaffTrade

__all__ = [
    "AccountStream",
    "AlgoOrder",
    "BalanceBaseline",
    "CommissionCharge",
    "CommissionPromotion",
    "CommissionRate",
    "CommissionSchedule",
    "CommissionVolume",
    "ExternalOrder",
    "Fill",
    "FillCursor",
    "Order",
    "OrderCommission",
    "OrderGroup",
    "OrderSafety",
    "QualityAlert",
    "ReconcileIncident",
    "RoutedOrder",
    "StaffTrade",
]
