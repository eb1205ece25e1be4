"""Kinds and states of instruments, and states of alerts."""

from django.db import models

from apps.core.transitions import StateTable

WORK = "instruments.alerts"
"""Alerts in the index of work."""


class AssetClass(models.TextChoices):
    """What sort of market it is."""

    CRYPTO = "crypto", "Crypto"
    """Coins against coins or money."""
    FOREX = "forex", "Forex"
    """Currencies."""
    STOCK = "stock", "Stock"
    """Shares and funds of an exchange with hours."""
    PERPETUAL = "perp", "Perpetual"
    """Contracts without an end on a coin's price; named after the market they follow, with PERP at the end."""


class InstrumentStatus(models.TextChoices):
    """What its market says about an instrument."""

    TRADING = "trading", "Trading"
    """Open for orders within its hours."""
    HALTED = "halted", "Halted"
    """Stopped for now: shown, no new orders."""
    DELISTED = "delisted", "Delisted"
    """Gone: history stays, it is in no list."""


class AlertState(models.TextChoices):
    """Where an alert is."""

    ARMED = "armed", "Watching"
    """Looks at every turn of the market."""
    RESTING = "resting", "Fired, waits to re-arm"
    """Has fired and watches again once its condition was false and the pause is over."""
    DONE = "done", "Fired"
    """Has fired once and is finished until the customer arms it."""
    PAUSED = "paused", "Paused"
    """The customer put it aside."""


class Rearm(models.TextChoices):
    """What happens after it fired."""

    ONCE = "once", "Once"
    """It is done."""
    AGAIN = "again", "Each time anew"
    """It fires again after the condition was false in between and the pause is over."""


ALERT_STATES = StateTable(
    field="state",
    moves={
        "fire_once": {AlertState.ARMED: AlertState.DONE},
        "fire": {AlertState.ARMED: AlertState.RESTING},
        "rearm": {AlertState.RESTING: AlertState.ARMED},
        "arm": {
            AlertState.DONE: AlertState.ARMED,
            AlertState.PAUSED: AlertState.ARMED,
            AlertState.RESTING: AlertState.ARMED,
        },
        "pause": {AlertState.ARMED: AlertState.PAUSED, AlertState.RESTING: AlertState.PAUSED},
    },
)
