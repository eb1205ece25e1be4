"""Positions in yield products and staking, what accrued on them day by day, and what a day cost the house."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.core.triggers import append_only, no_delete, no_truncate
from apps.finance.ledger.choices import Mode
from apps.finance.wallets.choices_earning import STAKE_STATES, YIELD_STATES, StakeState, YieldState
from apps.finance.wallets.models.products import StakingProduct, YieldProduct, rate_field
from apps.finance.wallets.models.saving import quantity

OPERATIONAL, FINANCIAL = DataCategory.OPERATIONAL, DataCategory.FINANCIAL


class YieldPosition(BaseModel):
    """Money in a yield product. It is in the ledger account of kind earn whose subject is the position.

    `amount` is what was put in, `accrued_through` the last day that has accrued (at first the day of opening, which
    earns nothing). `unlocks_at` is the first moment of paying out; empty for a product without a lock. `last_day` is
    the last day that earns, known once the money is asked back.
    """

    data_categories: ClassVar = {
        "owner": OPERATIONAL,
        "product": OPERATIONAL,
        "mode": OPERATIONAL,
        "amount": FINANCIAL,
        "state": OPERATIONAL,
        "accrued_through": OPERATIONAL,
        "unlocks_at": OPERATIONAL,
        "last_day": OPERATIONAL,
        "redeem_asked_at": OPERATIONAL,
        "closed_at": OPERATIONAL,
        "paid_out": FINANCIAL,
    }

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    product = models.ForeignKey(YieldProduct, on_delete=models.PROTECT, related_name="positions")
    mode = models.CharField(max_length=8, choices=Mode.choices)
    amount = quantity()
    state = models.CharField(max_length=12, choices=YieldState.choices, default=YieldState.ACTIVE)
    accrued_through = models.DateField()
    unlocks_at = models.DateTimeField(null=True)
    last_day = models.DateField(null=True)
    redeem_asked_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    paid_out = quantity(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["owner", "-id"], name="yieldposition_by_owner"),
            models.Index(
                fields=["product", "accrued_through"],
                condition=~Q(state=YieldState.CLOSED.value),
                name="yieldposition_to_accrue",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="yieldposition_amount_is_positive"),
            models.CheckConstraint(
                condition=Q(last_day__isnull=True) | Q(accrued_through__lte=F("last_day")),
                name="yieldposition_earns_until_its_last_day",
            ),
            models.CheckConstraint(
                condition=Q(state=YieldState.ACTIVE.value, last_day__isnull=True)
                | (~Q(state=YieldState.ACTIVE.value) & Q(last_day__isnull=False)),
                name="yieldposition_asked_back_has_a_last_day",
            ),
            models.CheckConstraint(
                condition=Q(state=YieldState.CLOSED.value, closed_at__isnull=False, paid_out__isnull=False)
                | (~Q(state=YieldState.CLOSED.value) & Q(closed_at__isnull=True, paid_out__isnull=True)),
                name="yieldposition_closed_says_what_it_paid",
            ),
        ]
        triggers: ClassVar = [
            YIELD_STATES.trigger("yieldposition"),
            no_delete("yieldposition"),
            no_truncate("yieldposition"),
        ]

    def __str__(self) -> str:
        return f"yield position {self.pk}"


class StakePosition(BaseModel):
    """Money that is staked. It is in the ledger account of kind stake whose subject is the position.

    Bonded from `bonds_at` on (always a midnight of UTC), which is the first day that earns. `releases_at` is when an
    unbonding position is paid back.
    """

    data_categories: ClassVar = {
        "owner": OPERATIONAL,
        "product": OPERATIONAL,
        "mode": OPERATIONAL,
        "amount": FINANCIAL,
        "state": OPERATIONAL,
        "accrued_through": OPERATIONAL,
        "bonds_at": OPERATIONAL,
        "unbond_asked_at": OPERATIONAL,
        "releases_at": OPERATIONAL,
        "closed_at": OPERATIONAL,
        "paid_out": FINANCIAL,
    }

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    product = models.ForeignKey(StakingProduct, on_delete=models.PROTECT, related_name="positions")
    mode = models.CharField(max_length=8, choices=Mode.choices)
    amount = quantity()
    state = models.CharField(max_length=12, choices=StakeState.choices, default=StakeState.PENDING)
    accrued_through = models.DateField()
    bonds_at = models.DateTimeField()
    unbond_asked_at = models.DateTimeField(null=True)
    releases_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    paid_out = quantity(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["owner", "-id"], name="stakeposition_by_owner"),
            models.Index(
                fields=["product", "accrued_through"],
                condition=Q(state=StakeState.BONDED.value),
                name="stakeposition_to_accrue",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="stakeposition_amount_is_positive"),
            models.CheckConstraint(
                condition=Q(state__in=[StakeState.PENDING.value, StakeState.BONDED.value], releases_at__isnull=True)
                | Q(state__in=[StakeState.UNBONDING.value, StakeState.RELEASED.value], releases_at__isnull=False),
                name="stakeposition_on_its_way_out_has_an_end",
            ),
            models.CheckConstraint(
                condition=Q(state=StakeState.RELEASED.value, closed_at__isnull=False, paid_out__isnull=False)
                | (~Q(state=StakeState.RELEASED.value) & Q(closed_at__isnull=True, paid_out__isnull=True)),
                name="stakeposition_released_says_what_it_paid",
            ),
        ]
        triggers: ClassVar = [
            STAKE_STATES.trigger("stakeposition"),
            no_delete("stakeposition"),
            no_truncate("stakeposition"),
        ]

    def __str__(self) -> str:
        return f"staking position {self.pk}"


class Accrual(BaseModel):
    """Interest or reward of one position for one day: what earned, the rate, what was booked, what is carried on.

    `rate` is a year's for yield and a day's for staking. `remainder` is the kernel's carry: a numerator over YEAR_PARTS
    (see kernel.ledger.accrual). The money's journal has the key "accrual:" + id; a day that books nothing has none.
    """

    data_categories: ClassVar = {
        "position": OPERATIONAL,
        "stake": OPERATIONAL,
        "day": FINANCIAL,
        "principal": FINANCIAL,
        "rate": FINANCIAL,
        "amount": FINANCIAL,
        "remainder": FINANCIAL,
    }

    position = models.ForeignKey(
        YieldPosition, null=True, on_delete=models.PROTECT, related_name="accruals", db_index=False
    )
    stake = models.ForeignKey(
        StakePosition, null=True, on_delete=models.PROTECT, related_name="accruals", db_index=False
    )
    day = models.DateField()
    principal = quantity()
    rate = rate_field()
    amount = quantity()
    remainder = models.DecimalField(max_digits=38, decimal_places=30)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["position", "day"], name="one_accrual_per_position_and_day"),
            models.UniqueConstraint(fields=["stake", "day"], name="one_accrual_per_stake_and_day"),
            models.CheckConstraint(
                condition=Q(position__isnull=False, stake__isnull=True) | Q(position__isnull=True, stake__isnull=False),
                name="accrual_is_of_one_position",
            ),
            models.CheckConstraint(
                condition=Q(principal__gte=0, rate__gte=0, amount__gte=0, remainder__gte=0),
                name="accrual_is_not_negative",
            ),
        ]
        triggers: ClassVar = append_only("accrual")

    def __str__(self) -> str:
        return f"{self.amount} for {self.day:%Y-%m-%d}"


class AccrualRun(BaseModel):
    """What one day of one product came to in one mode: how many positions, on how much, how much was paid."""

    data_categories: ClassVar = {
        "product": OPERATIONAL,
        "staking_product": OPERATIONAL,
        "mode": OPERATIONAL,
        "day": FINANCIAL,
        "positions": OPERATIONAL,
        "principal": FINANCIAL,
        "amount": FINANCIAL,
        "updated_at": OPERATIONAL,
    }

    product = models.ForeignKey(YieldProduct, null=True, on_delete=models.PROTECT, related_name="runs", db_index=False)
    staking_product = models.ForeignKey(
        StakingProduct, null=True, on_delete=models.PROTECT, related_name="runs", db_index=False
    )
    mode = models.CharField(max_length=8, choices=Mode.choices)
    day = models.DateField()
    positions = models.PositiveIntegerField(default=0)
    principal = quantity(default=0)
    amount = quantity(default=0)
    updated_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(F("day").desc(), name="accrualrun_newest_first")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["product", "mode", "day"], name="one_run_per_product_and_day"),
            models.UniqueConstraint(fields=["staking_product", "mode", "day"], name="one_run_per_staking_and_day"),
            models.CheckConstraint(
                condition=Q(product__isnull=False, staking_product__isnull=True)
                | Q(product__isnull=True, staking_product__isnull=False),
                name="run_is_of_one_product",
            ),
        ]
        triggers: ClassVar = [no_delete("accrualrun"), no_truncate("accrualrun")]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}: {self.amount}"
