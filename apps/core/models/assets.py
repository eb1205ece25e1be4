"""The assets that amounts are counted in, for all tenants."""

from typing import ClassVar

from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory, Placement
from apps.core.triggers import append_only
from kernel.money import AssetKind


class Asset(BaseModel):
    """An asset: decimals of the ledger (`precision`), of payments (`minor_digits`) and of pages (`display_digits`).

    Rows are added and never changed, because amounts already booked rest on them.
    """

    placement = Placement.PUBLIC
    data_categories: ClassVar = {
        "code": DataCategory.PUBLIC_FACT,
        "kind": DataCategory.PUBLIC_FACT,
        "name": DataCategory.PUBLIC_FACT,
        "precision": DataCategory.PUBLIC_FACT,
        "display_digits": DataCategory.PUBLIC_FACT,
        "minor_digits": DataCategory.PUBLIC_FACT,
        "chain": DataCategory.PUBLIC_FACT,
        "position": DataCategory.PUBLIC_FACT,
    }

    code = models.CharField(max_length=16, unique=True)
    kind = models.CharField(max_length=16, choices=[(kind.value, kind.value.capitalize()) for kind in AssetKind])
    name = models.CharField(max_length=64)
    precision = models.SmallIntegerField()
    display_digits = models.SmallIntegerField()
    minor_digits = models.SmallIntegerField()
    chain = models.CharField(max_length=32, blank=True, default="")
    position = models.SmallIntegerField(default=1000)
    """Where lists show it; the lower first, then by code."""

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(code__regex=r"^[A-Z][A-Z0-9]{1,15}$"), name="asset_code_form"),
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in AssetKind]), name="asset_kind_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(precision__gte=0, precision__lte=18), name="asset_precision_fits_the_ledger"
            ),
            models.CheckConstraint(
                condition=models.Q(minor_digits__gte=0, minor_digits__lte=models.F("precision")),
                name="asset_payments_not_finer",
            ),
            models.CheckConstraint(
                condition=models.Q(display_digits__gte=0, display_digits__lte=models.F("precision")),
                name="asset_pages_not_finer",
            ),
        ]
        triggers: ClassVar = append_only("asset")

    def __str__(self) -> str:
        return self.code
