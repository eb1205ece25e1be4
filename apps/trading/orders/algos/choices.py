"""Choices of algorithms; their values are those of kernel.execution."""

from django.db.models import TextChoices

WORK = "orders.algos"
"""Algorithms that are not over, in the index of work."""


class AlgoKind(TextChoices):
    """How a large order is worked off."""

    TWAP = "twap", "TWAP: evenly over time"
    """Equal parts at equal times."""
    VWAP = "vwap", "VWAP: as volume usually comes"
    """Parts by the volume of past days at the same time of day."""
    POV = "pov", "POV: a share of what trades"
    """A fixed share of the market's volume."""
    ICEBERG = "iceberg", "Iceberg: a small part shown at a time"
    """One visible part after the other, resting at one price."""


class AlgoStatus(TextChoices):
    """Where an algorithm stands."""

    WORKING = "working", "Working"
    """It sends children."""
    PAUSED = "paused", "Paused"
    """It sends none; what rests is taken back."""
    ENDING = "ending", "Ending"
    """What rests is being taken back."""
    DONE = "done", "Over"
    """Nothing more is sent."""


class CatchUpRule(TextChoices):
    """What becomes of what could not be sent in its time."""

    AT_ONCE = "at_once", "With the next part"
    """The next child makes up for it."""
    SPREAD = "spread", "Over the parts that are left"
    """All later children are larger."""
    LEAVE = "leave", "Not before the end"
    """It waits for the end."""


class RestRule(TextChoices):
    """What becomes at the end of what is left."""

    FINISH = "finish", "Send it"
    """Sent within a minute after the end, as far as the caps allow."""
    LEAVE = "leave", "Leave it"
    """Left undone."""


class AlgoClock(TextChoices):
    """Which clock the schedule follows."""

    WALL = "wall", "Wall clock"
    """The time of day."""
    MARKET = "market", "The market's own time"
    """The end of the newest candle: a paper market may replay recorded days faster."""


WHY = {
    "": "",
    "complete": "All of it is filled.",
    "cancelled": "It was cancelled; what is filled stays filled.",
    "time": "Its time is over.",
    "price": "The market is worse than the worst price allowed.",
    "participation": "More would be above the share of the volume allowed.",
    "silent": "There is no fresh price.",
    "too_small": "What is left is below the exchange's smallest order.",
    "refused": "Three orders one after the other were refused.",
    "person": "It was paused.",
    "slippage": "Its mean price or the market is worse than its slippage guard allows.",
}
"""Reasons of kernel.execution in sentences."""
