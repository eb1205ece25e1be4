"""Choices of orders, and the moves between their states."""

from datetime import timedelta

from django.db.models import TextChoices

from apps.core.transitions import StateTable


class Kind(TextChoices):
    """How the price of an order is found, and what it waits for."""

    MARKET = "market", "Market"
    """At once, at what the book offers."""
    LIMIT = "limit", "Limit"
    """At the given price or better."""
    STOP = "stop", "Stop"
    """At market, once the price has gone against it to the trigger."""
    STOP_LIMIT = "stop_limit", "Stop limit"
    """At the given price or better, once the price has gone against it to the trigger."""
    TAKE_PROFIT = "take_profit", "Take profit"
    """At market, once the price has gone in its favour to the trigger."""
    TAKE_PROFIT_LIMIT = "take_profit_limit", "Take profit limit"
    """At the given price or better, once the price has gone in its favour to the trigger."""
    TRAILING_STOP = "trailing_stop", "Trailing stop"
    """At market, once the price has come back by so many percent from its best since the order was placed."""


LIMITED = (Kind.LIMIT.value, Kind.STOP_LIMIT.value, Kind.TAKE_PROFIT_LIMIT.value)
"""Kinds that name a price."""
WAITING = (Kind.STOP.value, Kind.STOP_LIMIT.value, Kind.TAKE_PROFIT.value, Kind.TAKE_PROFIT_LIMIT.value)
"""Kinds that wait for a given trigger price."""
WITH_TRIGGER = (*WAITING, Kind.TRAILING_STOP.value)


class TimeInForce(TextChoices):
    """How long a limit order stays."""

    GTC = "GTC", "Until cancelled"
    """Until it is cancelled."""
    IOC = "IOC", "At once or cancel"
    """What fills at once; the rest is cancelled."""
    FOK = "FOK", "All at once or nothing"
    """Everything at once, or nothing."""
    DAY = "DAY", "Today (UTC)"
    """Until the day ends at 00:00 UTC."""
    GTD = "GTD", "Until a moment"
    """Until a moment that the order names."""


TIMED = (TimeInForce.DAY.value, TimeInForce.GTD.value)
"""Ended by our timer; the venue holds them until they are cancelled."""


class HeldBy(TextChoices):
    """Who watches the trigger of an order."""

    VENUE = "venue", "Exchange"
    """The exchange itself: it goes on when we are away."""
    PLATFORM = "platform", "Platform"
    """We do, on checked prices: nothing is at the exchange before the trigger."""


class Leg(TextChoices):
    """What an order is in its group."""

    ENTRY = "entry", "Entry"
    """Opens; the exits wait for its fills."""
    TAKE_PROFIT = "take_profit", "Take profit"
    """Closes with a profit."""
    STOP = "stop", "Stop"
    """Closes with a loss."""


class GroupKind(TextChoices):
    """What orders of a group are to each other."""

    OCO = "oco", "One cancels the other"
    """Two exits of one position."""
    BRACKET = "bracket", "Bracket"
    """An entry with two exits, of which one cancels the other."""


class GroupState(TextChoices):
    """Whether a group still works."""

    WORKING = "working", "Working"
    """An order of it is not over."""
    DONE = "done", "Done"
    """Nothing of it can trade any more."""


class Origin(TextChoices):
    """Who wanted an order."""

    MANUAL = "manual", "By hand"
    """A person, on a page or through the API."""
    BOT = "bot", "Bot"
    """A bot; `origin_id` names it."""
    ALGO = "algo", "Algorithm"
    """A part of a larger order that an algorithm works off; `origin_id` names that."""
    COPY = "copy", "Copied"
    """Copied from somebody's trade; `origin_id` names the copying."""
    REBALANCE = "rebalance", "Rebalancing"
    """Brings a portfolio to its weights; `origin_id` names the run."""
    GUARD = "guard", "Risk guard"
    """Reduces or hedges because a limit asked for it; `origin_id` names the request."""
    ROUTE = "route", "Routed"
    """A part of an order that is shared out over several accounts; `origin_id` names that."""
    STAFF = "staff", "Booked by staff"
    """A trade made elsewhere that two members of staff booked; `origin_id` names it. Nothing was sent."""


class OrderState(TextChoices):
    """The life of an order."""

    HELD = "held", "Waiting for its trigger"
    """The platform watches the trigger; nothing has left the house."""
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


class SelfMatch(TextChoices):
    """What happens to an order that would meet another one of the same customer on the same account."""

    REFUSE = "refuse", "Refuse it"
    """The order is not placed."""
    REDUCE = "reduce", "Make it smaller"
    """What would meet the customer's own orders is left out."""
    ALLOW = "allow", "Let it trade"
    """It is placed; the exchange does what it does."""


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
    CONTRACT = "contract", "Contract position differs"
    """The venue's position in a contract is not what its executions make of it."""
    CONTRACT_WALLET = "contract_wallet", "Contract wallet differs"
    """The venue's wallet for contracts is not what our book of its changes makes of it."""
    CONTRACT_MODE = "contract_mode", "Position mode was changed at the exchange"
    """Orders that wait here were placed for the other mode; they stay where they are."""

    @property
    def told(self) -> str:
        """The words for the owner: what differs, and the way out where it is the owner's."""
        return f"{self.label}. {MODE_WAY_OUT}" if self is IncidentKind.CONTRACT_MODE else str(self.label)


MODE_WAY_OUT = (
    "The orders that wait for the other mode are not sent: cancel them, or choose that mode again under Positions"
)


S = OrderState
ORDER_STATES = StateTable(
    field="state",
    moves={
        "trigger": {S.HELD: S.INTENT},
        # A pair of exits that the venue did not take: the platform goes on holding them.
        "hold": {S.INTENT: S.HELD, S.SENT: S.HELD, S.UNKNOWN: S.HELD},
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
            S.HELD: S.CANCELLED, S.INTENT: S.CANCELLED, S.SENT: S.CANCELLED, S.UNKNOWN: S.CANCELLED,
            S.OPEN: S.CANCELLED, S.PARTLY_FILLED: S.CANCELLED, S.CANCELLING: S.CANCELLED, S.REJECTED: S.CANCELLED,
        },
        "refuse": {S.HELD: S.REJECTED, S.INTENT: S.REJECTED, S.SENT: S.REJECTED, S.UNKNOWN: S.REJECTED},
    },
)  # fmt: skip
"""A rejected order moves only when it counted as never accepted and shows up after all (REVIVED_ORDER)."""

WORK = "orders.checks"
"""Orders by hand that the venue must be told or asked about, in the index of work."""

HELD_WORK = "orders.held"
"""Orders whose trigger the platform watches, in the index of work."""
TRADES = "orders.trade"
"""The permission of placing and cancelling."""
ENDS = "orders.end_in_time"
"""The timer of an order that ends at a moment."""
AMENDS = "orders.amend"
"""The timer of a change that the venue was perhaps not told: the net under its task."""

CUSHION = "orders.market_cushion"
"""The setting that says how much more than its worth a market order reserves, in hundredths of a percent."""

NOT_LEFT = (S.HELD.value, S.INTENT.value)
"""Stored here, and nothing sent yet."""
IN_FLIGHT = (S.SENT.value, S.UNKNOWN.value)
AT_VENUE = (S.OPEN.value, S.PARTLY_FILLED.value, S.CANCELLING.value)
FINAL = (S.FILLED.value, S.CANCELLED.value, S.REJECTED.value)

NEVER_ACCEPTED = "never_accepted"
NOT_SENT = "not_sent"
BUSY = ("-1003", "-1015", "-1021")
"""Refusals that say nothing of the order: too many requests, too many orders, too late on the way."""

RECEIVE_WINDOW = timedelta(milliseconds=5_000)
"""The venue refuses a request this long after its timestamp; the gateway sends it with every request."""
CLOCK_SKEW = timedelta(seconds=3)
"""How far our measure of the venue's clock may be off, its own tolerance for early requests included."""
LATEST_ACCEPTANCE = RECEIVE_WINDOW + CLOCK_SKEW
"""So long after an order was claimed the venue can no longer accept it; only then "not found" is an answer."""
MANUAL_PATIENCE = timedelta(seconds=60)
"""An order by hand that could not be sent for so long is given up: the market has moved on."""
