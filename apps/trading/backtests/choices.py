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


class StudyKind(models.TextChoices):
    """What a study does with a strategy's numbers."""

    OPTIMISE = "optimise", "Optimise"
    """Many numbers over the whole span, and how likely the best of them is luck."""
    WALK_FORWARD = "walk_forward", "Walk forward"
    """The same, and numbers fitted on one part tried on the part that follows, again and again."""
    MONTE_CARLO = "monte_carlo", "Monte Carlo"
    """The strategy as it is, over candles with noise, its trades in other orders, its returns drawn anew."""


class StudyMethod(models.TextChoices):
    """Which combinations of numbers are tried."""

    GRID = "grid", "All"
    """Every one."""
    RANDOM = "random", "Drawn"
    """As many as the budget allows, drawn evenly by the seed."""


class StudyState(models.TextChoices):
    """The life of a study."""

    RUNNING = "running", "Running"
    """Its parts wait for workers or have them."""
    PAUSED = "paused", "Paused"
    """Its owner wants no work done for now; what is done is kept."""
    DONE = "done", "Done"
    """The verdict is stored."""
    FAILED = "failed", "Failed"
    """It cannot be done; the row says why."""
    CANCELLED = "cancelled", "Cancelled"
    """Its owner called it off; there will be no verdict."""


class PartState(models.TextChoices):
    """The life of a part of a study."""

    WAITING = "waiting", "Waiting"
    """Nobody works on it, or whoever did is silent for longer than its lease."""
    DONE = "done", "Done"
    """All its trials are stored."""


OPEN_STUDY_STATES = (StudyState.RUNNING, StudyState.PAUSED)
STUDY_STATES = StateTable(
    field="state",
    moves={
        "pause": {StudyState.RUNNING: StudyState.PAUSED},
        "resume": {StudyState.PAUSED: StudyState.RUNNING},
        "finish": {StudyState.RUNNING: StudyState.DONE},
        "fail": {StudyState.RUNNING: StudyState.FAILED},
        "cancel": {StudyState.RUNNING: StudyState.CANCELLED, StudyState.PAUSED: StudyState.CANCELLED},
    },
)
PART_STATES = StateTable(field="state", moves={"finish": {PartState.WAITING: PartState.DONE}})
