"""Words with a fixed meaning: tiers, what is limited, over which time, what a screening says."""

from datetime import timedelta

from django.db.models import IntegerChoices, TextChoices


class Tier(IntegerChoices):
    """How well a customer is known; each tier has limits of its own."""

    UNVERIFIED = 0, "Unverified"
    """Nothing is known but an address. Every customer starts here, with or without a row."""
    BASIC = 1, "Basic"
    """Name and country are confirmed."""
    VERIFIED = 2, "Verified"
    """Documents were checked."""
    ENHANCED = 3, "Enhanced"
    """Documents and the source of funds were checked; two people agreed."""


class Verb(TextChoices):
    """What is limited."""

    WITHDRAW = "withdraw", "Withdrawals"
    """Money or coins leave the tenant."""
    TRANSFER = "transfer", "Transfers"
    """They go to another customer of the tenant."""


class Window(TextChoices):
    """Over which time amounts add up. All of them roll: nothing is reset at midnight."""

    SINGLE = "single", "At a time"
    """One amount by itself."""
    DAY = "day", "In 24 hours"
    """The last 24 hours."""
    WEEK = "week", "In 7 days"
    """The last 7 days."""
    MONTH = "month", "In 30 days"
    """The last 30 days."""


SPANS: dict[Window, timedelta] = {
    Window.DAY: timedelta(hours=24),
    Window.WEEK: timedelta(days=7),
    Window.MONTH: timedelta(days=30),
}
"""How far each rolling window reaches back: a use at t counts until, and not at, t + span."""
LONGEST = max(SPANS.values())
ANY_ASSET = "*"
"""The row for all assets of a tier that have no row of their own; its amount is in REFERENCE."""
REFERENCE = "USDT"
"""The asset in which the worth of other assets is given."""


class TierBasis(TextChoices):
    """Why a customer has the tier; the words of the person who set it are in the audit trail."""

    START = "start", "Start"
    """The first row of a customer."""
    EVIDENCE = "evidence", "Evidence checked"
    """Documents or other proof were seen."""
    RISK = "risk", "Risk"
    """Lowered because something is not right."""
    REQUEST = "request", "Customer's wish"
    """The customer asked for it."""
    CORRECTION = "correction", "Correction"
    """The tier before was a mistake."""


class Outcome(TextChoices):
    """What a screening says about a movement, mildest first."""

    PASS = "pass", "Pass"
    """Nothing against it."""
    HOLD = "hold", "Hold"
    """A person has to look at it first."""
    REJECT = "reject", "Reject"
    """It must not happen."""
