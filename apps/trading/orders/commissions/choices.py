"""Words of commissions."""

from datetime import timedelta

from django.db.models import TextChoices

from apps.core.transitions import StateTable

EVERY = "*"
"""All symbols."""
WINDOW = timedelta(days=30)
"""A tier is of the worth traded in so many full UTC days before the present one."""


class ScheduleState(TextChoices):
    """Where a schedule stands."""

    DRAFT = "draft", "Draft"
    """Written, not in force; it never changes, another one is written instead."""
    ACTIVE = "active", "In force"
    """New orders get their terms from it: one at a time for real money and one for play money."""
    ENDED = "ended", "Ended"
    """Another one followed, or none."""
    DISCARDED = "discarded", "Discarded"
    """It never came in force."""


SCHEDULE_STATES = StateTable(
    field="state",
    moves={
        "activate": {ScheduleState.DRAFT: ScheduleState.ACTIVE},
        "end": {ScheduleState.ACTIVE: ScheduleState.ENDED},
        "discard": {ScheduleState.DRAFT: ScheduleState.DISCARDED},
    },
)


class ChargedIn(TextChoices):
    """In what a commission is charged."""

    QUOTE = "quote", "Quote asset"
    """A share of quantity × price."""
    RECEIVED = "received", "Received asset"
    """A share of what the fill brought: base when buying, quote when selling."""


class ChargeState(TextChoices):
    """Where a charge stands."""

    DUE = "due", "Due"
    """The wallet does not have it yet; it is tried again."""
    BOOKED = "booked", "Booked"
    """It is in the ledger, once."""
    NOTHING = "nothing", "Nothing to pay"
    """The share came to less than the smallest amount of the asset."""


CHARGE_STATES = StateTable(field="state", moves={"book": {ChargeState.DUE: ChargeState.BOOKED}})
