"""The instruments of all venues."""

from typing import ClassVar

from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory, Placement


class Instrument(BaseModel):
    """A spot pair: `tick` is the price step in quote, `lot` the quantity step in base. Facts of the venue."""

    placement = Placement.PUBLIC
    data_categories: ClassVar = {
        "symbol": DataCategory.PUBLIC_FACT,
        "base": DataCategory.PUBLIC_FACT,
        "quote": DataCategory.PUBLIC_FACT,
        "tick": DataCategory.PUBLIC_FACT,
        "lot": DataCategory.PUBLIC_FACT,
        "min_quantity": DataCategory.PUBLIC_FACT,
        "max_quantity": DataCategory.PUBLIC_FACT,
        "min_notional": DataCategory.PUBLIC_FACT,
        "is_active": DataCategory.PUBLIC_FACT,
    }

    symbol = models.CharField(max_length=32, unique=True)
    base = models.CharField(max_length=16)
    quote = models.CharField(max_length=16)
    tick = models.DecimalField(max_digits=38, decimal_places=18)
    lot = models.DecimalField(max_digits=38, decimal_places=18)
    min_quantity = models.DecimalField(max_digits=38, decimal_places=18)
    max_quantity = models.DecimalField(max_digits=38, decimal_places=18)
    min_notional = models.DecimalField(max_digits=38, decimal_places=18)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(symbol__regex=r"^[A-Z0-9]{2,32}$"), name="instrument_symbol_form"
            ),
            models.CheckConstraint(
                condition=models.Q(tick__gt=0, lot__gt=0, min_quantity__gte=0, min_notional__gte=0)
                & models.Q(max_quantity__gte=models.F("min_quantity")),
                name="instrument_grid_is_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.symbol
