"""Studies: many trials of one strategy, done in parts by many workers."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.core.triggers import append_only, no_delete
from apps.trading.backtests.choices import (
    OPEN_STUDY_STATES,
    PART_STATES,
    STUDY_STATES,
    PartState,
    StudyKind,
    StudyState,
)


class Study(BaseModel):
    """What is asked for, how far it is, and the verdict.

    Span, cash and costs are as in a back-test. `settings` holds the numbers to try, how they are chosen and judged, the
    seed, and how the walk forward is cut. `wake_at` is when the sweep looks whether somebody still works on it.
    """

    data_categories: ClassVar = {
        **dict.fromkeys(
            (
                "owner", "version", "document_hash", "kind", "symbol", "interval", "start", "end", "adjustment",
                "state", "trials_done", "trials_total", "wake_at", "finished_at", "error_code", "error_message",
                "result_hash",
            ),
            DataCategory.OPERATIONAL,
        ),
        **dict.fromkeys(("cash", "taker_fee", "slippage_bps", "settings", "outcome"), DataCategory.CONTENT),
    }  # fmt: skip

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey("strategies.StrategyVersion", on_delete=models.PROTECT, related_name="+")
    document_hash = models.CharField(max_length=64)
    kind = models.CharField(max_length=16, choices=StudyKind.choices)
    symbol = models.CharField(max_length=32)
    interval = models.CharField(max_length=8)
    start = models.DateTimeField()
    end = models.DateTimeField()
    cash = models.DecimalField(max_digits=38, decimal_places=18)
    taker_fee = models.DecimalField(max_digits=10, decimal_places=8)
    slippage_bps = models.DecimalField(max_digits=10, decimal_places=4)
    adjustment = models.PositiveIntegerField(null=True)
    settings = models.JSONField()
    state = models.CharField(max_length=10, choices=StudyState.choices, default=StudyState.RUNNING)
    trials_done = models.PositiveIntegerField(default=0)
    trials_total = models.PositiveIntegerField(default=0)
    wake_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=80, blank=True)
    error_message = models.CharField(max_length=500, blank=True)
    outcome = models.JSONField(null=True)
    result_hash = models.CharField(max_length=64, blank=True)
    """SHA-256 of everything the outcome rests on: equal requests over equal candles have equal hashes."""

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(start__lt=models.F("end")), name="study_span_is_not_empty"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["owner", "-id"], name="study_by_owner"),
            models.Index(
                fields=["wake_at"], condition=models.Q(state=StudyState.RUNNING.value), name="study_running_by_wake"
            ),
            models.Index(
                fields=["owner"],
                condition=models.Q(state__in=[state.value for state in OPEN_STUDY_STATES]),
                name="study_open_by_owner",
            ),
        ]
        triggers: ClassVar = [STUDY_STATES.trigger("study"), no_delete("study")]

    def __str__(self) -> str:
        return f"{self.kind} {self.symbol} {self.interval}"


class StudyPart(BaseModel):
    """Some trials of a study, the work of one worker at a time.

    Part `number` does the trials `first` … `last` − 1 of fold `fold` (0: the whole span). The last part has no trials:
    it comes to the verdict when all others are done. A worker holds the part until `lease_until`; `lease_epoch` counts
    the workers that ever did, and only the newest writes; `attempts` counts those since something was stored. `facts`
    and `series` are what a walked fold came to.
    """

    data_categories: ClassVar = {
        **dict.fromkeys(
            ("study", "number", "fold", "first", "last", "state", "attempts", "lease_epoch", "lease_until"),
            DataCategory.OPERATIONAL,
        ),
        **dict.fromkeys(("facts", "series"), DataCategory.CONTENT),
    }

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="parts")
    number = models.PositiveIntegerField()
    fold = models.PositiveIntegerField()
    first = models.PositiveIntegerField()
    last = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=PartState.choices, default=PartState.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    lease_epoch = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField()
    facts = models.JSONField(null=True)
    series = models.BinaryField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["study", "number"], name="study_part_once"),
        ]
        triggers: ClassVar = [PART_STATES.trigger("studypart"), no_delete("studypart")]

    def __str__(self) -> str:
        return f"part {self.number}"

    @property
    def is_verdict(self) -> bool:
        """Whether this is the part that comes to the verdict."""
        return self.first == self.last


class StudyTrial(BaseModel):
    """One trial: parameters, figures as text, and the sums that the cross-validation needs. Append-only.

    `number` is the trial's place in the study, `point` that in the space of numbers. `figures` is empty where the
    numbers do not go together. `score`, to sort by, is NULL where it could not be judged.
    """

    data_categories: ClassVar = {
        **dict.fromkeys(("study", "fold", "number", "point", "digest"), DataCategory.OPERATIONAL),
        **dict.fromkeys(("parameters", "score", "figures", "sums"), DataCategory.CONTENT),
    }

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="trials")
    fold = models.PositiveIntegerField()
    number = models.PositiveIntegerField()
    point = models.PositiveIntegerField()
    parameters = models.JSONField()
    score = models.DecimalField(max_digits=38, decimal_places=12, null=True)
    figures = models.JSONField()
    sums = models.BinaryField()
    digest = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["study", "fold", "number"], name="study_trial_once"),
        ]
        triggers: ClassVar = append_only("studytrial")

    def __str__(self) -> str:
        return f"trial {self.number}"
