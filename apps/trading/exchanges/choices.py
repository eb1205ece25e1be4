"""Choices of exchanges."""

from django.db.models import TextChoices

from apps.core.transitions import StateTable


class Mode(TextChoices):
    """Whether money moves."""

    PAPER = "paper"
    """Virtual funds at the sandbox exchange."""
    LIVE = "live"
    """Real funds at a real exchange."""


class ConnectionState(TextChoices):
    """The life of a connection."""

    OPENING = "opening"
    """Asked for; the exchange has not confirmed the account yet."""
    ACTIVE = "active"
    """The key is stored and usable."""
    REVOKED = "revoked"
    """Closed; the key is destroyed."""


CONNECTION_STATES = StateTable(
    field="state",
    moves={
        # A paper account that is set anew: its key is gone, the exchange is asked for another account.
        "reopen": {ConnectionState.ACTIVE.value: ConnectionState.OPENING.value},
        "activate": {ConnectionState.OPENING.value: ConnectionState.ACTIVE.value},
        "revoke": {
            ConnectionState.OPENING.value: ConnectionState.REVOKED.value,
            ConnectionState.ACTIVE.value: ConnectionState.REVOKED.value,
        },
    },
)
