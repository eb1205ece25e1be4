"""Trades and book samples, packed by the hour, and how long they are kept."""

from typing import ClassVar

from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory, Placement
from apps.trading.market_data.choices import TickKind

FACT, OPERATIONAL = DataCategory.PUBLIC_FACT, DataCategory.OPERATIONAL


class TickPart(BaseModel):
    """Rows of one hour of one stream. The parts of an hour are its partition: dropped together, never one row.

    `payload`: little-endian int64 columns one after the other (see packing.TRADE_COLUMNS and so on). Parts are made one
    after the other (`part` from 1) and joined into one when the hour is over. The venue of pairs is "buy>sell".
    """

    placement = Placement.PUBLIC
    data_categories: ClassVar = {
        **dict.fromkeys(("venue", "symbol", "kind", "hour_ts", "part", "count", "payload", "checksum"), FACT),
        "is_thinned": OPERATIONAL,
    }

    venue = models.CharField(max_length=80)
    symbol = models.CharField(max_length=32)
    kind = models.CharField(max_length=8, choices=TickKind.choices)
    hour_ts = models.BigIntegerField()
    part = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    payload = models.BinaryField()
    checksum = models.CharField(max_length=64)
    is_thinned = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["venue", "symbol", "kind", "hour_ts", "part"], name="one_part_per_number"),
        ]
        indexes: ClassVar = [models.Index(fields=["kind", "hour_ts"], name="tick_parts_by_age")]

    def __str__(self) -> str:
        return f"{self.venue} {self.symbol} {self.kind} {self.hour_ts}/{self.part}"


class RetentionPolicy(BaseModel):
    """How long single rows of a kind are kept, and what they are rolled up into before they go.

    Trades become 1-minute candles after `roll_up_days`, book samples are thinned to one a minute; after `keep_days` the
    hours are dropped.
    """

    placement = Placement.PUBLIC
    data_categories: ClassVar = dict.fromkeys(("kind", "roll_up_days", "keep_days"), OPERATIONAL)

    kind = models.CharField(max_length=8, choices=TickKind.choices, unique=True)
    roll_up_days = models.PositiveSmallIntegerField()
    keep_days = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name_plural = "retention policies"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(roll_up_days__gte=1, keep_days__gte=models.F("roll_up_days")),
                name="rolled_up_before_dropped",
            )
        ]

    def __str__(self) -> str:
        return self.kind
