"""Bots and their versioned configuration."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.core.triggers import append_only, no_delete
from apps.trading.bots.choices import BOT_STATES, LATE_BARS, Activity, Desired

FINANCIAL, OPERATIONAL = DataCategory.FINANCIAL, DataCategory.OPERATIONAL


def amount_field(**more: Any) -> "models.DecimalField[Any, Any]":
    """Return a column for an amount: 38 digits, 18 of them after the point."""
    return models.DecimalField(max_digits=38, decimal_places=18, **more)


class Bot(BaseModel):
    """A strategy trading one instrument in one book.

    The owner edits `desired_state`; steps do the rest. A step owns the row's working columns while its lease (owner,
    epoch, until) holds: each write checks the epoch under the row's lock. `consumed_ts` is the open time (Unix ms) of
    the newest candle that was decided on; it, the strategy's state and the intents that follow change in one
    transaction. `nudges` counts calls that found the lease taken, so that its owner looks once more before it goes.
    """

    data_categories: ClassVar = {
        "name": DataCategory.CONTENT,
        **dict.fromkeys(
            (
                "owner", "connection", "book", "interval", "desired_state", "activity", "config_number",
                "lease_owner", "lease_epoch", "lease_until", "nudges", "consumed_ts", "strategy_state",
                "pending_order_id", "order_count", "replacements", "gap_seen_at", "day", "flatten_wanted",
                "started_at", "started_ts", "stopped_at", "next_look_at", "step_at", "failures", "last_error",
            ),
            OPERATIONAL,
        ),
        **dict.fromkeys(("symbol", "day_equity", "started_price", "started_equity"), FINANCIAL),
    }  # fmt: skip

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    connection = models.ForeignKey("exchanges.Connection", on_delete=models.PROTECT, related_name="+")
    book = models.OneToOneField("positions.Book", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    symbol = models.CharField(max_length=32)
    interval = models.CharField(max_length=4)
    desired_state = models.CharField(max_length=8, choices=Desired.choices, default=Desired.STOPPED)
    activity = models.CharField(max_length=8, choices=Activity.choices, default=Activity.STOPPED)
    config_number = models.PositiveIntegerField(default=1)
    lease_owner = models.CharField(max_length=80, blank=True)
    lease_epoch = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    nudges = models.BigIntegerField(default=0)
    consumed_ts = models.BigIntegerField(null=True)
    strategy_state = models.JSONField(null=True)
    pending_order_id = models.UUIDField(null=True)
    order_count = models.BigIntegerField(default=0)
    replacements = models.PositiveSmallIntegerField(default=0)
    gap_seen_at = models.DateTimeField(null=True)
    day = models.BigIntegerField(null=True)
    day_equity = amount_field(null=True)
    flatten_wanted = models.BooleanField(default=False)
    started_at = models.DateTimeField(null=True)
    started_ts = models.BigIntegerField(null=True)
    started_price = amount_field(null=True)
    started_equity = amount_field(null=True)
    stopped_at = models.DateTimeField(null=True)
    next_look_at = models.DateTimeField(null=True)
    step_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["owner", "desired_state", "-id"], name="bot_by_owner"),
            models.Index(
                fields=["next_look_at"], condition=models.Q(next_look_at__isnull=False), name="bot_to_look_at"
            ),
            models.Index(fields=["symbol", "interval"], name="bot_by_stream"),
        ]
        triggers: ClassVar = [BOT_STATES.trigger("bot"), no_delete("bot")]

    def __str__(self) -> str:
        return self.name

    @property
    def stream(self) -> str:
        """The stream of candles it follows."""
        return f"{self.symbol}.{self.interval}"

    @property
    def is_active(self) -> bool:
        """Whether it is wanted running or paused, or is not done with stopping yet."""
        return self.desired_state in (Desired.RUNNING, Desired.PAUSED) or self.activity != Activity.STOPPED


class BotConfig(BaseModel):
    """What a bot was told, version by version; the newest counts. Never changed: orders can be explained later."""

    data_categories: ClassVar = {
        **dict.fromkeys(("bot", "number", "strategy_version", "late_bars"), OPERATIONAL),
        **dict.fromkeys(("budget", "max_day_loss_percent"), FINANCIAL),
    }

    bot = models.ForeignKey(Bot, on_delete=models.PROTECT, related_name="configs")
    number = models.PositiveIntegerField()
    strategy_version = models.ForeignKey("strategies.StrategyVersion", on_delete=models.PROTECT, related_name="+")
    budget = amount_field()
    max_day_loss_percent = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    late_bars = models.PositiveSmallIntegerField(default=LATE_BARS)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["bot", "number"], name="one_config_per_number"),
            models.CheckConstraint(condition=models.Q(budget__gt=0), name="bot_budget_positive"),
            models.CheckConstraint(
                condition=models.Q(max_day_loss_percent__isnull=True)
                | models.Q(max_day_loss_percent__gt=0, max_day_loss_percent__lte=100),
                name="bot_day_loss_is_a_share",
            ),
        ]
        triggers: ClassVar = append_only("botconfig")

    def __str__(self) -> str:
        return f"configuration {self.number}"
