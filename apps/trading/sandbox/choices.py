"""What staff can ask of the sandbox exchange, and how far it came."""

from django.db import models

from apps.core.transitions import StateTable


class CommandState(models.TextChoices):
    """How far a command is."""

    ASKED = "asked", "Asked"
    """Written down; the exchange has not answered yet."""
    DONE = "done", "Done"
    """The exchange confirmed it."""
    REFUSED = "refused", "Refused"
    """The exchange refused; nothing changed there."""
    UNKNOWN = "unknown", "Not known"
    """No answer came: it may or may not have happened. Look at the exchange, then ask again."""


COMMAND_STATES = StateTable(
    field="state",
    moves={
        "confirm": {CommandState.ASKED: CommandState.DONE},
        "refuse": {CommandState.ASKED: CommandState.REFUSED},
        "lose": {CommandState.ASKED: CommandState.UNKNOWN},
    },
)


class Verb(models.TextChoices):
    """What the exchange is asked to do."""

    PAUSE = "pause", "Pause the market"
    RESUME = "resume", "Let the market run"
    SPEED = "speed", "Set the speed"
    JUMP = "jump", "Jump to a date"
    FAULT = "fault", "Put a fault"
    CLEAR_FAULTS = "clear_faults", "Clear all faults"
    HALT = "halt", "Take a symbol out of trading"
    TRADE = "trade", "Take a symbol back into trading"
    SNAPSHOT = "snapshot", "Write a snapshot"
