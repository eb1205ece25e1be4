"""Choices of orders, and the moves between their states."""

from datetime import timedelta

from django.db.models import TextChoices

from apps.core.transitions import StateTable


class Kind(TextChoices):
    """How the price of an order is found."""

    MARKET = "market", "Market"
    """At once, at what the book offers."""
    LIMIT = "limit", "Limit"
    """At the given price or better."""


class TimeInForce(TextChoices):
    """How long a limit order stays."""

    GTC = "GTC", "Until cancelled"
    """Until it is cancelled."""
    IOC = "IOC", "At once or cancel"
    """What fills at once; the rest is cancelled."""
    FOK = "FOK", "All at once or nothing"
    """Everything at once, or nothing."""


class Origin(TextChoices):
    """Who wanted an order."""

    MANUAL = "manual", "By hand"
    """A person, on a page or through the API."""
    BOT = "bot", "Bot"
    """A bot; `origin_id` names it."""


class OrderState(TextChoices):
    """The life of an order."""

    INTENT = "intent", "Intent stored"
    """Committed with its client id; nothing has left the house."""
    SENT = "sent", "Sent, no answer yet"
    """Claimed by one worker, which sends it once. It may be at the venue."""
    UNKNOWN = "unknown", "Outcome unknown"
    """The answer was lost: the venue is asked by client id; nothing is sent again."""
    OPEN = "open", "In the book"
    """The venue has it; nothing is filled."""
    PARTLY_FILLED = "partly_filled", "Partly filled"
    """The venue has it; something is filled."""
    CANCELLING = "cancelling", "Being cancelled"
    """The venue was asked to take it out of the book; it may still fill."""
    FILLED = "filled", "Filled"
    """Complete, and every fill is booked."""
    CANCELLED = "cancelled", "Cancelled"
    """Ended before it was complete; what filled stays filled."""
    REJECTED = "rejected", "Refused"
    """Proven: the venue never had it in the book."""


class IncidentKind(TextChoices):
    """What reconciliation found different."""

    BALANCE = "balance", "Balance differs"
    """The venue's balance is not the first one seen plus our fills."""
    MISSING_ORDER = "missing_order", "Order missing at the venue"
    """The venue does not know an order that it had confirmed."""
    LOST_INTENT = "lost_intent", "Order without intent"
    """The venue has an order with a client id of ours that our books do not know."""
    REVIVED_ORDER = "revived_order", "Order came to life again"
    """An order that counted as never accepted is at the venue after all; it is booked as it is."""
    MISSING_FILLS = "missing_fills", "Fills missing"
    """The venue says that more is filled than it shows executions for."""


S = OrderState
ORDER_STATES = StateTable(
    field="state",
    moves={
        "send": {S.INTENT: S.SENT},
        # Certain that nothing left: the same intent may be claimed again.
        "return": {S.SENT: S.INTENT},
        "lose": {S.SENT: S.UNKNOWN},
        "rest": {S.SENT: S.OPEN, S.UNKNOWN: S.OPEN, S.CANCELLING: S.OPEN, S.REJECTED: S.OPEN},
        "fill_partly": {
            S.SENT: S.PARTLY_FILLED, S.UNKNOWN: S.PARTLY_FILLED, S.OPEN: S.PARTLY_FILLED,
            S.CANCELLING: S.PARTLY_FILLED, S.REJECTED: S.PARTLY_FILLED,
        },
        "complete": {
            S.SENT: S.FILLED, S.UNKNOWN: S.FILLED, S.OPEN: S.FILLED, S.PARTLY_FILLED: S.FILLED,
            S.CANCELLING: S.FILLED, S.CANCELLED: S.FILLED, S.REJECTED: S.FILLED,
        },
        "ask_cancel": {S.OPEN: S.CANCELLING, S.PARTLY_FILLED: S.CANCELLING},
        "end": {
            S.INTENT: S.CANCELLED, S.SENT: S.CANCELLED, S.UNKNOWN: S.CANCELLED, S.OPEN: S.CANCELLED,
            S.PARTLY_FILLED: S.CANCELLED, S.CANCELLING: S.CANCELLED, S.REJECTED: S.CANCELLED,
        },
        "refuse": {S.INTENT: S.REJECTED, S.SENT: S.REJECTED, S.UNKNOWN: S.REJECTED},
    },
)  # fmt: skip
"""A rejected order moves only when it counted as never accepted and shows up after all (REVIVED_ORDER)."""

WORK = "orders.checks"
"""Orders by hand that the venue must be told or asked about, in the index of work."""

CUSHION = "orders.market_cushion"
"""The setting that says how much more than its worth a market order reserves, in hundredths of a percent."""

IN_FLIGHT = (S.SENT.value, S.UNKNOWN.value)
AT_VENUE = (S.OPEN.value, S.PARTLY_FILLED.value, S.CANCELLING.value)
FINAL = (S.FILLED.value, S.CANCELLED.value, S.REJECTED.value)

NEVER_ACCEPTED = "never_accepted"
NOT_SENT = "not_sent"

RECEIVE_WINDOW = timedelta(milliseconds=5_000)
"""The venue refuses a request this long after its timestamp; the gateway sends it with every request."""
CLOCK_SKEW = timedelta(seconds=3)
"""How far our measure of the venue's clock may be off, its own tolerance for early requests included."""
LATEST_ACCEPTANCE = RECEIVE_WINDOW + CLOCK_SKEW
"""So long after an order was claimed the venue can no longer accept it; only then "not found" is an answer."""
MANUAL_PATIENCE = timedelta(seconds=60)
"""An order by hand that could not be sent for so long is given up: the market has moved on."""
