"""Exchange rates that staff enter or import: currencies against each other, and stablecoins against currencies."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from apps.core.models import Asset
from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.core.triggers import append_only


class FiatRate(BaseModel):
    """One `base` was worth `rate` of `quote` as of a moment, says `source`. Rows are added, never changed."""

    data_categories: ClassVar = {
        "base": DataCategory.FINANCIAL,
        "quote": DataCategory.FINANCIAL,
        "rate": DataCategory.FINANCIAL,
        "as_of": DataCategory.FINANCIAL,
        "source": DataCategory.OPERATIONAL,
    }

    base = models.ForeignKey(
        Asset, to_field="code", db_column="base", db_index=False, on_delete=models.PROTECT, related_name="+"
    )
    quote = models.ForeignKey(
        Asset, to_field="code", db_column="quote", db_index=False, on_delete=models.PROTECT, related_name="+"
    )
    rate = models.DecimalField(max_digits=38, decimal_places=18)
    as_of = models.DateTimeField()
    source = models.CharField(max_length=60)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["base", "quote", "as_of", "source"], name="one_fiat_rate_per_moment"),
            models.CheckConstraint(condition=Q(rate__gt=0), name="fiatrate_is_positive"),
            models.CheckConstraint(condition=~Q(base=F("quote")), name="fiatrate_has_two_assets"),
        ]
        triggers: ClassVar = append_only("fiatrate")

    def __str__(self) -> str:
        return f"{self.base_id}/{self.quote_id} {self.rate}"
