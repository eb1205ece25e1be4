"""Historical syncs, and the gaps that a venue cannot fill."""

from typing import ClassVar

from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory, Placement
from apps.trading.market_data.choices import OPEN_SYNCS, SYNC_STATES, SyncState

FACT, OPERATIONAL = DataCategory.PUBLIC_FACT, DataCategory.OPERATIONAL


class HistorySync(BaseModel):
    """A range of candles that is fetched from a venue: open times [start_ts, end_ts) in Unix ms.

    `cursor_ts` is the open time of the next candle to ask for: everything below it is done, so a worker that takes over
    goes on there. The lease (`lease_epoch`, `lease_until`) keeps one worker on it.
    """

    placement = Placement.PUBLIC
    data_categories: ClassVar = {
        **dict.fromkeys(("venue", "symbol", "interval", "start_ts", "end_ts"), FACT),
        **dict.fromkeys(
            (
                "cursor_ts", "state", "fetched", "added", "corrected", "held", "missing", "pages", "failures",
                "cancel_requested", "lease_epoch", "lease_until", "error_code", "error_text", "started_at",
                "finished_at", "retry_at",
            ),
            OPERATIONAL,
        ),
    }  # fmt: skip

    venue = models.CharField(max_length=40)
    symbol = models.CharField(max_length=32)
    interval = models.CharField(max_length=4)
    start_ts = models.BigIntegerField()
    end_ts = models.BigIntegerField()
    cursor_ts = models.BigIntegerField()
    state = models.CharField(max_length=12, choices=SyncState.choices, default=SyncState.QUEUED)
    fetched = models.BigIntegerField(default=0)
    added = models.BigIntegerField(default=0)
    corrected = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    missing = models.BigIntegerField(default=0)
    pages = models.IntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    cancel_requested = models.BooleanField(default=False)
    lease_epoch = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=80, blank=True)
    error_text = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(start_ts__lt=models.F("end_ts"), cursor_ts__gte=models.F("start_ts"))
                & models.Q(cursor_ts__lte=models.F("end_ts")),
                name="sync_cursor_in_its_range",
            ),
            models.UniqueConstraint(
                fields=["venue", "symbol", "interval"],
                condition=models.Q(state__in=OPEN_SYNCS),
                name="one_open_sync_per_series",
            ),
        ]
        triggers: ClassVar = [SYNC_STATES.trigger("history_sync")]

    def __str__(self) -> str:
        return f"{self.venue} {self.symbol}.{self.interval}"

    @property
    def percent(self) -> int:
        """How much of the range is done, 0 to 100."""
        return 100 * (self.cursor_ts - self.start_ts) // (self.end_ts - self.start_ts)


class KnownGap(BaseModel):
    """Candles that a venue was asked for and does not have: open times of the first and the last in Unix ms."""

    placement = Placement.PUBLIC
    data_categories: ClassVar = dict.fromkeys(("venue", "symbol", "interval", "start_ts", "end_ts", "missing"), FACT)

    venue = models.CharField(max_length=40)
    symbol = models.CharField(max_length=32)
    interval = models.CharField(max_length=4)
    start_ts = models.BigIntegerField()
    end_ts = models.BigIntegerField()
    missing = models.IntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["venue", "symbol", "interval", "start_ts"], name="one_known_gap_per_start"),
            models.CheckConstraint(condition=models.Q(start_ts__lte=models.F("end_ts")), name="known_gap_has_a_length"),
        ]

    def __str__(self) -> str:
        return f"{self.venue} {self.symbol}.{self.interval} {self.start_ts}"
