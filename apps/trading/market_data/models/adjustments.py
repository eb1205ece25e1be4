"""Sessions and corporate actions: when a market was closed, what a company did, and the factors that follow from it."""

from typing import ClassVar

from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory, Placement
from apps.core.triggers import append_only
from apps.trading.market_data.choices import ActionKind

FACT, OPERATIONAL = DataCategory.PUBLIC_FACT, DataCategory.OPERATIONAL


class MarketClosure(BaseModel):
    """A day on which a market stays closed, beside the holidays that its calendar knows by rule."""

    placement = Placement.PUBLIC
    data_categories: ClassVar = dict.fromkeys(("calendar", "day", "title"), FACT)

    calendar = models.CharField(max_length=20)
    day = models.DateField()
    title = models.CharField(max_length=100)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["calendar", "day"], name="one_closure_per_day")]

    def __str__(self) -> str:
        return f"{self.calendar} {self.day}"


class CorporateAction(BaseModel):
    """A split or a dividend; `ex_day` is the first day of trading after it (local to the market)."""

    placement = Placement.PUBLIC
    data_categories: ClassVar = dict.fromkeys(
        ("symbol", "ex_day", "kind", "numerator", "denominator", "amount", "source"), FACT
    )

    symbol = models.CharField(max_length=32)
    ex_day = models.DateField()
    kind = models.CharField(max_length=10, choices=ActionKind.choices)
    numerator = models.PositiveIntegerField(default=1)
    denominator = models.PositiveIntegerField(default=1)
    amount = models.DecimalField(max_digits=38, decimal_places=18, default=0)
    source = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["symbol", "ex_day", "kind"], name="one_action_of_a_kind_per_day"),
            models.CheckConstraint(
                condition=models.Q(kind=ActionKind.SPLIT, numerator__gte=1, denominator__gte=1, amount=0)
                | models.Q(kind=ActionKind.DIVIDEND, numerator=1, denominator=1, amount__gt=0),
                name="action_is_a_split_or_a_dividend",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.symbol} {self.ex_day} {self.kind}"


class AdjustmentVersion(BaseModel):
    """The factors of a symbol as of one moment, immutable; the highest version counts, raw candles stay as they are.

    `steps`: [{"before_ts", "price", "volume"}], rising; a candle that opens before `before_ts` (and not before an
    earlier step's) is multiplied by these fractions ("1/4").
    """

    placement = Placement.PUBLIC
    data_categories: ClassVar = {
        **dict.fromkeys(("symbol", "version", "steps"), FACT),
        "reason": OPERATIONAL,
    }

    symbol = models.CharField(max_length=32)
    version = models.PositiveIntegerField()
    steps = models.JSONField()
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["symbol", "version"], name="one_adjustment_per_version"),
        ]
        triggers: ClassVar = append_only("adjustment_version")

    def __str__(self) -> str:
        return f"{self.symbol} v{self.version}"
