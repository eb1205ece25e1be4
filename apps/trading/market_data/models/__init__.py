"""Candles (public facts, stored once for all tenants), the index of who listens, and the feed's lease."""

from typing import ClassVar

from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory, Placement
from apps.core.triggers import append_only
from apps.trading.market_data.choices import HOME_VENUE
from apps.trading.market_data.models.adjustments import AdjustmentVersion, CorporateAction, MarketClosure
from apps.trading.market_data.models.history import HistorySync, KnownGap
from apps.trading.market_data.models.quality import QuarantinedCandle, StreamQuality
from apps.trading.market_data.models.ticks import RetentionPolicy, TickPart

__all__ = [
    "AdjustmentVersion",
    "CandleChunk",
    "CandleSeries",
    "CandleTail",
    "CorporateAction",
    "FeedLease",
    "HistorySync",
    "KnownGap",
    "MarketClosure",
    "QuarantinedCandle",
    "RetentionPolicy",
    "StreamQuality",
    "StreamSubscription",
    "TickPart",
]

FACT, OPERATIONAL = DataCategory.PUBLIC_FACT, DataCategory.OPERATIONAL


class CandleSeries(BaseModel):
    """One stored series: where it ends, which slot is open, what was dispatched. Its row is the writers' lock.

    Times are open times in Unix ms. A slot is 1,000 intervals of time; slots below `open_slot` are sealed in chunks,
    the open one lies in tail rows. `dispatched_ts` is the newest candle that the engine was told of, null before the
    first. `calendar` says when candles are due (a code of kernel.quality.CALENDARS).
    """

    placement = Placement.PUBLIC
    data_categories: ClassVar = {
        "venue": FACT,
        "symbol": FACT,
        "interval": FACT,
        "calendar": FACT,
        "first_ts": FACT,
        "last_ts": FACT,
        "open_slot": OPERATIONAL,
        "dispatched_ts": OPERATIONAL,
    }

    venue = models.CharField(max_length=40, default=HOME_VENUE)
    symbol = models.CharField(max_length=32)
    interval = models.CharField(max_length=4)
    calendar = models.CharField(max_length=20, default="24x7")
    first_ts = models.BigIntegerField(null=True)
    last_ts = models.BigIntegerField(null=True)
    open_slot = models.BigIntegerField(default=0)
    dispatched_ts = models.BigIntegerField(null=True)

    class Meta:
        verbose_name_plural = "candle series"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["venue", "symbol", "interval"], name="one_series_per_interval"),
            models.CheckConstraint(
                condition=models.Q(dispatched_ts__isnull=True) | models.Q(dispatched_ts__lte=models.F("last_ts")),
                name="dispatched_candles_are_stored",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.symbol}.{self.interval} ({self.venue})"


class CandleChunk(BaseModel):
    """The candles of one slot, immutable. A correction is a new version; the highest version counts.

    `payload`: `count` candles as packing.pack writes them: ts, open, high, low, close (ticks), volume (10^-8).
    """

    placement = Placement.PUBLIC
    data_categories: ClassVar = dict.fromkeys(
        ("venue", "symbol", "interval", "start_ts", "version", "count", "payload", "checksum", "reason"), FACT
    )

    venue = models.CharField(max_length=40, default=HOME_VENUE)
    symbol = models.CharField(max_length=32)
    interval = models.CharField(max_length=4)
    start_ts = models.BigIntegerField()
    version = models.PositiveSmallIntegerField(default=1)
    count = models.PositiveSmallIntegerField()
    payload = models.BinaryField()
    checksum = models.CharField(max_length=64)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["venue", "symbol", "interval", "start_ts", "version"], name="one_chunk_per_version"
            ),
            models.CheckConstraint(condition=models.Q(count__gte=0, count__lte=1000), name="chunk_holds_0_to_1000"),
        ]
        triggers: ClassVar = append_only("candle_chunk")

    def __str__(self) -> str:
        return f"{self.symbol}.{self.interval} {self.start_ts} v{self.version}"


class CandleTail(BaseModel):
    """A candle of the open slot; sealed into a chunk, and removed, when the slot is full or over."""

    placement = Placement.PUBLIC
    data_categories: ClassVar = dict.fromkeys(
        ("venue", "symbol", "interval", "ts", "open", "high", "low", "close", "volume"), FACT
    )

    venue = models.CharField(max_length=40, default=HOME_VENUE)
    symbol = models.CharField(max_length=32)
    interval = models.CharField(max_length=4)
    ts = models.BigIntegerField()
    open = models.BigIntegerField()
    high = models.BigIntegerField()
    low = models.BigIntegerField()
    close = models.BigIntegerField()
    volume = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["venue", "symbol", "interval", "ts"], name="one_tail_candle_per_time"),
            models.CheckConstraint(
                condition=models.Q(
                    low__gte=1,
                    low__lte=models.F("open"),
                    high__gte=models.F("open"),
                    volume__gte=0,
                )
                & models.Q(low__lte=models.F("close"), high__gte=models.F("close")),
                name="tail_candle_is_a_candle",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.symbol}.{self.interval} {self.ts}"


class StreamSubscription(BaseModel):
    """Work index: which bot of which tenant is to be woken by a stream such as "BTCUSDT.5m"."""

    placement = Placement.PUBLIC
    data_categories: ClassVar = {"stream": FACT, "schema": OPERATIONAL, "bot_id": OPERATIONAL}

    stream = models.CharField(max_length=40)
    schema = models.CharField(max_length=63)
    bot_id = models.UUIDField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stream", "schema", "bot_id"], name="one_subscription_per_bot")
        ]

    def __str__(self) -> str:
        return f"{self.stream} → {self.schema}"


class FeedLease(BaseModel):
    """Which process feeds a venue's market data. The database's clock decides; a change of owner raises the epoch."""

    placement = Placement.PUBLIC
    data_categories: ClassVar = {"name": OPERATIONAL, "owner": OPERATIONAL, "epoch": OPERATIONAL, "until": OPERATIONAL}

    name = models.CharField(max_length=60, unique=True)
    owner = models.CharField(max_length=80)
    epoch = models.BigIntegerField(default=1)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.owner}"
