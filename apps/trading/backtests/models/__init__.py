"""Back-tests and their results."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.core.triggers import append_only, no_delete
from apps.trading.backtests.choices import OPEN_STATES, RUN_STATES, RunState
from apps.trading.backtests.models.studies import Study, StudyPart, StudyTrial

__all__ = ["BacktestResult", "BacktestRun", "Study", "StudyPart", "StudyTrial"]


class BacktestRun(BaseModel):
    """A back-test: what was asked for, how far it is, who works on it. The result is a row of its own.

    `start` (included) and `end` (excluded) bound the open times of the candles. `taker_fee` is a share: 0.001 is 0.1 %.
    A worker holds the run until `lease_until`; `lease_epoch` counts the workers that ever did, and only the newest
    writes.
    """

    data_categories: ClassVar = {
        **dict.fromkeys(
            (
                "owner", "version", "symbol", "interval", "start", "end", "state", "cancel_requested", "bars_done",
                "bars_total", "lease_epoch", "lease_until", "started_at", "finished_at", "error_code", "error_message",
                "document_hash", "adjustment",
            ),
            DataCategory.OPERATIONAL,
        ),
        **dict.fromkeys(("cash", "taker_fee", "slippage_bps"), DataCategory.CONTENT),
    }  # fmt: skip

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey("strategies.StrategyVersion", on_delete=models.PROTECT, related_name="+")
    document_hash = models.CharField(max_length=64)
    symbol = models.CharField(max_length=32)
    interval = models.CharField(max_length=8)
    start = models.DateTimeField()
    end = models.DateTimeField()
    cash = models.DecimalField(max_digits=38, decimal_places=18)
    taker_fee = models.DecimalField(max_digits=10, decimal_places=8)
    slippage_bps = models.DecimalField(max_digits=10, decimal_places=4)
    adjustment = models.PositiveIntegerField(null=True)
    """The version of the factors for splits and dividends (0: there were none); None: candles as they were traded."""
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.QUEUED)
    cancel_requested = models.BooleanField(default=False)
    bars_done = models.PositiveIntegerField(default=0)
    bars_total = models.PositiveIntegerField(default=0)
    lease_epoch = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=80, blank=True)
    error_message = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(start__lt=models.F("end")), name="backtest_span_is_not_empty"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["owner", "-id"], name="backtest_by_owner"),
            models.Index(fields=["version", "-id"], name="backtest_by_version"),
            models.Index(
                fields=["lease_until"],
                condition=models.Q(state__in=[state.value for state in OPEN_STATES]),
                name="backtest_open_by_lease",
            ),
        ]
        triggers: ClassVar = [RUN_STATES.trigger("backtestrun"), no_delete("backtestrun")]

    def __str__(self) -> str:
        return f"{self.symbol} {self.interval}"


class BacktestResult(BaseModel):
    """What a back-test came to: figures as JSON, and candle-long columns packed. Append-only."""

    data_categories: ClassVar = {
        "run": DataCategory.OPERATIONAL,
        "data_hash": DataCategory.OPERATIONAL,
        "result_hash": DataCategory.OPERATIONAL,
        **dict.fromkeys(("facts", "statistics", "months", "series", "fills", "trades"), DataCategory.CONTENT),
    }

    run = models.OneToOneField(BacktestRun, on_delete=models.PROTECT, related_name="result")
    data_hash = models.CharField(max_length=64)
    result_hash = models.CharField(max_length=64)
    facts = models.JSONField()
    statistics = models.JSONField()
    months = models.JSONField()
    series = models.BinaryField()
    fills = models.BinaryField()
    trades = models.BinaryField()

    class Meta:
        triggers: ClassVar = append_only("backtestresult")

    def __str__(self) -> str:
        return self.result_hash[:12]
