"""Choices of routed orders, and their reasons in sentences."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from django.db.models import TextChoices

from kernel.execution import Limited

WORK = "orders.routes"
"""Routed orders that are not over, in the index of work."""
MOST_ROUNDS: Final = 3
"""So often the books are asked what to do with what is left."""
LATE_AFTER: Final = timedelta(seconds=15)
"""A part that could not be placed for so long after its decision is not placed: no book is believed for longer."""
BOOK_PATIENCE: Final = timedelta(seconds=5)
"""So long a next round waits for books that are newer than its own last trades there."""


class RouteStatus(TextChoices):
    """Where a routed order stands."""

    WORKING = "working", "Working"
    """Parts are placed or on their way."""
    ENDING = "ending", "Ending"
    """It was cancelled; what is on its way is waited for."""
    DONE = "done", "Filled"
    """All of it is filled."""
    PARTLY = "partly", "Partly filled"
    """It is over, and some of it is filled."""
    UNFILLED = "unfilled", "Nothing filled"
    """It is over without a trade."""
    REFUSED = "refused", "Refused"
    """It is over without a trade, because its parts were refused."""


OVER = (
    RouteStatus.DONE.value,
    RouteStatus.PARTLY.value,
    RouteStatus.UNFILLED.value,
    RouteStatus.REFUSED.value,
)


class PartState(StrEnum):
    """What became of a part."""

    NONE = "none"  # it gets nothing
    WAITING = "waiting"  # decided, not placed yet
    PLACED = "placed"  # an order
    REFUSED = "refused"  # refused before it left, or by the exchange
    LATE = "late"  # not placed in time
    DROPPED = "dropped"  # cancelled before it was placed


WHY = {
    "": "",
    "complete": "All of it is filled.",
    "cancelled": "It was cancelled; what is filled stays filled.",
    "rounds": f"The books were asked {MOST_ROUNDS} times; what is left was not there any more.",
    "price": "What is left would be worse than the worst price.",
    "depth": "The books hold no more.",
    "budget": "The accounts have no more.",
    "size": "The exchanges take no larger orders.",
    "too_small": "What is left is below the exchanges' smallest orders.",
    "silent": "There are no fresh books.",
    "refused": "Every account refused its part.",
    "accounts": "No account is left that can be traded on.",
}
"""Why a routed order is over."""

LIMITS: dict[str, str] = {
    Limited.NOTHING: "",
    Limited.PRICE: "Beyond here it is worse than the worst price.",
    Limited.DEPTH: "Its book holds no more.",
    Limited.BUDGET: "The account has no more.",
    Limited.SIZE: "The exchange takes no larger order.",
    Limited.TOO_SMALL: "Its part would be below the exchange's smallest order.",
    Limited.SILENT: "There is no fresh book.",
}
"""What stopped an account from getting more."""
CHEAPER = "Other accounts are cheaper."
ENOUGH = ""
BY_WEIGHT = (Limited.PRICE, Limited.BUDGET, Limited.DEPTH, Limited.SIZE, Limited.TOO_SMALL, Limited.SILENT)
"""Which reason names the end when accounts have different ones."""


def said_of(limited: str, quantity: object, missing: object) -> str:
    """Return what stopped an account, in words; with nothing missing, price means that others are cheaper."""
    if limited == Limited.PRICE and not missing:
        return ENOUGH if quantity else CHEAPER
    return LIMITS[limited]
