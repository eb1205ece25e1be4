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
    """The market clock stops where it is."""
    RESUME = "resume", "Let the market run"
    """The market clock goes on, out of lock-step too."""
    SPEED = "speed", "Set the speed"
    """Market seconds per second."""
    JUMP = "jump", "Jump to a date"
    """To the bar of a market time, without walking there."""
    FAULT = "fault", "Put a fault"
    """A rule for requests or frames, of one account or of all."""
    CLEAR_FAULTS = "clear_faults", "Clear all faults"
    """Every rule ends; halted symbols stay halted."""
    HALT = "halt", "Take a symbol out of trading"
    """Status BREAK: no new orders, nothing trades."""
    TRADE = "trade", "Take a symbol back into trading"
    """Status TRADING again."""
    SNAPSHOT = "snapshot", "Write a snapshot"
    """Beside the running exchange; shortens its next start."""
