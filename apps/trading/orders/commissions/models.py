"""Tables of commissions."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.core.triggers import append_only, no_delete
from apps.finance.ledger.choices import Mode
from apps.trading.orders.commissions.choices import (
    CHARGE_STATES,
    SCHEDULE_STATES,
    ChargedIn,
    ChargeState,
    ScheduleState,
)
from kernel.instruments import Side, is_perpetual

FINANCIAL, OPERATIONAL = DataCategory.FINANCIAL, DataCategory.OPERATIONAL


def amount_field(**more: Any) -> "models.DecimalField[Any, Any]":
    """Return a column for an amount: 38 digits, 18 of them after the point."""
    return models.DecimalField(max_digits=38, decimal_places=18, **more)


def share_field(**more: Any) -> "models.DecimalField[Any, Any]":
    """Return a column for a share: 0.001 is 0.1 %."""
    return models.DecimalField(max_digits=9, decimal_places=8, **more)


class CommissionSchedule(BaseModel):
    """A table of rates and promotions, written at once and never changed; in force after a second person agreed."""

    data_categories: ClassVar = dict.fromkeys(
        ("name", "mode", "charged_in", "state", "active_from", "ended_at"), OPERATIONAL
    )

    name = models.CharField(max_length=80)
    mode = models.CharField(max_length=8, choices=[(mode.value, mode.value) for mode in Mode])
    charged_in = models.CharField(max_length=8, choices=ChargedIn.choices, default=ChargedIn.QUOTE)
    state = models.CharField(max_length=12, choices=ScheduleState.choices, default=ScheduleState.DRAFT)
    active_from = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "orders"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["mode"], condition=Q(state=ScheduleState.ACTIVE.value), name="one_commission_schedule_in_force"
            )
        ]
        triggers: ClassVar = [SCHEDULE_STATES.trigger("commissionschedule"), no_delete("commissionschedule")]

    def __str__(self) -> str:
        return self.name

    def charges_base(self, side: str, symbol: str) -> bool:
        """Return whether an order is charged in what it buys; a contract brings nothing but its quote."""
        receives = side == Side.BUY and not is_perpetual(symbol)
        return receives and self.charged_in == ChargedIn.RECEIVED


class CommissionRate(BaseModel):
    """From so much worth (USDT) in 30 days on: shares for resting and for taking. A symbol's own rows come first."""

    data_categories: ClassVar = {
        "schedule": OPERATIONAL, **dict.fromkeys(("symbol", "from_volume", "maker", "taker"), FINANCIAL)
    }  # fmt: skip

    schedule = models.ForeignKey(CommissionSchedule, on_delete=models.PROTECT, related_name="rates")
    symbol = models.CharField(max_length=32)
    from_volume = amount_field()
    maker = share_field()
    taker = share_field()

    class Meta:
        app_label = "orders"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["schedule", "symbol", "from_volume"], name="one_commission_rate_per_tier"),
            models.CheckConstraint(
                condition=Q(from_volume__gte=0, maker__gte=0, taker__gte=0, maker__lt=1, taker__lt=1),
                name="commission_rate_is_a_share",
            ),
        ]
        triggers: ClassVar = append_only("commissionrate")

    def __str__(self) -> str:
        return f"{self.symbol} from {self.from_volume.normalize():f}"


class CommissionPromotion(BaseModel):
    """So many percent off for orders placed from `starts` to before `ends`."""

    data_categories: ClassVar = {
        "schedule": OPERATIONAL, **dict.fromkeys(("symbol", "starts", "ends", "percent_off"), FINANCIAL)
    }  # fmt: skip

    schedule = models.ForeignKey(CommissionSchedule, on_delete=models.PROTECT, related_name="promotions")
    symbol = models.CharField(max_length=32)
    starts = models.DateTimeField()
    ends = models.DateTimeField()
    percent_off = models.DecimalField(max_digits=5, decimal_places=2)

    class Meta:
        app_label = "orders"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(percent_off__gt=0, percent_off__lte=100, ends__gt=models.F("starts")),
                name="commission_promotion_is_one",
            )
        ]
        triggers: ClassVar = append_only("commissionpromotion")

    def __str__(self) -> str:
        return f"{self.percent_off.normalize():f} % off {self.symbol}"


class CommissionVolume(BaseModel):
    """What a customer traded (USDT) in the 30 full days before a UTC day: looked at once, it stands for the day."""

    data_categories: ClassVar = {**dict.fromkeys(("owner", "mode", "day"), OPERATIONAL), "worth": FINANCIAL}

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    mode = models.CharField(max_length=8, choices=[(mode.value, mode.value) for mode in Mode])
    day = models.DateField()
    worth = amount_field()

    class Meta:
        app_label = "orders"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "mode", "day"], name="one_commission_volume_per_day")
        ]
        triggers: ClassVar = append_only("commissionvolume")

    def __str__(self) -> str:
        return f"{self.owner_id} {self.day}"


class OrderCommission(BaseModel):
    """The terms of one order, fixed when it was placed: what its customer was shown is what its fills are charged."""

    data_categories: ClassVar = {
        **dict.fromkeys(("order", "schedule"), OPERATIONAL),
        **dict.fromkeys(("maker", "taker", "percent_off", "volume"), FINANCIAL),
    }

    order = models.OneToOneField("orders.Order", on_delete=models.PROTECT, related_name="commission")
    schedule = models.ForeignKey(CommissionSchedule, on_delete=models.PROTECT, related_name="+")
    maker = share_field()
    taker = share_field()
    percent_off = models.DecimalField(max_digits=5, decimal_places=2)
    volume = amount_field()

    class Meta:
        app_label = "orders"
        triggers: ClassVar = append_only("ordercommission")

    def __str__(self) -> str:
        return f"commission of {self.order_id}"


class CommissionCharge(BaseModel):
    """What one fill costs at the tenant: one row for each fill of an order with terms, one ledger entry for each."""

    data_categories: ClassVar = {
        **dict.fromkeys(("fill", "owner", "mode", "state", "booked_at"), OPERATIONAL),
        **dict.fromkeys(("asset", "share", "amount"), FINANCIAL),
    }

    fill = models.OneToOneField("orders.Fill", on_delete=models.PROTECT, related_name="commission")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    mode = models.CharField(max_length=8, choices=[(mode.value, mode.value) for mode in Mode])
    asset = models.CharField(max_length=16)
    share = share_field()
    amount = amount_field()
    state = models.CharField(max_length=8, choices=ChargeState.choices, default=ChargeState.DUE)
    booked_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "orders"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(amount__gt=0) & ~Q(state=ChargeState.NOTHING.value)
                | Q(amount=0, state=ChargeState.NOTHING.value),
                name="commission_charge_has_an_amount",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["owner", "-id"], name="commission_by_owner"),
            models.Index(
                fields=["owner", "id"], condition=Q(state=ChargeState.DUE.value), name="commission_due_by_owner"
            ),
        ]
        triggers: ClassVar = [CHARGE_STATES.trigger("commissioncharge"), no_delete("commissioncharge")]

    def __str__(self) -> str:
        return f"{self.amount.normalize():f} {self.asset}"
