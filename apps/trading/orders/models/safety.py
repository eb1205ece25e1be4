"""A customer's own limits of orders."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.trading.orders.choices import SelfMatch
from apps.trading.orders.models.orders import amount_field


class OrderSafety(BaseModel):
    """What a customer lets orders do, in quote (USDT): null is the platform's limit, which nobody can raise.

    `confirm_above`: a live order by hand that is worth more asks for a fresh second factor.
    """

    data_categories: ClassVar = {
        "owner": DataCategory.OPERATIONAL,
        "self_match": DataCategory.OPERATIONAL,
        **dict.fromkeys(("confirm_above", "most_per_order", "most_per_day"), DataCategory.FINANCIAL),
    }

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    confirm_above = amount_field(null=True)
    most_per_order = amount_field(null=True)
    most_per_day = amount_field(null=True)
    self_match = models.CharField(max_length=8, choices=SelfMatch.choices, default=SelfMatch.REFUSE)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=(models.Q(confirm_above__isnull=True) | models.Q(confirm_above__gte=0))
                & (models.Q(most_per_order__isnull=True) | models.Q(most_per_order__gt=0))
                & (models.Q(most_per_day__isnull=True) | models.Q(most_per_day__gt=0)),
                name="order_safety_amounts_fit",
            ),
        ]

    def __str__(self) -> str:
        return f"order limits of {self.owner_id}"
