"""Alerts of customers."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.trading.instruments.choices import ALERT_STATES, AlertState, Rearm

OPERATIONAL = DataCategory.OPERATIONAL


class Alert(BaseModel):
    """A condition (kernel.rules, catalogue MOMENT) on one symbol, and what became of it.

    `seen` holds the figures of the last look, for crossings; `was_false` whether the condition was false since it last
    fired; `fired_count` numbers the firings: (alert, number) is told once.
    """

    data_categories: ClassVar = {
        "owner": OPERATIONAL,
        "symbol": OPERATIONAL,
        "name": DataCategory.CONTENT,
        "condition": DataCategory.CONTENT,
        "rearm": OPERATIONAL,
        "pause_seconds": OPERATIONAL,
        "state": OPERATIONAL,
        "seen": DataCategory.PUBLIC_FACT,
        "was_false": OPERATIONAL,
        "fired_count": OPERATIONAL,
        "last_fired_at": OPERATIONAL,
    }

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    symbol = models.CharField(max_length=32)
    name = models.CharField(max_length=80)
    condition = models.JSONField()
    rearm = models.CharField(max_length=5, choices=Rearm.choices, default=Rearm.ONCE)
    pause_seconds = models.PositiveIntegerField(default=300)
    state = models.CharField(max_length=7, choices=AlertState.choices, default=AlertState.ARMED)
    seen = models.JSONField(default=dict)
    was_false = models.BooleanField(default=False)
    fired_count = models.PositiveIntegerField(default=0)
    last_fired_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["owner", "-id"], name="alert_by_owner"),
            models.Index(fields=["symbol"], condition=models.Q(state__in=("armed", "resting")), name="alert_watching"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(pause_seconds__gte=10, pause_seconds__lte=604_800), name="alert_pause_in_bounds"
            ),
        ]
        triggers: ClassVar = [ALERT_STATES.trigger("alert")]

    def __str__(self) -> str:
        return self.name
