"""Rebalancing by schedule."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.trading.portfolios.choices import Every
from apps.trading.portfolios.models.portfolios import Portfolio, amount_field
from apps.trading.portfolios.models.rebalancing import RebalancePlan

OPERATIONAL, FINANCIAL = DataCategory.OPERATIONAL, DataCategory.FINANCIAL


class RebalanceSchedule(BaseModel):
    """When a portfolio is brought to its weights by itself: only if an asset is `band` points or more off its target.

    `hour` and `day` are of the clock of `zone`; `next_at` is empty while it is paused. `most_worth` bounds what the
    orders of one run are worth together. `weights` are the targets that were confirmed: real money follows no others.
    """

    data_categories: ClassVar = {
        **dict.fromkeys(
            ("portfolio", "every", "day", "hour", "zone", "next_at", "last_at", "last_plan", "last_words"),
            OPERATIONAL,
        ),
        **dict.fromkeys(("band", "most_worth", "weights"), FINANCIAL),
    }

    portfolio = models.OneToOneField(Portfolio, on_delete=models.PROTECT, related_name="schedule")
    every = models.CharField(max_length=5, choices=Every.choices)
    day = models.PositiveSmallIntegerField(null=True)
    hour = models.PositiveSmallIntegerField()
    zone = models.CharField(max_length=64)
    band = models.DecimalField(max_digits=7, decimal_places=4)
    most_worth = amount_field(null=True)
    weights = models.JSONField(default=dict)
    next_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    last_plan = models.ForeignKey(RebalancePlan, on_delete=models.SET_NULL, null=True, related_name="+")
    last_words = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(every=Every.DAY.value, day__isnull=True)
                | Q(every=Every.WEEK.value, day__gte=1, day__lte=7)
                | Q(every=Every.MONTH.value, day__gte=1, day__lte=31),
                name="rebalance_schedule_has_its_day",
            ),
            models.CheckConstraint(
                condition=Q(hour__lte=23, band__gt=0, band__lte=50), name="rebalance_schedule_in_bounds"
            ),
        ]

    def __str__(self) -> str:
        return f"schedule of {self.portfolio_id}"
