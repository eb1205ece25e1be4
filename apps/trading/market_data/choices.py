"""Words of market data: the home venue, states of syncs and of held candles, kinds of ticks and corporate actions."""

from typing import Final

from django.db import models

from apps.core.transitions import StateTable

HOME_VENUE: Final = "sandbox"
"""The venue whose candles are read when none is named: the one that the feed follows."""


PRESENCE: Final = "market_data:process:"
"""Leases of this name are not of streams but of the processes that could lead them."""


class SyncState(models.TextChoices):
    """The life of a historical sync."""

    QUEUED = "queued"
    """Asked for; no worker has taken it."""
    RUNNING = "running"
    """A worker holds its lease, or held it: another one goes on at the cursor."""
    DONE = "done"
    """Everything that the venue has of the range is stored."""
    FAILED = "failed"
    """The venue refused, or did not answer many times; the row says why."""
    CANCELLED = "cancelled"
    """Called off; what was stored until then stays."""


OPEN_SYNCS: Final = (SyncState.QUEUED, SyncState.RUNNING)
SYNC_STATES: Final = StateTable(
    field="state",
    moves={
        "begin": {SyncState.QUEUED: SyncState.RUNNING},
        "finish": {SyncState.RUNNING: SyncState.DONE},
        "fail": {SyncState.QUEUED: SyncState.FAILED, SyncState.RUNNING: SyncState.FAILED},
        "cancel": {SyncState.QUEUED: SyncState.CANCELLED, SyncState.RUNNING: SyncState.CANCELLED},
    },
)


class HeldState(models.TextChoices):
    """What became of a candle in quarantine."""

    HELD = "held"
    """Kept apart; no reader sees it."""
    RELEASED = "released"
    """Found to be right, by staff or by a later fact, and stored."""
    DISCARDED = "discarded"
    """Found to be wrong; it stays out."""


HELD_STATES: Final = StateTable(
    field="state",
    moves={
        "release": {HeldState.HELD: HeldState.RELEASED},
        "discard": {HeldState.HELD: HeldState.DISCARDED},
    },
)


class TickKind(models.TextChoices):
    """What is kept beside candles."""

    TRADES = "trades"
    """Single executions of the whole market."""
    BOOK = "book"
    """Samples of the order book: best prices and depth."""
    PAIRS = "pairs", "Pairs of venues"
    """Samples of what buying at one venue and selling at another would have brought."""


class FeeSource(models.TextChoices):
    """Where a taker fee is known from."""

    OWN = "own", "Your own trades there"
    """What the customer's connection was charged last."""
    PUBLISHED = "published", "Published by the exchange"
    """The first tier, or what the exchange says of the pair."""
    ASSUMED = "assumed", "Assumed: the exchange publishes none"
    """0.1 %, as most exchanges take."""


class ActionKind(models.TextChoices):
    """What a company did to its shares."""

    SPLIT = "split"
    """`numerator` new shares for `denominator` old ones."""
    DIVIDEND = "dividend"
    """`amount` of cash a share."""
