"""Trades made elsewhere, as staff booked them."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.core.triggers import append_only
from apps.trading.orders.staff_trades.choices import InBalance

FINANCIAL, OPERATIONAL = DataCategory.FINANCIAL, DataCategory.OPERATIONAL


def amount_field() -> "models.DecimalField[Any, Any]":
    """Return a column for an amount: 38 digits, 18 of them after the point."""
    return models.DecimalField(max_digits=38, decimal_places=18)


class StaffTrade(BaseModel):
    """One trade that two people booked. Its order and fill carry its id as origin; `reverses` names what it undoes."""

    data_categories: ClassVar = {
        **dict.fromkeys(
            ("owner", "connection", "book", "order", "in_balance", "traded_at", "asked_by", "approved_by", "reverses"),
            OPERATIONAL,
        ),
        **dict.fromkeys(("symbol", "side", "quantity", "price", "fee", "fee_asset", "reason"), FINANCIAL),
    }

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    connection = models.ForeignKey("exchanges.Connection", on_delete=models.PROTECT, related_name="+")
    book = models.ForeignKey("positions.Book", on_delete=models.PROTECT, related_name="+")
    order = models.OneToOneField("orders.Order", on_delete=models.PROTECT, related_name="booked_by_staff")
    symbol = models.CharField(max_length=32)
    side = models.CharField(max_length=4)
    quantity = amount_field()
    price = amount_field()
    fee = amount_field()
    fee_asset = models.CharField(max_length=16)
    in_balance = models.CharField(max_length=8, choices=InBalance.choices)
    traded_at = models.DateTimeField()
    reason = models.CharField(max_length=500)
    asked_by = models.UUIDField()
    approved_by = models.UUIDField()
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="counter")

    class Meta:
        app_label = "orders"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(quantity__gt=0, price__gt=0), name="staff_trade_is_positive"),
            models.CheckConstraint(
                condition=~Q(asked_by=models.F("approved_by")), name="staff_trade_was_seen_by_two"
            ),
        ]  # fmt: skip
        triggers: ClassVar = append_only("stafftrade")

    def __str__(self) -> str:
        return f"{self.side} {self.quantity.normalize():f} {self.symbol}"
