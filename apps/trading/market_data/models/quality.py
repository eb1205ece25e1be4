"""Candles in quarantine, and how good each stream is."""

from typing import ClassVar

from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory, Placement
from apps.trading.market_data.choices import HELD_STATES, HeldState

FACT, OPERATIONAL = DataCategory.PUBLIC_FACT, DataCategory.OPERATIONAL


class QuarantinedCandle(BaseModel):
    """A candle that no reader sees, why, and what became of it. Prices in ticks, volume in 10^-8 base.

    `rules` are kernel.quality rules with commas between them. The same candle is held once, however often it comes.
    """

    placement = Placement.PUBLIC
    data_categories: ClassVar = {
        **dict.fromkeys(
            ("venue", "symbol", "interval", "ts", "open", "high", "low", "close", "volume", "rules", "detail"), FACT
        ),
        **dict.fromkeys(("state", "decided_at", "decision"), OPERATIONAL),
    }

    venue = models.CharField(max_length=40)
    symbol = models.CharField(max_length=32)
    interval = models.CharField(max_length=4)
    ts = models.BigIntegerField()
    open = models.BigIntegerField()
    high = models.BigIntegerField()
    low = models.BigIntegerField()
    close = models.BigIntegerField()
    volume = models.BigIntegerField()
    rules = models.CharField(max_length=80)
    detail = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=12, choices=HeldState.choices, default=HeldState.HELD)
    decided_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["venue", "symbol", "interval", "ts", "open", "high", "low", "close", "volume"],
                name="one_row_per_held_candle",
            ),
            models.CheckConstraint(
                condition=models.Q(state=HeldState.HELD, decided_at__isnull=True)
                | (~models.Q(state=HeldState.HELD) & models.Q(decided_at__isnull=False) & ~models.Q(decision="")),
                name="held_candle_decision_has_a_reason",
            ),
        ]
        triggers: ClassVar = [HELD_STATES.trigger("quarantined_candle")]

    def __str__(self) -> str:
        return f"{self.venue} {self.symbol}.{self.interval} {self.ts}: {self.rules}"


class StreamQuality(BaseModel):
    """How good a stream was in one day of UTC: rows seen, alarms by rule, missing rows, and the score from them.

    `stream` is "candles.5m", "trades", "book" or "quotes".
    """

    placement = Placement.PUBLIC
    data_categories: ClassVar = {
        **dict.fromkeys(("venue", "symbol", "stream", "day"), FACT),
        **dict.fromkeys(
            ("rows", "missing", "alarms", "score", "last_alarm", "last_alarm_at", "checked_at"), OPERATIONAL
        ),
    }

    venue = models.CharField(max_length=40)
    symbol = models.CharField(max_length=32)
    stream = models.CharField(max_length=20)
    day = models.DateField()
    rows = models.BigIntegerField(default=0)
    missing = models.BigIntegerField(default=0)
    alarms = models.JSONField(default=dict)
    score = models.PositiveSmallIntegerField(default=100)
    last_alarm = models.CharField(max_length=200, blank=True)
    last_alarm_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "stream qualities"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["venue", "symbol", "stream", "day"], name="one_quality_per_stream_and_day"),
            models.CheckConstraint(condition=models.Q(score__lte=100), name="quality_score_0_to_100"),
        ]

    def __str__(self) -> str:
        return f"{self.venue} {self.symbol} {self.stream}: {self.score}"
