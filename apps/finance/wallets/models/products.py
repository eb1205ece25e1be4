"""What can be earned on: yield and staking products with their dated rates, as staff define them."""

from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q

from apps.core.models import Asset
from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.core.triggers import append_only, no_delete, no_truncate
from apps.finance.wallets.choices_earning import PRODUCT_STATES, DayCount, ProductState
from apps.finance.wallets.models.saving import quantity

OPERATIONAL, FINANCIAL, CONTENT = DataCategory.OPERATIONAL, DataCategory.FINANCIAL, DataCategory.CONTENT
MOST_RATE = 10
"""1,000 %: above it a rate is a slip of the pen."""
PRODUCT_FIELDS: dict[str, DataCategory] = {
    "name": CONTENT,
    "asset": FINANCIAL,
    "minimum": FINANCIAL,
    "capacity": FINANCIAL,
    "compounds": OPERATIONAL,
    "state": OPERATIONAL,
}


def rate_field() -> "models.DecimalField[Any, Any]":
    """Return a column for a rate: 0.05 is 5 %."""
    return models.DecimalField(max_digits=14, decimal_places=12)


def terms_stand(name: str, *more: str) -> pgtrigger.Trigger:
    """Return a trigger that refuses to change what a product promises; new terms are a new product."""
    return pgtrigger.Trigger(
        name=f"{name}_terms_stand",
        operation=pgtrigger.UpdateOf("asset", "minimum", "capacity", "compounds", *more),  # type: ignore[no-untyped-call]
        when=pgtrigger.Before,
        func="RAISE EXCEPTION 'the terms of a product never change' USING ERRCODE = 'check_violation';",
    )


class EarnProduct(BaseModel):
    """What both kinds share. `capacity` bounds what all open positions of one mode put in; empty: no bound.

    A product that compounds adds what it pays to the position; another pays it into the wallet.
    """

    name = models.CharField(max_length=80)
    asset = models.ForeignKey(
        Asset, to_field="code", db_column="asset", db_index=False, on_delete=models.PROTECT, related_name="+"
    )
    minimum = quantity()
    capacity = quantity(null=True)
    compounds = models.BooleanField(default=False)
    state = models.CharField(max_length=12, choices=ProductState.choices, default=ProductState.DRAFT)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class YieldProduct(EarnProduct):
    """Pays an annual rate by the day. `lock_days` full days of interest before it can be paid out; 0: any time."""

    data_categories: ClassVar = {**PRODUCT_FIELDS, "day_count": FINANCIAL, "lock_days": FINANCIAL}

    day_count = models.CharField(max_length=8, choices=DayCount.choices, default=DayCount.ACT_365)
    lock_days = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(minimum__gt=0) & (Q(capacity__isnull=True) | Q(capacity__gt=0)),
                name="yieldproduct_figures_are_positive",
            ),
            models.CheckConstraint(condition=Q(lock_days__lte=3660), name="yieldproduct_lock_has_an_end"),
        ]
        triggers: ClassVar = [
            PRODUCT_STATES.trigger("yieldproduct"),
            terms_stand("yieldproduct", "day_count", "lock_days"),
            no_delete("yieldproduct"),
            no_truncate("yieldproduct"),
        ]


class YieldRate(BaseModel):
    """From the day `valid_from` on, positions of `from_amount` or more earn `rate` a year, all of the amount.

    The rows of one day are one table; the newest table not after a day holds on that day.
    """

    data_categories: ClassVar = {
        "product": OPERATIONAL,
        "valid_from": FINANCIAL,
        "from_amount": FINANCIAL,
        "rate": FINANCIAL,
    }

    product = models.ForeignKey(YieldProduct, on_delete=models.PROTECT, related_name="rates", db_index=False)
    valid_from = models.DateField()
    from_amount = quantity()
    rate = rate_field()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["product", "valid_from", "from_amount"], name="one_yield_rate_per_tier"),
            models.CheckConstraint(
                condition=Q(rate__gte=0, rate__lte=MOST_RATE, from_amount__gte=0), name="yieldrate_is_plausible"
            ),
        ]
        triggers: ClassVar = append_only("yieldrate")

    def __str__(self) -> str:
        return f"{self.rate} from {self.valid_from:%Y-%m-%d}"


class StakingProduct(EarnProduct):
    """Pays a rate per day while bonded. `bonding_days` and `unbonding_days` are how long the way in and out takes."""

    data_categories: ClassVar = {**PRODUCT_FIELDS, "bonding_days": FINANCIAL, "unbonding_days": FINANCIAL}

    bonding_days = models.PositiveSmallIntegerField(default=0)
    unbonding_days = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(minimum__gt=0) & (Q(capacity__isnull=True) | Q(capacity__gt=0)),
                name="stakingproduct_figures_are_positive",
            ),
            models.CheckConstraint(
                condition=Q(bonding_days__lte=366, unbonding_days__lte=366), name="stakingproduct_ways_have_an_end"
            ),
        ]
        triggers: ClassVar = [
            PRODUCT_STATES.trigger("stakingproduct"),
            terms_stand("stakingproduct", "bonding_days", "unbonding_days"),
            no_delete("stakingproduct"),
            no_truncate("stakingproduct"),
        ]


class StakingRate(BaseModel):
    """From the day `valid_from` on, bonded positions earn `rate` a day."""

    data_categories: ClassVar = {"product": OPERATIONAL, "valid_from": FINANCIAL, "rate": FINANCIAL}

    product = models.ForeignKey(StakingProduct, on_delete=models.PROTECT, related_name="rates", db_index=False)
    valid_from = models.DateField()
    rate = rate_field()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["product", "valid_from"], name="one_staking_rate_per_day"),
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lt=1), name="stakingrate_is_plausible"),
        ]
        triggers: ClassVar = append_only("stakingrate")

    def __str__(self) -> str:
        return f"{self.rate} a day from {self.valid_from:%Y-%m-%d}"
