"""Choices of portfolios."""

from django.db.models import TextChoices

from apps.core.transitions import StateTable

SAMPLING = "portfolios.sampling"
"""Portfolios whose value is noted, in the index of work."""


class FlowKind(TextChoices):
    """Why money or holdings came into a portfolio or left it without being a result."""

    BOOK_IN = "book_in", "Book added"
    """A book came in with what it had brought until then."""
    BOOK_OUT = "book_out", "Book taken out"
    """A book left with what it had brought until then."""
    ACCOUNT = "account", "Moved at the exchange"
    """What the account holds beyond our trades: its first balance, and what was paid in or out there."""
    DEPOSIT = "deposit", "Money assigned"
    """The customer says that so much works in this portfolio."""
    WITHDRAWAL = "withdrawal", "Money taken out"
    """The customer says that so much no longer works in it."""


class Resolution(TextChoices):
    """How far apart noted values stand; each keeps the last value of its span (UTC)."""

    MINUTE = "minute", "Minute"
    """Kept for two days."""
    HOUR = "hour", "Hour"
    """Kept for ninety days."""
    DAY = "day", "Day"
    """Kept for good."""


class PriceSource(TextChoices):
    """Where a price is known from."""

    ITSELF = "itself", "the currency itself"
    """The asset is the portfolio's currency."""
    QUOTE = "quote", "live quote"
    """The bid of the newest quote."""
    CANDLE = "candle", "last stored candle"
    """The close of the newest stored candle; no quote is known."""
    MARK = "mark", "mark price of the contract"
    """The exchange's mark price; what the contract stands to bring is its worth."""


class JournalAbout(TextChoices):
    """What a note is about."""

    ORDER = "order", "Trade"
    """An order with its fills."""
    POSITION = "position", "Position"
    """A position of a book."""
    DAY = "day", "Day"
    """A day as a whole."""


class ImageKind(TextChoices):
    """What the bytes of a picture are."""

    PNG = "png", "image/png"
    """Portable Network Graphics."""
    JPEG = "jpeg", "image/jpeg"
    """JPEG."""
    WEBP = "webp", "image/webp"
    """WebP."""
    GIF = "gif", "image/gif"
    """GIF."""


REBALANCING = "portfolios.rebalancing"
"""Rebalancing under way, in the index of work."""


class PlanState(TextChoices):
    """Where a rebalancing is."""

    PREVIEW = "preview", "Preview"
    """Only worked out; nothing was ordered."""
    RUNNING = "running", "Running"
    """Its orders are placed one after another, sales first."""
    DONE = "done", "Done"
    """All its orders are over."""
    CANCELLED = "cancelled", "Cancelled"
    """Called off; what was filled stays filled."""


class LineState(TextChoices):
    """What became of one line."""

    REFUSED = "refused", "Not possible"
    """Cannot be ordered; the reason says why."""
    WAITING = "waiting", "Waiting"
    """Will be ordered."""
    PLACED = "placed", "Ordered"
    """Its order exists; that says how it went."""
    FAILED = "failed", "Refused"
    """The order was refused when it was to be placed; the reason says why."""
    DROPPED = "dropped", "Called off"
    """The rebalancing was called off before."""


PLAN_STATES = StateTable(
    field="state",
    moves={
        "start": {PlanState.PREVIEW: PlanState.RUNNING},
        "finish": {PlanState.RUNNING: PlanState.DONE},
        "call_off": {PlanState.PREVIEW: PlanState.CANCELLED, PlanState.RUNNING: PlanState.CANCELLED},
    },
)


class Every(TextChoices):
    """How often a portfolio is looked at, and rebalanced where it is too far from its weights."""

    DAY = "day", "Every day"
    """Each day at the hour."""
    WEEK = "week", "Every week"
    """On one day of the week, 1 is Monday."""
    MONTH = "month", "Every month"
    """On one day of the month, or its last one where it is shorter."""


class DeliveryState(TextChoices):
    """Where a message to a customer's webhook is."""

    WAITING = "waiting", "Waiting"
    """Not delivered yet; it is tried again."""
    DELIVERED = "delivered", "Delivered"
    """The address took it."""
    GIVEN_UP = "given_up", "Given up"
    """Tried for two days, or the address said that it is gone."""
