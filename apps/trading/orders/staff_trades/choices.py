"""Words of trades that staff book."""

from django.db.models import TextChoices


class InBalance(TextChoices):
    """Whether the account's balance at the venue knows of the trade."""

    SHOWN = "shown", "Shown already, or never on this account"
    """The mirror stays what the venue shows; the position changes."""
    COMING = "coming", "Not yet: the venue will show it"
    """The mirror moves with the trade, ahead of the venue."""
