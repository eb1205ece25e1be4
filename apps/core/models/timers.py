"""Work that is due later. Rows, not Celery ETAs: they survive everything and stop while the platform is down."""

from typing import ClassVar

from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory, Placement
from apps.core.triggers import state_machine


class TimerState(models.TextChoices):
    """Where a timer stands."""

    WAITING = "waiting"
    """Not due, or due and not yet claimed."""
    DONE = "done"
    """Its handler ran, in the same transaction."""
    CANCELLED = "cancelled"
    """Called off before it was due."""
    FAILED = "failed"
    """Its handler failed too often; staff see it."""


class Timer(BaseModel):
    """One due piece of work; `key` makes scheduling it twice the same as once."""

    placement = Placement.BOTH
    data_categories: ClassVar = dict.fromkeys(
        ("name", "key", "due_at", "payload", "state", "attempts", "last_error", "finished_at"), DataCategory.OPERATIONAL
    )

    name = models.CharField(max_length=80)
    key = models.CharField(max_length=120)
    due_at = models.DateTimeField()
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=TimerState.choices, default=TimerState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["name", "key"], condition=models.Q(state="waiting"), name="one_waiting_timer_per_key"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=models.Q(state="waiting"), name="timers_waiting"),
        ]
        triggers: ClassVar = [
            state_machine("timer", "state", [("waiting", "done"), ("waiting", "cancelled"), ("waiting", "failed")]),
        ]

    def __str__(self) -> str:
        return f"{self.name} at {self.due_at:%Y-%m-%d %H:%M:%S}"


class TenantWork(BaseModel):
    """Index in public: when does a schema next have work of a kind? Beat looks here instead of into every schema.

    `next_due_at` is None while there is nothing to do. `seen_at` is when work that has no time of its own (a bot that
    runs) was last known to be there; timers leave it empty. See apps.core.work.
    """

    placement = Placement.PUBLIC
    data_categories: ClassVar = dict.fromkeys(("schema", "kind", "next_due_at", "seen_at"), DataCategory.OPERATIONAL)

    schema = models.CharField(max_length=41)
    kind = models.CharField(max_length=40)
    next_due_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["schema", "kind"], name="one_work_entry_per_kind"),
        ]
        indexes: ClassVar = [models.Index(fields=["kind", "next_due_at"], name="work_by_due")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.schema} due {self.next_due_at}"
