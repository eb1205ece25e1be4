"""When a customer wants to be told of an execution."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory


class QualityAlert(BaseModel):
    """Bounds of one customer; null is none. Basis points of the price at decision; ms from sending to the answer."""

    data_categories: ClassVar = {
        "owner": DataCategory.OPERATIONAL,
        "worst_slippage_bps": DataCategory.FINANCIAL,
        "slowest_answer_ms": DataCategory.OPERATIONAL,
    }

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    worst_slippage_bps = models.PositiveIntegerField(null=True)
    slowest_answer_ms = models.PositiveIntegerField(null=True)

    class Meta:
        app_label = "orders"

    def __str__(self) -> str:
        return f"execution bounds of {self.owner_id}"
