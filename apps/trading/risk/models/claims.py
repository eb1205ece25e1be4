"""What orders may still come to, and what was measured."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from apps.core.models.base import BaseModel, EntryModel
from apps.core.triggers import append_only, no_delete
from apps.trading.risk.models.limits import FINANCIAL, OPERATIONAL, amount_field


class RiskClaim(BaseModel):
    """What one order may still fill, and at what price at worst. It ends with the order (`ended_at`)."""

    data_categories: ClassVar = {
        **dict.fromkeys(
            ("order_id", "owner", "connection_id", "book_id", "bot_id", "is_live", "group_id", "decided_at",
             "ended_at"), OPERATIONAL,
        ),
        **dict.fromkeys(
            ("symbol", "venue", "side", "remaining", "worst_price", "position_side", "reduce_only", "margin_rate"),
            FINANCIAL,
        ),
    }  # fmt: skip

    order_id = models.UUIDField(unique=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    connection_id = models.UUIDField()
    book_id = models.UUIDField()
    bot_id = models.UUIDField(null=True)
    is_live = models.BooleanField()
    symbol = models.CharField(max_length=32)
    venue = models.CharField(max_length=32)
    side = models.CharField(max_length=4)
    position_side = models.CharField(max_length=5, blank=True)
    remaining = amount_field()
    worst_price = amount_field()
    reduce_only = models.BooleanField(default=False)
    group_id = models.UUIDField(null=True)
    margin_rate = models.DecimalField(max_digits=9, decimal_places=6, default=1)
    decided_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "claim"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(remaining=0, ended_at__isnull=False)
                | models.Q(remaining__gt=0, ended_at__isnull=True),
                name="claim_open_while_something_remains",
            ),
            models.CheckConstraint(condition=models.Q(worst_price__gt=0), name="claim_price_positive"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["owner", "is_live"], condition=models.Q(ended_at__isnull=True), name="claim_open"),
            models.Index(fields=["owner", "created_at"], name="claim_by_time"),
        ]
        triggers: ClassVar = [no_delete("riskclaim")]

    def __str__(self) -> str:
        return f"{self.side} {self.remaining.normalize():f} {self.symbol}"


class RiskMeasure(EntryModel):
    """Figures of a customer's portfolio as of a moment, with the definition and the source of each."""

    data_categories: ClassVar = {
        **dict.fromkeys(("owner", "is_live", "at", "definition", "source"), OPERATIONAL),
        **dict.fromkeys(("worth", "figures"), FINANCIAL),
    }

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    is_live = models.BooleanField()
    at = models.DateTimeField()
    definition = models.CharField(max_length=300)
    source = models.CharField(max_length=300)
    worth = amount_field()
    figures = models.JSONField()

    class Meta:
        verbose_name = "measure"
        indexes: ClassVar = [models.Index(fields=["owner", "is_live", "-id"], name="measure_newest")]
        triggers: ClassVar = append_only("riskmeasure")

    def __str__(self) -> str:
        return f"measures of {self.at:%Y-%m-%d %H:%M}"
