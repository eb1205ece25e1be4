"""Words with a fixed meaning: scopes, rules, states of trading, switches."""

from datetime import timedelta
from decimal import Decimal

from django.db.models import TextChoices

from apps.core.transitions import StateTable
from kernel.risk import Rule

REFERENCE = "USDT"
"""The currency of all worths; a symbol quoted in another one is converted by that one's price."""
LOOSENING_DELAY = timedelta(hours=24)
"""So long a customer waits for a looser limit of their own."""
RATE_WINDOW = timedelta(seconds=60)
"""Over which the rate of orders is counted."""
WARN_AT = Decimal("0.8")
"""From this use of a limit on its customer is warned."""


class Scope(TextChoices):
    """For whom a limit, a state or a switch holds."""

    BOT = "bot", "Bot"
    """One bot: what its own book holds and its own orders."""
    CUSTOMER = "customer", "Customer"
    """One customer: all books together."""
    TENANT = "tenant", "Organisation"
    """Each customer of the tenant; a switch: all of them."""
    PLATFORM = "platform", "Platform"
    """Each customer of every tenant; a switch: all of them."""


class State(TextChoices):
    """What may be traded."""

    ACTIVE = "active", "Active"
    """Everything within the limits."""
    REDUCING = "reducing", "Reducing only"
    """Only orders that make a position smaller."""
    HALTED = "halted", "Halted"
    """Nothing; open orders may be cancelled."""


STATES = StateTable(
    field="state",
    moves={
        "reduce": {State.ACTIVE: State.REDUCING},
        "halt": {State.ACTIVE: State.HALTED, State.REDUCING: State.HALTED},
        "ease": {State.HALTED: State.REDUCING},
        "resume": {State.REDUCING: State.ACTIVE, State.HALTED: State.ACTIVE},
    },
)


class RuleName(TextChoices):
    """The rules of the kernel, as forms and pages call them."""

    ORDER_SIZE = Rule.ORDER_SIZE.value, "Size of an order"
    """The worth of one order."""
    POSITION = Rule.POSITION.value, "Size of a position"
    """The worth of one position, its open orders filled."""
    SYMBOL_EXPOSURE = Rule.SYMBOL_EXPOSURE.value, "Exposure in a symbol"
    """The same over all books of a symbol."""
    TOTAL_EXPOSURE = Rule.TOTAL_EXPOSURE.value, "Total exposure"
    """Long and short of all symbols added up."""
    GROUP_EXPOSURE = Rule.GROUP_EXPOSURE.value, "Exposure in a correlation group"
    """The same over the symbols of a group."""
    LEVERAGE = Rule.LEVERAGE.value, "Leverage"
    """Total exposure in times of the equity."""
    FREE_MARGIN = Rule.FREE_MARGIN.value, "Free margin"
    """What positions and open orders leave of the equity, at least."""
    OPEN_POSITIONS = Rule.OPEN_POSITIONS.value, "Open positions"
    """How many in all."""
    SYMBOL_POSITIONS = Rule.SYMBOL_POSITIONS.value, "Open positions in a symbol"
    """How many in one symbol."""
    OPEN_ORDERS = Rule.OPEN_ORDERS.value, "Open orders"
    """How many in all."""
    ORDER_RATE = Rule.ORDER_RATE.value, "Orders a minute"
    """How many in 60 seconds."""
    DAILY_LOSS = Rule.DAILY_LOSS.value, "Loss of a day"
    """From midnight UTC on."""
    DRAWDOWN = Rule.DRAWDOWN.value, "Drawdown"
    """Since the highest result."""


UNITS: dict[str, str] = {
    **dict.fromkeys(RuleName.values, REFERENCE),
    RuleName.LEVERAGE: "× equity",
    RuleName.FREE_MARGIN: "% of equity",
    RuleName.DRAWDOWN: "%",
    RuleName.OPEN_POSITIONS: "positions",
    RuleName.SYMBOL_POSITIONS: "positions",
    RuleName.OPEN_ORDERS: "orders",
    RuleName.ORDER_RATE: "orders a minute",
}
"""In what a rule is counted."""


class Profile(TextChoices):
    """Ready sets of limits that a customer may take over."""

    CAREFUL = "careful", "Careful"
    """No borrowed money, small steps, stops early."""
    BALANCED = "balanced", "Balanced"
    """Room for a few positions at a time."""
    ACTIVE = "active", "Active"
    """Many orders and some leverage; still with a floor."""


PROFILES: dict[Profile, dict[RuleName, Decimal]] = {
    Profile.CAREFUL: {
        RuleName.LEVERAGE: Decimal("1"),
        RuleName.OPEN_POSITIONS: Decimal(3),
        RuleName.ORDER_RATE: Decimal(10),
        RuleName.DRAWDOWN: Decimal(10),
    },
    Profile.BALANCED: {
        RuleName.LEVERAGE: Decimal("2"),
        RuleName.OPEN_POSITIONS: Decimal(10),
        RuleName.ORDER_RATE: Decimal(30),
        RuleName.DRAWDOWN: Decimal(20),
    },
    Profile.ACTIVE: {
        RuleName.LEVERAGE: Decimal("5"),
        RuleName.OPEN_POSITIONS: Decimal(40),
        RuleName.ORDER_RATE: Decimal(120),
        RuleName.DRAWDOWN: Decimal(35),
    },
}
