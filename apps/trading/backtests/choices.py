"""States of back-tests."""

from django.db import models

from apps.core.transitions import StateTable


class RunState(models.TextChoices):
    """The life of a back-test."""

    QUEUED = "queued"
    """Asked for; no worker has taken it."""
    RUNNING = "running"
    """A worker holds its lease."""
    DONE = "done"
    """The result is stored."""
    FAILED = "failed"
    """It cannot be done; the row says why."""
    CANCELLED = "cancelled"
    """Its owner called it off; nothing is stored."""


OPEN_STATES = (RunState.QUEUED, RunState.RUNNING)
RUN_STATES = StateTable(
    field="state",
    moves={
        "begin": {RunState.QUEUED: RunState.RUNNING},
        "finish": {RunState.RUNNING: RunState.DONE},
        "fail": {RunState.QUEUED: RunState.FAILED, RunState.RUNNING: RunState.FAILED},
        "cancel": {RunState.QUEUED: RunState.CANCELLED, RunState.RUNNING: RunState.CANCELLED},
    },
)
