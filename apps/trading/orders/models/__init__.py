"""Tables of orders."""

from apps.trading.orders.models.accounts import (
    AccountStream,
    BalanceBaseline,
    ExternalOrder,
    FillCursor,
    ReconcileIncident,
)
from apps.trading.orders.models.orders import Fill, Order

__all__ = [
    "AccountStream",
    "BalanceBaseline",
    "ExternalOrder",
    "Fill",
    "FillCursor",
    "Order",
    "ReconcileIncident",
]
