"""What a history can be narrowed by."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import TextChoices

from apps.trading.orders.choices import FINAL, OrderState


class Outcome(TextChoices):
    """Where an order has come to."""

    OPEN = "open", "Open"
    """Not over."""
    FILLED = "filled", "Filled"
    """All of it."""
    CANCELLED = "cancelled", "Cancelled"
    """Ended before it was complete."""
    REJECTED = "rejected", "Refused"
    """Never in the book."""


OUTCOMES = {
    Outcome.OPEN: tuple(state.value for state in OrderState if state.value not in FINAL),
    Outcome.FILLED: (OrderState.FILLED.value,),
    Outcome.CANCELLED: (OrderState.CANCELLED.value,),
    Outcome.REJECTED: (OrderState.REJECTED.value,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A narrowed history; empty and None mean all. `start` is included, `end` is not; they are of the decision."""

    symbol: str = ""
    side: str = ""
    outcome: str = ""
    origin: str = ""
    origin_id: UUID | None = None
    connection_id: UUID | None = None
    start: datetime | None = None
    end: datetime | None = None
