"""What bots saw, decided and were worth."""

from typing import ClassVar

from django.db import models

from apps.core.models.base import BaseModel, EntryModel
from apps.core.placement import DataCategory
from apps.core.triggers import append_only
from apps.trading.bots.choices import SignalDecision, Tone
from apps.trading.bots.models.bots import Bot, amount_field

FINANCIAL, OPERATIONAL = DataCategory.FINANCIAL, DataCategory.OPERATIONAL


class BotSignal(BaseModel):
    """A candle on which the strategy asked for something: what went in, what was decided, why."""

    data_categories: ClassVar = {
        **dict.fromkeys(("bot", "ts", "epoch", "config_number", "decision", "reason", "detail", "order"), OPERATIONAL),
        **dict.fromkeys(("entry", "exit", "close", "position", "cash", "average_entry"), FINANCIAL),
    }

    bot = models.ForeignKey(Bot, on_delete=models.PROTECT, related_name="signals")
    ts = models.BigIntegerField()
    epoch = models.BigIntegerField()
    config_number = models.PositiveIntegerField()
    entry = models.BooleanField()
    exit = models.BooleanField()
    close = amount_field()
    position = amount_field()
    cash = amount_field()
    average_entry = amount_field(null=True)
    decision = models.CharField(max_length=8, choices=SignalDecision.choices)
    reason = models.CharField(max_length=16, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["bot", "ts"], name="one_signal_per_candle")]

    def __str__(self) -> str:
        return f"{self.decision} at {self.ts}"


class BotLog(BaseModel):
    """A line for the owner."""

    data_categories: ClassVar = {
        **dict.fromkeys(("bot", "at", "tone", "title", "order_id"), OPERATIONAL),
        "text": FINANCIAL,
    }

    bot = models.ForeignKey(Bot, on_delete=models.PROTECT, related_name="log")
    at = models.DateTimeField()
    tone = models.CharField(max_length=4, choices=Tone.choices)
    title = models.CharField(max_length=80)
    text = models.CharField(max_length=300, blank=True)
    order_id = models.UUIDField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["bot", "-id"], name="botlog_by_bot")]
        triggers: ClassVar = append_only("botlog")

    def __str__(self) -> str:
        return self.title


class BotEquity(EntryModel):
    """What a bot was worth at the close of a candle: cash plus position at the close, in quote."""

    data_categories: ClassVar = {
        **dict.fromkeys(("bot", "ts"), OPERATIONAL),
        **dict.fromkeys(("equity", "position", "close"), FINANCIAL),
    }

    bot = models.ForeignKey(Bot, on_delete=models.PROTECT, related_name="equity")
    ts = models.BigIntegerField()
    equity = amount_field()
    position = amount_field()
    close = amount_field()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["bot", "ts"], name="one_equity_per_candle")]
        triggers: ClassVar = append_only("botequity")

    def __str__(self) -> str:
        return f"{self.equity} at {self.ts}"
