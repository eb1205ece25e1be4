"""Changes of positions without an order, each with its reason."""

from typing import ClassVar

from django.db import models

from apps.core.models.base import EntryModel
from apps.core.placement import DataCategory
from apps.core.triggers import append_only
from apps.trading.positions.choices import Correction
from apps.trading.positions.models.columns import amount_field


class PositionCorrection(EntryModel):
    """One opening balance, movement from or to outside, or correction. UNIQUE(key): asked twice, done once."""

    data_categories: ClassVar = {
        "book": DataCategory.OPERATIONAL,
        "symbol": DataCategory.FINANCIAL,
        "kind": DataCategory.OPERATIONAL,
        "quantity": DataCategory.FINANCIAL,
        "price": DataCategory.FINANCIAL,
        "reason": DataCategory.OPERATIONAL,
        "actor": DataCategory.OPERATIONAL,
        "key": DataCategory.OPERATIONAL,
        "fill_id": DataCategory.OPERATIONAL,
    }

    book = models.ForeignKey("positions.Book", on_delete=models.PROTECT, related_name="+")
    symbol = models.CharField(max_length=32)
    kind = models.CharField(max_length=10, choices=Correction.choices)
    quantity = amount_field()
    price = amount_field()
    reason = models.CharField(max_length=200)
    actor = models.CharField(max_length=64)
    key = models.CharField(max_length=64, unique=True)
    fill_id = models.UUIDField(unique=True)

    class Meta:
        triggers: ClassVar = append_only("positioncorrection")

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity.normalize():f} {self.symbol}"
