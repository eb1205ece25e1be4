"""Target weights, and the runs that bring a portfolio to them."""

from typing import ClassVar

from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.trading.portfolios.choices import PLAN_STATES, LineState, PlanState
from apps.trading.portfolios.models.portfolios import Portfolio, amount_field

OPERATIONAL, FINANCIAL = DataCategory.OPERATIONAL, DataCategory.FINANCIAL


class TargetWeight(BaseModel):
    """How much of a portfolio should be in an asset, in percent; the rest is its currency."""

    data_categories: ClassVar = {"portfolio": OPERATIONAL, "asset": FINANCIAL, "percent": FINANCIAL}

    portfolio = models.ForeignKey(Portfolio, on_delete=models.PROTECT, related_name="targets")
    asset = models.CharField(max_length=16)
    percent = models.DecimalField(max_digits=7, decimal_places=4)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["portfolio", "asset"], name="one_target_per_asset"),
            models.CheckConstraint(condition=models.Q(percent__gte=0, percent__lte=99), name="target_in_bounds"),
        ]

    def __str__(self) -> str:
        return f"{self.asset} {self.percent.normalize():f} %"


class RebalancePlan(BaseModel):
    """One rebalancing: worked out first, then ordered line by line. `value` and `fees` in the portfolio's currency."""

    data_categories: ClassVar = {
        **dict.fromkeys(("portfolio", "book", "state", "started_at", "ended_at"), OPERATIONAL),
        **dict.fromkeys(("value", "fees"), FINANCIAL),
    }

    portfolio = models.ForeignKey(Portfolio, on_delete=models.PROTECT, related_name="plans")
    book = models.ForeignKey("positions.Book", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=9, choices=PlanState.choices, default=PlanState.PREVIEW)
    value = amount_field()
    fees = amount_field(default=0)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["portfolio"],
                condition=models.Q(state=PlanState.RUNNING.value),
                name="one_running_plan_per_portfolio",
            ),
        ]
        triggers: ClassVar = [PLAN_STATES.trigger("rebalanceplan")]

    def __str__(self) -> str:
        return f"rebalancing {self.pk}"


class RebalanceLine(BaseModel):
    """One order of a rebalancing: `number` and the plan make its client id, so that it can exist only once."""

    data_categories: ClassVar = {
        **dict.fromkeys(("plan", "number", "state", "reason", "order_id"), OPERATIONAL),
        **dict.fromkeys(("asset", "symbol", "side", "quantity", "price", "worth", "fee", "drift"), FINANCIAL),
    }

    plan = models.ForeignKey(RebalancePlan, on_delete=models.PROTECT, related_name="lines")
    number = models.PositiveSmallIntegerField()
    asset = models.CharField(max_length=16)
    symbol = models.CharField(max_length=32)
    side = models.CharField(max_length=4)
    quantity = amount_field(default=0)
    price = amount_field(null=True)
    worth = amount_field(default=0)
    fee = amount_field(default=0)
    drift = models.DecimalField(max_digits=12, decimal_places=4)
    state = models.CharField(max_length=8, choices=LineState.choices)
    reason = models.CharField(max_length=300, blank=True)
    order_id = models.UUIDField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["plan", "number"], name="one_line_per_number")]

    def __str__(self) -> str:
        return f"{self.side} {self.quantity.normalize():f} {self.symbol}"
