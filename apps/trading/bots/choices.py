"""Choices of bots."""

from datetime import timedelta

from django.db.models import TextChoices

from apps.core.transitions import StateTable


class Desired(TextChoices):
    """What the owner wants; short steps bring the bot there."""

    STOPPED = "stopped", "Stopped"
    """No orders: open ones are cancelled. New bots begin here."""
    RUNNING = "running", "Running"
    """Decide at every closed candle and trade."""
    PAUSED = "paused", "Paused"
    """Follow the candles, open and close nothing."""
    ARCHIVED = "archived", "Archived"
    """Put away, with all it did."""


BOT_STATES = StateTable(
    field="desired_state",
    moves={
        "start": {Desired.STOPPED.value: Desired.RUNNING.value},
        "pause": {Desired.RUNNING.value: Desired.PAUSED.value},
        "resume": {Desired.PAUSED.value: Desired.RUNNING.value},
        "stop": {Desired.RUNNING.value: Desired.STOPPED.value, Desired.PAUSED.value: Desired.STOPPED.value},
        "archive": {Desired.STOPPED.value: Desired.ARCHIVED.value},
    },
)


class Activity(TextChoices):
    """What the bot's last step left it doing."""

    STOPPED = "stopped", "Stopped"
    """Nothing is left to do."""
    STARTING = "starting", "Starting"
    """No step has run since the owner started it."""
    WAITING = "waiting", "Waiting for the next candle"
    """All candles are consumed and no order is open."""
    ORDERING = "ordering", "An order is under way"
    """An order is stored and not over yet."""
    GAP = "gap", "A candle is missing"
    """A later candle is there; the missing one gets a moment to arrive."""
    STOPPING = "stopping", "Stopping"
    """Orders are being cancelled, or the position is being sold because the owner asked for it."""
    TROUBLED = "troubled", "In trouble"
    """The last step failed; it is tried again."""


class SignalDecision(TextChoices):
    """What became of a candle that asked for something."""

    ORDERED = "ordered", "Ordered"
    """An order was stored."""
    REFUSED = "refused", "Refused"
    """The order would break a filter, or the funds do not pay it."""
    LATE = "late", "Too late"
    """The candle was too old to open a position on."""
    STALE = "stale", "Prices stale"
    """The feed was silent, so no position was opened."""
    DAY_LOSS = "day_loss", "Day loss limit"
    """The day's loss is used up, so no position was opened."""
    PAUSED = "paused", "Paused"
    """The owner has paused the bot."""
    REPLACED = "replaced", "Ordered again"
    """The first order provably never arrived; a new one was stored."""


class Tone(TextChoices):
    """How a line of the log is meant."""

    GOOD = "good"
    """As it should be."""
    WAIT = "wait"
    """Something is under way."""
    WARN = "warn"
    """The owner should know."""
    LOSS = "loss"
    """A trade that lost."""
    OFF = "off"
    """Nothing to do."""


WORK = "bots.steps"
"""Active bots, in the index of work."""
LEASE = timedelta(seconds=15)
"""How long a step owns its bot without a sign of life; more than the receive window, the skew and one request."""
GAP_PATIENCE = timedelta(seconds=20)
"""So long a missing candle may arrive late before the bot goes on without it."""
REPLACEMENTS = 5
"""So often one decision is ordered again after orders that provably never arrived."""
RESTING_PATIENCE = timedelta(seconds=30)
"""A market order that is still in the book after this is taken back."""
LATE_BARS = 2
"""A candle may be this many candles old and still open a position."""
MOST_BOTS = 200
"""Bots of one person that are not archived."""
RETRIABLE = frozenset({"never_accepted", "not_sent", "-1021", "-1003", "-1015"})
"""Codes of orders that certainly never were in the book, for reasons that pass: the decision may be ordered again."""
