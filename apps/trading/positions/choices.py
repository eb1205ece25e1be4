"""Choices of positions."""

from django.db.models import TextChoices

from apps.core.transitions import StateTable


class Purpose(TextChoices):
    """Whose trades a book holds."""

    MANUAL = "manual"
    """Orders a person places on a connection: one book for each connection."""
    BOT = "bot"
    """Orders of one bot."""
    CONTRACT = "contract"
    """Perpetual contracts of a connection, as the venue executed them: one book for each connection."""


class PositionSide(TextChoices):
    """Which of a symbol's positions, where an account holds long and short ones apart (hedge mode)."""

    NET = "", "Net"
    """The only one: buys and sells net."""
    LONG = "long", "Long"
    """The long one in hedge mode."""
    SHORT = "short", "Short"
    """The short one in hedge mode."""


class Correction(TextChoices):
    """Why a position changes without an order."""

    OPENING = "opening", "Opening balance"
    """Held before the first fill we know."""
    DEPOSIT = "deposit", "Came from outside"
    """Moved to the venue; its cost is given."""
    WITHDRAWAL = "withdrawal", "Went outside"
    """Taken from the venue, at its average cost: by that method it brings no result."""
    CORRECTION = "correction", "Correction"
    """What was wrong, put right at a given price."""


class AccountState(TextChoices):
    """How near a margin account is to its liquidation (margin ratio in percent)."""

    SAFE = "safe", "Safe"
    """Below 50 %."""
    WATCH = "watch", "Watch"
    """From 50 %."""
    CALLED = "called", "Margin call"
    """From 80 %."""
    LIQUIDATING = "liquidating", "Liquidation"
    """From 100 %: the venue closes positions."""


class RequestKind(TextChoices):
    """Why a contract order is wanted."""

    REDUCE = "reduce", "Reduction before liquidation"
    """A stage of the reduction: closes only."""
    HEDGE = "hedge", "Hedge"
    """A hedge rule brings what is held back into its band."""
    MOVE = "move", "Transfer between wallets"
    """The customer moves an amount between the spot wallet and the one of contracts."""


class RequestState(TextChoices):
    """The life of a wanted contract order."""

    WANTED = "wanted", "Wanted"
    """Committed with its client id; nothing has left the house."""
    SENT = "sent", "Sent, no answer yet"
    """It may be at the venue; it is asked for by client id and never sent again before that."""
    DONE = "done", "Done"
    """The venue executed it, wholly or in part."""
    REFUSED = "refused", "Refused"
    """The venue never took it."""


S = RequestState
REQUEST_STATES = StateTable(
    field="state",
    moves={
        "send": {S.WANTED.value: S.SENT.value},
        "finish": {S.SENT.value: S.DONE.value},
        "refuse": {S.SENT.value: S.REFUSED.value, S.WANTED.value: S.REFUSED.value},
        # The venue proved that it never had it: it may be sent once more.
        "return": {S.SENT.value: S.WANTED.value},
    },
)

WORK = "positions.contracts"
"""Kind of lasting work: contract accounts that are read again and again."""
CONTRACT_VENUES = ("binance",)
"""ccxt's names of the exchanges whose contracts we know; the sandbox exchange speaks Binance."""
